import { abortReason, delayOf } from '../../stream/index.js'

/** A signal that aborts with another one, or after a time; `done` lets go of both. */
export interface Deadline {
  readonly signal: AbortSignal
  done(): void
}

/**
 * Makes a {@link Deadline}.
 *
 * @param late - the reason when the time is over
 */
export function deadline (signal: AbortSignal | undefined, milliseconds: number, late: () => Error): Deadline {
  const controller = new AbortController()
  const stop = (): void => { controller.abort(abortReason(signal as AbortSignal)) }
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => { controller.abort(late()) }, delayOf(milliseconds))
  return {
    signal: controller.signal,
    done: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }
}
