/** What is wrong with the arguments of a command, before it has begun. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
  /** Its whole name, such as `hushwire relay id`. */
  readonly command: string
  /** What to do. */
  readonly advice: string
  /** Whether the command tells programs on stderr, since its stdout is for something else. */
  readonly onStderr: boolean

  constructor (message: string, { command, advice, onStderr }: Pick<WrongUsage, 'command' | 'advice' | 'onStderr'>) {
    super(message)
    this.command = command
    this.advice = advice
    this.onStderr = onStderr
  }
}
