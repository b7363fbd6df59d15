import { isObject } from './check.js'
import { deferred, type Deferred } from './deferred.js'
import { asError, streamError } from './errors.js'

/**
 * A source that can be asked for an item without a promise. Who waits for one holds nothing then that was made for this wait: what a
 * thousand connections that wait hold of new promises is copied by the collector again and again (docs/decisions/many-connections.md).
 */
export interface Pollable<T> {
  /**
   * The next item, or the end. Undefined when there is none yet: `wake` is called once when it is worth asking again, and throws nothing.
   * One asks at a time.
   *
   * @throws what `next()` would reject with
   */
  poll(wake: () => void): IteratorResult<T> | undefined
  /** Nobody wants more of it: as an iterator's. */
  return?(): unknown
}

/** A reader that can be polled, and read as any other: several calls of `next()` at once are answered in order. */
export abstract class PolledIterator<T> implements AsyncIterableIterator<T>, Pollable<T> {
  /** Calls of `next()` that wait. */
  #reads: Array<Deferred<IteratorResult<T>>> | undefined

  /** See {@link Pollable.poll}. */
  abstract poll (wake: () => void): IteratorResult<T> | undefined
  /** Nobody wants more: what it holds is let go of, and whoever waits is told the end. */
  abstract return (): Promise<IteratorResult<T>>

  /** The next item or the end. @throws what the source fails with (as a rejection) */
  next (): Promise<IteratorResult<T>> {
    const read = deferred<IteratorResult<T>>()
    if (this.#reads === undefined) {
      this.#reads = [read]
      this.#serve()
    } else {
      this.#reads.push(read)
    }
    return read.promise
  }

  /** Itself: it has one reader. */
  [Symbol.asyncIterator] (): this { return this }

  #serve (): void {
    for (let read = this.#reads?.[0]; read !== undefined; read = this.#reads?.[0]) {
      try {
        const result = this.poll(() => { this.#serve() })
        if (result === undefined) return
        read.resolve(result)
      } catch (error) {
        read.reject(asError(error))
      }
      this.#reads?.shift()
    }
    this.#reads = undefined
  }
}

/** The iterator, so that it can be polled. */
export function polling<T> (iterator: AsyncIterator<T>): Pollable<T> {
  return iterator instanceof PolledIterator ? iterator as PolledIterator<T> : new Awaited(iterator)
}

const NOBODY = (): void => {}

/** Polls what gives promises. */
class Awaited<T> implements Pollable<T> {
  readonly #iterator: AsyncIterator<T>
  #pending = false
  /** What has come of the last promise, until it is asked for. */
  #outcome: { readonly result: IteratorResult<T> } | { readonly error: unknown } | undefined
  #wake = NOBODY

  constructor (iterator: AsyncIterator<T>) {
    this.#iterator = iterator
  }

  poll (wake: () => void): IteratorResult<T> | undefined {
    const outcome = this.#outcome
    if (outcome === undefined) {
      this.#wake = wake
      if (!this.#pending) this.#ask()
      return undefined
    }
    this.#outcome = undefined
    if ('error' in outcome) throw outcome.error
    // in JavaScript it can be anything, and nothing must not be taken for none yet
    if (!isObject(outcome.result)) throw streamError('ERR_ARGUMENT', 'an iterator answers with an object')
    return outcome.result
  }

  return (): unknown { return this.#iterator.return?.() }

  #ask (): void {
    this.#pending = true
    next(this.#iterator).then(result => { this.#answered({ result }) }, (error: unknown) => { this.#answered({ error }) })
  }

  #answered (outcome: { readonly result: IteratorResult<T> } | { readonly error: unknown }): void {
    this.#pending = false
    this.#outcome = outcome
    const wake = this.#wake
    this.#wake = NOBODY
    wake()
  }
}

/** What an iterator answers: some answer with a plain value, or throw, where a promise is expected. */
function next<T> (iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  try {
    return Promise.resolve(iterator.next())
  } catch (error) {
    return Promise.reject(asError(error))
  }
}
