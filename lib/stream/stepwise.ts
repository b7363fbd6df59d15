import { asError } from './errors.js'
import type { MaybePromise } from './layer.js'
import { letGo } from './leaving.js'

/** What becomes of the items of a source, see {@link stepwise}. */
export interface Step<A, B> {
  /** What it makes of an item; undefined is nothing to pass on yet. What it throws ends the iterator. */
  step(item: A): MaybePromise<B | undefined>
  /** Called before the next item is asked for, when what was passed on last is needed no more. What it throws ends the iterator. */
  before?(): void
  /** Called at the end of the source. What it throws is thrown instead of the end. */
  end?(): void
}

/**
 * Passes on what a step makes of each item. It does what an async generator over `for await` would, with two differences:
 * while it waits it holds nothing of the items before, which a generator keeps in its registers (kilobytes a link that is
 * idle); and it costs a fraction of a generator's hop. Steps over steps are one iterator with one hop. One `next()` at a time.
 */
export function stepwise<A, B> (source: AsyncIterable<A>, step: Step<A, B>): AsyncIterableIterator<B> {
  return source instanceof Stepwise ? (source as Stepwise<A>).with(step) : new Stepwise(source, [step])
}

type AnyStep = Step<unknown, unknown>

class Stepwise<B> implements AsyncIterableIterator<B> {
  readonly #steps: readonly AnyStep[]
  #source: AsyncIterable<unknown> | undefined
  #iterator: AsyncIterator<unknown> | undefined
  #waiting = false
  #over = false

  constructor (source: AsyncIterable<unknown>, steps: ReadonlyArray<Step<never, unknown>>) {
    this.#source = source
    this.#steps = steps
  }

  /** One that takes a step more, in the place of this one unless it has begun. */
  with<C> (step: Step<B, C>): Stepwise<C> {
    const source = this.#source
    if (source === undefined || this.#over) return new Stepwise(this, [step])
    this.#source = undefined
    this.#over = true
    return new Stepwise(source, this.#steps.concat(step as AnyStep))
  }

  next (): Promise<IteratorResult<B>> {
    if (this.#over) return Promise.resolve({ value: undefined, done: true })
    try {
      this.#before(this.#steps.length)
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

  /** Tells the first so many steps, the last of them first, that what they have passed on is needed no more. */
  #before (count: number): void {
    for (let at = count - 1; at >= 0; at--) this.#steps[at]?.before?.()
  }

  #pull (): Promise<IteratorResult<B>> {
    return (this.#iterator as AsyncIterator<unknown>).next().then(result => this.#take(result), (error: unknown) => this.#broken(error))
  }

  #take (result: IteratorResult<unknown>): MaybePromise<IteratorResult<B>> {
    if (result.done !== true) return this.#climb(result.value, 0)
    this.#waiting = false
    this.#over = true
    for (const step of this.#steps) step.end?.()
    return { value: undefined, done: true }
  }

  /** Takes an item through the steps from one on. */
  #climb (item: unknown, from: number): MaybePromise<IteratorResult<B>> {
    let made = item
    for (let at = from; at < this.#steps.length; at++) {
      try {
        made = (this.#steps[at] as AnyStep).step(made)
      } catch (error) {
        return this.#failed(error)
      }
      if (made instanceof Promise) return made.then((made: unknown) => made === undefined ? this.#again(at) : this.#climb(made, at + 1), (error: unknown) => this.#failed(error))
      if (made === undefined) return this.#again(at)
    }
    return this.#give(made as B)
  }

  /** A step has nothing to pass on yet: those below it go on. */
  #again (at: number): MaybePromise<IteratorResult<B>> {
    if (this.#over) return this.#give(undefined)
    try {
      this.#before(at)
    } catch (error) {
      return this.#failed(error)
    }
    return this.#pull()
  }

  #give (made: B | undefined): IteratorResult<B> {
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
  return new Reading(source[Symbol.asyncIterator](), take).begin()
}

class Reading<T> {
  readonly #iterator: AsyncIterator<T>
  readonly #take: (item: T) => MaybePromise<void> | undefined
  #settle: ((end: MaybePromise<void>) => void) | undefined

  constructor (iterator: AsyncIterator<T>, take: (item: T) => MaybePromise<void> | undefined) {
    this.#iterator = iterator
    this.#take = take
  }

  begin (): Promise<void> {
    return new Promise(resolve => {
      this.#settle = resolve
      this.#ask()
    })
  }

  #ask (): void {
    this.#iterator.next().then(result => { this.#taken(result) }, (error: unknown) => { this.#settle?.(Promise.reject(error)) })
  }

  #taken (result: IteratorResult<T>): void {
    if (result.done === true) {
      this.#settle?.(undefined)
      return
    }
    try {
      const busy = this.#take(result.value)
      if (busy instanceof Promise) busy.then(() => { this.#ask() }, (error: unknown) => { this.#fail(error) })
      else this.#ask()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail (error: unknown): void {
    letGo(this.#iterator)
    this.#settle?.(Promise.reject(asError(error)))
  }
}
