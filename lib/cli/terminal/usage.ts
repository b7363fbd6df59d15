import { cliError, sentence } from '../errors.js'
import { failureOf } from './failure.js'
import { Output } from './output.js'
import { plainLine } from './plain-text.js'
import type { WrongUsage } from './wrong-usage.js'

/** Tells that a command was used wrongly, as what else fails there is told: people on stderr, programs by an event. */
export function tellUsage ({ message, advice, command, onStderr }: WrongUsage, json: boolean): void {
  // what commander guesses is on a line of its own
  const words = message.replace(/^error: /, '').replace(/\n/g, ' ').replace(/\.$/, '')
  const failure = failureOf(cliError('ERR_CLI_OPTION', words))
  if (json) new Output({ command, json }, onStderr ? process.stderr : process.stdout).event('failed', { ...failure, advice })
  else process.stderr.write(`${command}: ${failure.code}: ${sentence(plainLine(failure.message))} ${advice}\n`)
}
