import { InvalidArgumentError, type Command } from 'commander'
import { cliError } from '../errors.js'
import { cleanName } from '../names.js'

/** Flags that `send` and `receive` share. */
export interface MeetingFlags {
  /** What to call whom we meet. */
  readonly name?: string
  /** What we are called. */
  readonly as?: string
  readonly anyName?: true
}

/** Gives a command the flags of {@link MeetingFlags}. @returns the same command */
export function meetingOptions (command: Command): Command {
  return command
    .option('--any-name', 'take names that Windows does not; both sides have to say so')
    .option('--name <name>', 'with an offer: what to call them here; else what they call themselves')
    .option('--as <name>', 'with an offer: what they are told that we are called')
}

/** @throws ERR_CLI_NAME */
export function checkNames ({ name, as }: MeetingFlags): void {
  for (const each of [name, as]) if (each !== undefined && cleanName(each) === undefined) throw cliError('ERR_CLI_NAME')
}

/** Minutes of an option, from a second to a week. */
export function minutes (text: string): number {
  const value = Number(text)
  if (!(value >= 0.01 && value <= 10_080)) throw new InvalidArgumentError('0.01 to 10080.')
  return value
}
