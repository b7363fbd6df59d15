import type { Command } from 'commander'
import type { NameFlags } from '../pair/options.js'

/** Flags that `send` and `receive` share. */
export interface MeetingFlags extends NameFlags {
  readonly anyName?: true
}

/** Gives a command the flags of {@link MeetingFlags}. @returns the same command */
export function meetingOptions (command: Command): Command {
  return command
    .option('--any-name', 'take names that Windows does not; both sides have to say so')
    .option('--name <name>', 'with an offer: what to call them here; else what they call themselves')
    .option('--as <name>', 'with an offer: what they are told that we are called')
}
