import { asError, letGo, streamError } from '../../../stream/index.js'
import { relayError } from '../../errors.js'

/** How long a {@link Watched} may take. */
export interface Patience {
  /** Milliseconds for each piece. */
  readonly piece: number
  /** Milliseconds for all of it, once `begin` was called. */
  readonly whole: number
}

/** A source that must not be silent for long, must have the length that was said, and of which it is known whether it has failed itself. */
export class Watched implements AsyncIterableIterator<Uint8Array> {
  /** What the source has failed with. */
  failure: Error | undefined
  readonly #patience: Patience
  #source: AsyncIterator<Uint8Array>
  #length = Infinity
  #bytes = 0
  #until = Infinity

  constructor (source: AsyncIterable<Uint8Array>, patience: Patience) {
    this.#source = source[Symbol.asyncIterator]()
    this.#patience = patience
  }

  /** @param length - bytes that it has in all, those that came already among them */
  begin (length: number): void {
    this.#length = length
    this.#until = performance.now() + this.#patience.whole
  }

  async next (): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await this.#next()
      this.#bytes += result.done === true ? 0 : result.value.byteLength
      if (this.#bytes > this.#length || result.done === true && this.#length !== Infinity && this.#bytes < this.#length) throw relayError('ERR_RELAY_PROTOCOL', 'mail of another length than its head says')
      return result
    } catch (error) {
      this.failure ??= asError(error)
      throw this.failure
    }
  }

  return (): Promise<IteratorResult<Uint8Array>> {
    this.leave()
    return Promise.resolve({ value: undefined, done: true })
  }

  leave (): void { letGo(this.#source) }

  [Symbol.asyncIterator] (): this { return this }

  #next (): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      const left = Math.max(0, this.#until - performance.now())
      const timer = setTimeout(() => { reject(streamError('ERR_TIMEOUT', 'mail that had begun to come')) }, Math.min(this.#patience.piece, left))
      const over = (): void => { clearTimeout(timer) }
      // what is there at once does not excuse one that goes on for ever
      if (left > 0) this.#source.next().then(resolve, reject).finally(over)
    })
  }
}
