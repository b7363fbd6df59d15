import { asError } from './errors.js'
import type { MaybePromise } from './layer.js'
import { letGo } from './leaving.js'
import { polling, type Pollable } from './polling.js'

/**
 * Reads a source to its end, handing each item to `take`, and asks for the next one when that is done. Like `for await`, but it
 * holds nothing of an item while it waits for the next, where an async function keeps its last one in its registers.
 *
 * @throws what the source throws, and what `take` does, after which the source is let go of (as rejections)
 */
export function each<T> (source: AsyncIterable<T>, take: (item: T) => MaybePromise<void> | undefined): Promise<void> {
  return new Promise(resolve => { new Reading(polling(source[Symbol.asyncIterator]()), take, resolve).go() })
}

class Reading<T> {
  readonly #items: Pollable<T>
  readonly #take: (item: T) => MaybePromise<void> | undefined
  readonly #settle: (end: MaybePromise<void>) => void
  readonly #wake = (): void => { this.go() }

  constructor (items: Pollable<T>, take: (item: T) => MaybePromise<void> | undefined, settle: (end: MaybePromise<void>) => void) {
    this.#items = items
    this.#take = take
    this.#settle = settle
  }

  /** Takes what there is. */
  go (): void {
    try {
      for (let result = this.#items.poll(this.#wake); result !== undefined; result = this.#items.poll(this.#wake)) {
        if (result.done === true) {
          this.#settle(undefined)
          return
        }
        if (this.#mustWait(result.value)) return
      }
    } catch (error) {
      this.#settle(Promise.reject(asError(error)))
    }
  }

  /** Hands an item on. True when no more is to be asked for now. */
  #mustWait (item: T): boolean {
    try {
      const busy = this.#take(item)
      if (!(busy instanceof Promise)) return false
      busy.then(this.#wake, (error: unknown) => { this.#fail(error) })
    } catch (error) {
      this.#fail(error)
    }
    return true
  }

  #fail (error: unknown): void {
    letGo(this.#items)
    this.#settle(Promise.reject(asError(error)))
  }
}
