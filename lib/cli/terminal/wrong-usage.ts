/** What is wrong with the arguments of a command, before it has begun. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
  /** What to do. */
  readonly advice: string
  /** Whether the command tells programs on stderr, since its stdout is for something else. */
  readonly onStderr: boolean

  constructor (message: string, { advice, onStderr }: Pick<WrongUsage, 'advice' | 'onStderr'>) {
    super(message)
    this.advice = advice
    this.onStderr = onStderr
  }
}
