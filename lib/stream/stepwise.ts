import { asError } from './errors.js'
import type { MaybePromise } from './layer.js'
import { letGo } from './leaving.js'

/** What a {@link stepwise} iterator does beside its steps. */
export interface StepwiseOptions {
  /** Called before the next item is asked for, when what was passed on last is needed no more. What it throws ends the iterator. */
  readonly before?: (() => void) | undefined
  /** Called at the end of the source. What it throws is thrown instead of the end. */
  readonly end?: (() => void) | undefined
}

/**
 * Passes on what `step` makes of each item; undefined is nothing to pass on yet. It does what an async generator over
 * `for await` would, with two differences: while it waits it holds nothing of the items before, which a generator keeps in its
 * registers (kilobytes a link that is idle); and it costs a fraction of a generator's hop. One `next()` at a time.
 */
export function stepwise<A, B> (source: AsyncIterable<A>, step: (item: A) => MaybePromise<B | undefined>, options: StepwiseOptions = {}): AsyncIterableIterator<B> {
  return new Stepwise(source, step, options)
}

class Stepwise<A, B> implements AsyncIterableIterator<B> {
  readonly #step: (item: A) => MaybePromise<B | undefined>
  readonly #options: StepwiseOptions
  #source: AsyncIterable<A> | undefined
  #iterator: AsyncIterator<A> | undefined
  #waiting = false
  #over = false

  constructor (source: AsyncIterable<A>, step: (item: A) => MaybePromise<B | undefined>, options: StepwiseOptions) {
    this.#source = source
    this.#step = step
    this.#options = options
  }

  next (): Promise<IteratorResult<B>> {
    if (this.#over) return Promise.resolve({ value: undefined, done: true })
    try {
      this.#options.before?.()
    } catch (error) {
      this.#leave()
      return Promise.reject(asError(error))
    }
    // not before it is asked for: who is never started does not begin its source
    this.#iterator ??= this.#source?.[Symbol.asyncIterator]()
    this.#source = undefined
    this.#waiting = true
    return this.#pull()
  }

  return (): Promise<IteratorResult<B>> {
    // as a generator does: behind the `next()` that is pending
    if (!this.#waiting) this.#leave()
    this.#over = true
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator] (): this { return this }

  #pull (): Promise<IteratorResult<B>> {
    return (this.#iterator as AsyncIterator<A>).next().then(result => this.#take(result), (error: unknown) => this.#broken(error))
  }

  #take (result: IteratorResult<A>): MaybePromise<IteratorResult<B>> {
    if (result.done === true) {
      this.#waiting = false
      this.#over = true
      this.#options.end?.()
      return { value: undefined, done: true }
    }
    try {
      const made = this.#step(result.value)
      return made instanceof Promise ? made.then(made => this.#pass(made), (error: unknown) => this.#failed(error)) : this.#pass(made)
    } catch (error) {
      return this.#failed(error)
    }
  }

  #pass (made: B | undefined): MaybePromise<IteratorResult<B>> {
    if (made === undefined && !this.#over) return this.#pull()
    this.#waiting = false
    if (this.#over) this.#leave()
    return made === undefined ? { value: undefined, done: true } : { value: made, done: false }
  }

  /** The source has thrown. */
  #broken (error: unknown): never {
    this.#waiting = false
    this.#over = true
    throw error
  }

  /** A step has thrown. */
  #failed (error: unknown): never {
    this.#waiting = false
    this.#leave()
    throw error
  }

  #leave (): void {
    this.#over = true
    if (this.#iterator !== undefined) letGo(this.#iterator)
    this.#iterator = undefined
    this.#source = undefined
  }
}

/**
 * Reads a source to its end, handing each item to `take`, and asks for the next one when that is done. Like `for await`, but it
 * holds nothing of an item while it waits for the next, where an async function keeps its last one in its registers.
 *
 * @throws what the source throws, and what `take` does, after which the source is let go of (as rejections)
 */
export function each<T> (source: AsyncIterable<T>, take: (item: T) => MaybePromise<void> | undefined): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      letGo(iterator)
      reject(asError(error))
    }
    const ask = (): void => { iterator.next().then(step, reject) }
    const step = (result: IteratorResult<T>): void => {
      if (result.done === true) { resolve(); return }
      try {
        const busy = take(result.value)
        if (busy instanceof Promise) busy.then(ask, fail)
        else ask()
      } catch (error) {
        fail(error)
      }
    }
    ask()
  })
}
