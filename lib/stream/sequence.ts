import { ignore } from './deferred.js'
import { leave, letGo } from './leaving.js'

/**
 * The items of `first`, then those of `second`, which may be known only later. Each `next()` is passed through,
 * without a generator between.
 */
export function sequence<T> (first: AsyncIterable<T>, second: Promise<AsyncIterable<T>>): AsyncIterableIterator<T> {
  return new Sequence(first[Symbol.asyncIterator](), second)
}

class Sequence<T> implements AsyncIterableIterator<T> {
  #current: AsyncIterator<T>
  /** Until it is what is read. */
  #second: Promise<AsyncIterable<T>> | undefined

  constructor (first: AsyncIterator<T>, second: Promise<AsyncIterable<T>>) {
    this.#current = first
    this.#second = second
  }

  next (): Promise<IteratorResult<T>> {
    const second = this.#second
    if (second === undefined) return this.#current.next()
    return this.#current.next().then(result => result.done === true ? this.#advance(second) : result)
  }

  return (): Promise<IteratorResult<T>> {
    letGo(this.#current)
    this.#second?.then(leave, ignore)
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator] (): this { return this }

  async #advance (second: Promise<AsyncIterable<T>>): Promise<IteratorResult<T>> {
    this.#current = (await second)[Symbol.asyncIterator]()
    this.#second = undefined
    return this.#current.next()
  }
}
