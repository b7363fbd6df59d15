import { asError, deadline } from '../stream/index.js'

/** What ends a piece of work before it is done. */
export interface Bounds {
  readonly signal: AbortSignal
  /** Something that the work is for; when it rejects, the work is for nothing. */
  readonly failed: Promise<unknown>
  /** How long it may take, and what the work is given up with then. Default: as long as it takes. */
  readonly within?: { readonly milliseconds: number, readonly late: () => Error } | undefined
}

/** Runs work with a signal that aborts when one of its bounds is reached. No timer or listener is left afterwards. */
export async function bounded<T> ({ signal, failed, within }: Bounds, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = deadline(signal, within?.milliseconds ?? Infinity, () => within?.late())
  failed.catch((error: unknown) => { limit.abort(asError(error)) })
  try {
    return await work(limit.signal)
  } finally {
    limit.done()
  }
}
