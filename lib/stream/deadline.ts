import { abortReason } from './abort.js'
import { delayOf } from './limits.js'

/** A signal that aborts with another one, or when a time is over. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Aborts it before that. The first reason counts. */
  readonly abort: (reason: unknown) => void
  /** Lets go of the timer and of the other signal; `signal` aborts by itself no more. */
  readonly done: () => void
}

/**
 * Makes a {@link Deadline}. Whoever makes one calls its `done` when the work is over, however it went.
 *
 * @param signal - the other one, whose reason it takes
 * @param milliseconds - `Infinity` for no limit of time
 * @param late - the reason when the time is over
 * @example
 * ```ts
 * import { abortable, deadline } from 'hushwire/stream'
 *
 * async function answered (answer: Promise<string>, signal?: AbortSignal): Promise<string> {
 *   const limit = deadline(signal, 5000, () => new Error('no answer within five seconds'))
 *   return abortable(answer, limit.signal).finally(limit.done)
 * }
 * ```
 */
export function deadline (signal: AbortSignal | undefined, milliseconds: number, late: () => unknown): Deadline {
  const controller = new AbortController()
  const abort = (reason: unknown): void => { controller.abort(reason) }
  const stop = (): void => { abort(abortReason(signal as AbortSignal)) }
  if (signal?.aborted === true) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => { abort(late()) }, delayOf(milliseconds))
  return {
    signal: controller.signal,
    abort,
    done: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }
}
