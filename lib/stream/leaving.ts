import { ignore } from './deferred.js'

/**
 * Tells an iterator that nobody wants more of it. Not awaited, since a generator's `return()` waits behind its pending
 * `next()`; what it throws is nobody's any more.
 */
export function letGo (iterator: { return?(): unknown }): void {
  const end = async (): Promise<void> => { await iterator.return?.() }
  end().catch(ignore)
}

/** As {@link letGo}, of a source that is not to be read any more, or that nobody has begun to read. */
export function leave (source: AsyncIterable<unknown>): void {
  letGo(source[Symbol.asyncIterator]())
}
