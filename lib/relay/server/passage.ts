import { ignore, PolledIterator, polling, type Pollable } from '../../stream/index.js'
import { relayError } from '../errors.js'

/** One packet on its way to a target: whether its turn has come, how much of it has passed, and since when nothing has moved. */
export class Passage extends PolledIterator<Uint8Array> {
  readonly #source: Pollable<Uint8Array>
  readonly #onAsked: () => void
  readonly #since = performance.now()
  #started = false
  #bytes = 0
  #movedAt = 0
  #asked = false
  /** While it was asked, and its source has given nothing yet. */
  #wake: (() => void) | undefined
  #cut: Error | undefined

  /** @param onAsked - told each time that the target wants more */
  constructor (source: AsyncIterable<Uint8Array>, onAsked: () => void = ignore) {
    super()
    this.#source = polling(source[Symbol.asyncIterator]())
    this.#onAsked = onAsked
  }

  /** True once the target has begun to take it. */
  get started (): boolean { return this.#started }
  /** Milliseconds that it has been there. */
  get age (): number { return performance.now() - this.#since }
  /** Bytes that have passed. */
  get bytes (): number { return this.#bytes }
  /** True while the target has not asked for what comes next: what passed last, which may be the packet's end, is still in its way. */
  get heldUp (): boolean { return !this.#asked }

  poll (wake: () => void): IteratorResult<Uint8Array> | undefined {
    if (this.#cut !== undefined) throw this.#cut
    if (!this.#asked) this.#ask()
    const result = this.#source.poll(wake)
    this.#wake = result === undefined ? wake : undefined
    if (result === undefined) return undefined
    // before the next one is asked for
    this.#asked = false
    this.#movedAt = performance.now()
    if (result.done !== true) this.#bytes += result.value.byteLength
    return result
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    // its owner lets go of the source, with a code
    return { value: undefined, done: true }
  }

  /** Fails it with ERR_RELAY_IDLE when its sender has given nothing for so many milliseconds though it was asked. */
  cutIfIdle (limit: number): void {
    const wake = this.#wake
    if (wake === undefined || performance.now() - this.#movedAt < limit) return
    this.#wake = undefined
    this.#cut = relayError('ERR_RELAY_IDLE')
    wake()
  }

  #ask (): void {
    this.#started = true
    this.#asked = true
    this.#movedAt = performance.now()
    this.#onAsked()
  }
}
