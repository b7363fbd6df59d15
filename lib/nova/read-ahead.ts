import { ignore } from '../stream/index.js'

/** What a piece costs beside its bytes. */
const PIECE_OVERHEAD = 256

/** A source that is read before anybody asks, until its reader comes or somebody says that it is enough. */
export class ReadAhead implements AsyncIterableIterator<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #onRead: () => void
  #results: Array<Promise<IteratorResult<Uint8Array>>> = []
  #halted = false
  #bytes = 0

  /** @param onRead - called when a piece has been read ahead */
  constructor (source: AsyncIterable<Uint8Array>, onRead: () => void) {
    this.#source = source[Symbol.asyncIterator]()
    this.#onRead = onRead
    // a failure is kept for the reader
    this.#run().catch(ignore)
  }

  /** What was read ahead takes. */
  get bytes (): number { return this.#bytes }

  /** Nothing more is read ahead. */
  halt (): void { this.#halted = true }

  next (): Promise<IteratorResult<Uint8Array>> {
    this.#halted = true
    return this.#results.shift() ?? this.#source.next()
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    this.#halted = true
    this.#results = []
    this.#source.return?.().catch(ignore)
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator] (): this { return this }

  async #run (): Promise<void> {
    while (!this.#halted) {
      const next = this.#source.next()
      this.#results.push(next)
      const result = await next
      if (result.done === true) return
      if (this.#halted) return
      this.#bytes += result.value.byteLength + PIECE_OVERHEAD
      this.#onRead()
    }
  }
}
