import { asError } from './errors.js'
import { ignore } from './deferred.js'
import { leave, letGo } from './leaving.js'
import { PolledIterator, polling, type Pollable } from './polling.js'

/** The items of `first`, then those of `second`, which may be known only later. */
export function sequence<T> (first: AsyncIterable<T>, second: Promise<AsyncIterable<T>>): AsyncIterableIterator<T> {
  return new Sequence(first[Symbol.asyncIterator](), second)
}

class Sequence<T> extends PolledIterator<T> {
  #current: Pollable<T>
  /** Until it is what is read. */
  #second: Promise<AsyncIterable<T>> | undefined

  constructor (first: AsyncIterator<T>, second: Promise<AsyncIterable<T>>) {
    super()
    this.#current = polling(first)
    this.#second = second
  }

  poll (wake: () => void): IteratorResult<T> | undefined {
    const result = this.#current.poll(wake)
    if (this.#second === undefined || result?.done !== true) return result
    this.#current = new Later(this.#second, source => {
      this.#second = undefined
      this.#current = source
    })
    return this.#current.poll(wake)
  }

  return (): Promise<IteratorResult<T>> {
    letGo(this.#current)
    this.#second?.then(leave, ignore)
    return Promise.resolve({ value: undefined, done: true })
  }
}

/** A source that is known only later. */
class Later<T> implements Pollable<T> {
  #wake: () => void = ignore
  #error: Error | undefined

  /** @param found - told of the source */
  constructor (source: Promise<AsyncIterable<T>>, found: (source: Pollable<T>) => void) {
    source.then(source => { found(polling(source[Symbol.asyncIterator]())) }).catch((error: unknown) => { this.#error = asError(error) })
      .finally(() => { this.#wake() })
  }

  poll (wake: () => void): undefined {
    if (this.#error !== undefined) throw this.#error
    this.#wake = wake
  }
}
