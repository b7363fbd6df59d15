import { delayOf } from './limits.js'

/** Waits so many milliseconds, or until one of the signals aborts. Never rejects. */
export function pause (milliseconds: number, ...signals: ReadonlyArray<AbortSignal | undefined>): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      for (const signal of signals) signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, delayOf(milliseconds))
    if (signals.some(signal => signal?.aborted === true)) done()
    else for (const signal of signals) signal?.addEventListener('abort', done, { once: true })
  })
}
