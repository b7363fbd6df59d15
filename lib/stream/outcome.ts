import { deferred, ignore, type Deferred } from './deferred.js'

/**
 * How something ends, once: a promise of it for whoever asks, before or after. It is made when it is first asked for, since what
 * stands mostly stands for long and is asked by few. A rejection that nobody awaits is not reported as unhandled.
 */
export class Outcome<T = void> {
  #promise: Promise<T> | undefined
  #waiting: Deferred<T> | undefined

  /** The same at each call. */
  get promise (): Promise<T> {
    if (this.#promise === undefined) {
      this.#waiting = deferred()
      this.#promise = this.#waiting.promise
    }
    return this.#promise
  }

  /** Later calls, and those of `reject`, do nothing. */
  resolve (value: T): void {
    this.#promise ??= Promise.resolve(value)
    this.#waiting?.resolve(value)
  }

  /** Later calls, and those of `resolve`, do nothing. */
  reject (reason: unknown): void {
    this.#promise ??= Promise.reject(reason)
    this.#promise.catch(ignore)
    this.#waiting?.reject(reason)
  }
}
