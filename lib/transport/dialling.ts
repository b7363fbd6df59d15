import { abortReason, deferred } from '../stream/index.js'
import { transportError } from './errors.js'

/**
 * Waits for a connection to stand, with a limit and a signal; nothing is left behind afterwards.
 *
 * @param start - told what to call when it stands and when it cannot
 * @throws ERR_TRANSPORT_CONNECT_TIMEOUT, the signal's reason, or what `start` was refused with
 */
export async function dialling (options: { connectTimeout: number, signal?: AbortSignal | undefined }, start: (stands: () => void, refused: (error: Error) => void) => void): Promise<void> {
  const { signal } = options
  const standing = deferred()
  const stop = (): void => { standing.reject(abortReason(signal as AbortSignal)) }
  const timer = setTimeout(() => { standing.reject(transportError('ERR_TRANSPORT_CONNECT_TIMEOUT')) }, options.connectTimeout)
  signal?.addEventListener('abort', stop, { once: true })
  start(standing.resolve, standing.reject)
  try {
    await standing.promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}
