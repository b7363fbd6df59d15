import { asError } from './errors.js'
import type { MaybePromise } from './layer.js'
import { letGo } from './leaving.js'
import { PolledIterator, polling, type Pollable } from './polling.js'

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

class Stepwise<B> extends PolledIterator<B> {
  readonly #steps: readonly AnyStep[]
  #source: AsyncIterable<unknown> | undefined
  #items: Pollable<unknown> | undefined
  /** An item has been asked for, and none was given yet. */
  #asked = false
  /** While a step takes its time: who is to be woken when it has answered. */
  #busy: (() => void) | undefined
  /** What a step that took its time has answered, and where to go on with it. */
  #answer: { readonly at: number, readonly made: unknown } | undefined
  #error: Error | undefined
  #over = false

  constructor (source: AsyncIterable<unknown>, steps: ReadonlyArray<Step<never, unknown>>) {
    super()
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

  poll (wake: () => void): IteratorResult<B> | undefined {
    if (this.#busy !== undefined) {
      this.#busy = wake
      return undefined
    }
    try {
      this.#throwAnswered()
      if (this.#over) return { value: undefined, done: true }
      if (!this.#asked) this.#ask()
      return this.#poll(wake)
    } catch (error) {
      this.#leave()
      throw asError(error)
    }
  }

  return (): Promise<IteratorResult<B>> {
    this.#leave()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Tells the first so many steps, the last of them first, that what they have passed on is needed no more. */
  #before (count: number): void {
    for (let at = count - 1; at >= 0; at--) this.#steps[at]?.before?.()
  }

  #ask (): void {
    this.#before(this.#steps.length)
    this.#asked = true
    // not before it is asked for: who is never started does not begin its source
    if (this.#source !== undefined) this.#items = polling(this.#source[Symbol.asyncIterator]())
    this.#source = undefined
  }

  /** What a step that took its time has failed with. */
  #throwAnswered (): void {
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw error
  }

  #poll (wake: () => void): IteratorResult<B> | undefined {
    const answer = this.#answer
    this.#answer = undefined
    let made = answer === undefined ? undefined : this.#climb(answer.made, answer.at, wake)
    while (made === undefined && this.#busy === undefined) {
      const result = this.#next(wake)
      if (result === undefined) return undefined
      if (result.done === true) return this.#ended()
      made = this.#climb(result.value, 0, wake)
    }
    if (made === undefined) return undefined
    this.#asked = false
    return { value: made, done: false }
  }

  /** What the source throws is its own end: it is not to be let go of. */
  #next (wake: () => void): IteratorResult<unknown> | undefined {
    const items = this.#items
    try {
      return items?.poll(wake)
    } catch (error) {
      this.#items = undefined
      throw error
    }
  }

  #ended (): IteratorResult<B> {
    this.#over = true
    this.#items = undefined
    for (const step of this.#steps) step.end?.()
    return { value: undefined, done: true }
  }

  /** Takes an item through the steps from one on. Undefined when there is nothing to pass on yet, or a step takes its time. */
  #climb (item: unknown, from: number, wake: () => void): B | undefined {
    let made = item
    for (let at = from; at < this.#steps.length; at++) {
      // a step has had nothing to pass on: those below it go on
      if (made === undefined) {
        this.#before(at - 1)
        return undefined
      }
      made = (this.#steps[at] as AnyStep).step(made)
      if (made instanceof Promise) {
        this.#wait(made, at + 1, wake)
        return undefined
      }
    }
    if (made === undefined) this.#before(this.#steps.length - 1)
    return made as B | undefined
  }

  #wait (answer: Promise<unknown>, at: number, wake: () => void): void {
    this.#busy = wake
    answer.then(made => { this.#answer = { at, made } }, (error: unknown) => { this.#error = asError(error) }).finally(() => {
      const waiting = this.#busy
      this.#busy = undefined
      waiting?.()
    })
  }

  #leave (): void {
    const items = this.#items
    this.#over = true
    this.#items = undefined
    this.#source = undefined
    if (items !== undefined) letGo(items)
  }
}
