import type { CommanderError } from 'commander'
import { cliError } from '../errors.js'
import { Output } from './output.js'

/** Tells programs that a command was used wrongly, as they are told of what else fails. */
export function tellUsage ({ message }: Pick<CommanderError, 'message'>): void {
  const what = message.replace(/^error: /, '').replace(/\.$/, '')
  new Output({ command: 'hushwire', json: true }).failed(cliError('ERR_CLI_OPTION', what))
}
