import { ignore } from './deferred.js'
import { iterator } from './iterating.js'
import { leave, letGo } from './leaving.js'

/**
 * The items of `first`, then those of `second`, which may be known only later. Each `next()` is passed through,
 * without a generator between.
 */
export function sequence<T> (first: AsyncIterable<T>, second: Promise<AsyncIterable<T>>): AsyncIterableIterator<T> {
  let current: AsyncIterator<T> = first[Symbol.asyncIterator]()
  let later: AsyncIterator<T> | undefined
  const advance = async (): Promise<IteratorResult<T>> => {
    later = (await second)[Symbol.asyncIterator]()
    current = later
    return current.next()
  }
  const next = (): Promise<IteratorResult<T>> => {
    if (later !== undefined) return later.next()
    return current.next().then(result => result.done === true ? advance() : result)
  }
  const end = async (): Promise<IteratorResult<T>> => {
    letGo(current)
    if (later === undefined) second.then(leave, ignore)
    return { value: undefined, done: true }
  }
  return iterator(next, end)
}
