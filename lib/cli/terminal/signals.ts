import { cliError } from '../errors.js'
import { EXIT } from './failure.js'

/** What ends a command from outside: the signal aborts, the command finishes what it has begun. A second one ends it at once. */
export function untilSignal (): { readonly controller: AbortController, readonly off: () => void } {
  const controller = new AbortController()
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(EXIT[signal])
    controller.abort(cliError('ERR_CLI_STOPPED', signal))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return { controller, off: () => { process.off('SIGINT', stop).off('SIGTERM', stop) } }
}
