import { InvalidArgumentError } from 'commander'
import { cliError } from '../errors.js'
import { cleanName } from '../names.js'

/** Flags of every command in which two meet. */
export interface NameFlags {
  /** What to call whom we meet. */
  readonly name?: string
  /** What we are called. */
  readonly as?: string
}

/** @throws ERR_CLI_NAME */
export function checkNames ({ name, as }: NameFlags): void {
  for (const each of [name, as]) if (each !== undefined && cleanName(each) === undefined) throw cliError('ERR_CLI_NAME')
}

/** Minutes of an option, from 0.01 (600 milliseconds) to 10,080 (a week). @throws InvalidArgumentError, which commander tells */
export function minutes (text: string): number {
  const value = Number(text)
  if (!(value >= 0.01 && value <= 10_080)) throw new InvalidArgumentError('It must be from 0.01 to 10080.')
  return value
}
