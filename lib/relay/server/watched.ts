import { HushwireError, letGo } from '../../stream/index.js'
import { RESET_CODES, RESET_ERRORS, resetError } from '../../nova/index.js'

/** Shows each piece before it is passed on. */
export function watched (source: AsyncIterable<Uint8Array>, look: (bytes: Uint8Array) => void): AsyncIterable<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const watcher: AsyncIterableIterator<Uint8Array> = {
    next: () => iterator.next().then(result => {
      if (result.done !== true) look(result.value)
      return result
    }),
    return: async () => {
      letGo(iterator)
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => watcher
  }
  return watcher
}

/** The body of a packet that is forwarded: how much of it has passed, and whether it broke off at its sender. */
export class Body implements AsyncIterableIterator<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>
  #bytes = 0
  #broken: Error | undefined

  constructor (source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  get bytes (): number { return this.#bytes }
  /** Why it broke off, as whoever reads it is told. */
  get broken (): Error | undefined { return this.#broken }

  async next (): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await this.#source.next()
      if (result.done !== true) this.#bytes += result.value.byteLength
      return result
    } catch (error) {
      // where it is not the sender's own reset that goes on, the sender has gone
      this.#broken = error instanceof HushwireError && error.code in RESET_ERRORS ? error : resetError(RESET_CODES.gone)
      throw this.#broken
    }
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    letGo(this.#source)
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator] (): this { return this }
}
