import { abortable, deadline, deferred } from '../stream/index.js'
import { transportError } from './errors.js'

/**
 * Waits for a connection to stand, with a limit and a signal; nothing is left behind afterwards.
 *
 * @param start - told what to call when it stands and when it cannot
 * @throws ERR_TRANSPORT_CONNECT_TIMEOUT, the signal's reason, or what `start` was refused with
 */
export async function dialling (options: { connectTimeout: number, signal?: AbortSignal | undefined }, start: (stands: () => void, refused: (error: Error) => void) => void): Promise<void> {
  const limit = deadline(options.signal, options.connectTimeout, () => transportError('ERR_TRANSPORT_CONNECT_TIMEOUT'))
  const standing = deferred()
  start(standing.resolve, standing.reject)
  await abortable(standing.promise, limit.signal).finally(limit.done)
}
