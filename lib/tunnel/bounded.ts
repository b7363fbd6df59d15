import { asError, deadline } from '../stream/index.js'

/** What ends a piece of work before it is done. */
export interface Bounds {
  readonly signal: AbortSignal
  /** Something that the work is for; when it rejects, the work is for nothing. */
  readonly failed: Promise<unknown>
  /** Milliseconds, and what the work is given up with then. Default: as long as it takes. */
  readonly timeout?: number | undefined
  readonly late?: (() => Error) | undefined
}

/** Runs work with a signal that aborts when one of its bounds is reached. No timer or listener is left afterwards. */
export async function bounded<T> ({ signal, failed, timeout = Infinity, late }: Bounds, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = deadline(signal, timeout, () => late?.())
  failed.catch((error: unknown) => { limit.abort(asError(error)) })
  try {
    return await work(limit.signal)
  } finally {
    limit.done()
  }
}
