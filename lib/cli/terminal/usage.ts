import { cliError } from '../errors.js'
import { failureOf } from './failure.js'
import { Output } from './output.js'
import type { WrongUsage } from './wrong-usage.js'

/** Tells programs that a command was used wrongly, as they are told of what else fails there. */
export function tellUsage ({ message, advice, onStderr }: WrongUsage): void {
  const output = new Output({ command: 'hushwire', json: true }, onStderr ? process.stderr : process.stdout)
  output.event('failed', { ...failureOf(cliError('ERR_CLI_OPTION', message.replace(/^error: /, '').replace(/\.$/, ''))), advice })
}
