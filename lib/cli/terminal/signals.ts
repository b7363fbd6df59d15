import { cliError } from '../errors.js'
import { EXIT } from './failure.js'
import { stdoutLost } from './stdout.js'

/** What ends a command from outside: the signal aborts, the command finishes what it has begun. A second one ends it at once. When nobody reads what it prints, it ends as well. */
export function untilSignal (): { readonly controller: AbortController, readonly off: () => void } {
  const controller = new AbortController()
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(EXIT[signal])
    controller.abort(cliError('ERR_CLI_STOPPED', signal))
  }
  const unread = (): void => { controller.abort(cliError('ERR_CLI_STOPPED', 'SIGPIPE')) }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  if (stdoutLost.aborted) unread()
  else stdoutLost.addEventListener('abort', unread)
  const off = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    stdoutLost.removeEventListener('abort', unread)
  }
  return { controller, off }
}
