import { asError, letGo, streamError } from '../../stream/index.js'

/** A source that must not be silent for long, and of which it is known whether it has failed itself. */
export class Watched implements AsyncIterableIterator<Uint8Array> {
  /** What the source has failed with. */
  failure: Error | undefined
  readonly #timeout: number
  #source: AsyncIterator<Uint8Array>

  /** @param timeout - milliseconds for each piece */
  constructor (source: AsyncIterable<Uint8Array>, timeout: number) {
    this.#source = source[Symbol.asyncIterator]()
    this.#timeout = timeout
  }

  next (): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        clearTimeout(timer)
        this.failure ??= asError(error)
        reject(this.failure)
      }
      const timer = setTimeout(() => { fail(streamError('ERR_TIMEOUT', 'mail that had begun to come')) }, this.#timeout)
      this.#source.next().then(result => {
        clearTimeout(timer)
        resolve(result)
      }, fail)
    })
  }

  return (): Promise<IteratorResult<Uint8Array>> {
    this.leave()
    return Promise.resolve({ value: undefined, done: true })
  }

  leave (): void { letGo(this.#source) }

  [Symbol.asyncIterator] (): this { return this }
}
