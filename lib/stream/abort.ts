import { asError, streamError } from './errors.js'
import { ignore } from './deferred.js'

/**
 * The promise, or a rejection with the signal's reason as soon as it aborts. One listener, gone when either has
 * happened; the promise goes on for whoever else holds it.
 *
 * @param onError - told when the promise itself failed, not when the signal did
 */
export function abortable<T> (promise: Promise<T>, signal: AbortSignal | undefined, onError: (error: unknown) => void = ignore): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => { reject(abortReason(signal as AbortSignal)) }
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
    promise.then(
      value => { signal?.removeEventListener('abort', stop); resolve(value) },
      (error: unknown) => { signal?.removeEventListener('abort', stop); onError(error); reject(error) }
    )
  })
}

/** Why a signal aborted, as an error: the reason itself when it is one. */
export function abortReason (signal: AbortSignal): Error {
  return asError(signal.reason ?? streamError('ERR_ABORTED'))
}

/** Aborts `target` when the signal does, until `closed` has settled. One listener, removed then. */
export function abortOn (signal: AbortSignal | undefined, target: { abort(reason: Error): void, readonly closed: Promise<unknown> }): void {
  if (signal === undefined) return
  const stop = (): void => { target.abort(abortReason(signal)) }
  const done = (): void => { signal.removeEventListener('abort', stop) }
  if (signal.aborted) { stop(); return }
  signal.addEventListener('abort', stop, { once: true })
  target.closed.then(done, done)
}
