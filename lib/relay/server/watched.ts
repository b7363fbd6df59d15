import { HushwireError, letGo, PolledIterator, polling, type Pollable } from '../../stream/index.js'
import { RESET_CODES, RESET_ERRORS, resetError } from '../../nova/index.js'

/** Shows each piece before it is passed on. */
export function watched (source: AsyncIterable<Uint8Array>, look: (bytes: Uint8Array) => void): AsyncIterable<Uint8Array> {
  return new Watched(source, look)
}

class Watched extends PolledIterator<Uint8Array> {
  readonly #source: Pollable<Uint8Array>
  readonly #look: (bytes: Uint8Array) => void

  constructor (source: AsyncIterable<Uint8Array>, look: (bytes: Uint8Array) => void) {
    super()
    this.#source = polling(source[Symbol.asyncIterator]())
    this.#look = look
  }

  poll (wake: () => void): IteratorResult<Uint8Array> | undefined {
    const result = this.#source.poll(wake)
    if (result?.done === false) this.#look(result.value)
    return result
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    letGo(this.#source)
    return { value: undefined, done: true }
  }
}

/** The body of a packet that is forwarded: how much of it has passed, and whether it broke off at its sender. */
export class Body extends PolledIterator<Uint8Array> {
  readonly #source: Pollable<Uint8Array>
  #bytes = 0
  #broken: Error | undefined

  constructor (source: AsyncIterable<Uint8Array>) {
    super()
    this.#source = polling(source[Symbol.asyncIterator]())
  }

  get bytes (): number { return this.#bytes }
  /** Why it broke off, as whoever reads it is told. */
  get broken (): Error | undefined { return this.#broken }

  poll (wake: () => void): IteratorResult<Uint8Array> | undefined {
    try {
      const result = this.#source.poll(wake)
      if (result?.done === false) this.#bytes += result.value.byteLength
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
}
