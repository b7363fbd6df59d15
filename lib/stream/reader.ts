import { ByteQueue } from './byte-queue.js'
import { abortable } from './abort.js'
import { streamError } from './errors.js'
import { letGo } from './leaving.js'
import { PolledIterator, polling, type Pollable } from './polling.js'

/**
 * Exact reads from a stream of bytes, for handshakes. What it has not used is handed back by {@link Reader.rest}.
 * Reads go one after another.
 *
 * @example
 * ```ts
 * import { Reader } from 'hushwire/stream'
 *
 * async function * chunks () { yield Uint8Array.of(1, 2, 3) }
 * const reader = new Reader(chunks())
 * await reader.read(2) // Uint8Array [1, 2]
 * for await (const bytes of reader.rest()) console.log(bytes) // Uint8Array [3]
 * ```
 */
export class Reader {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #queue = new ByteQueue()
  readonly #maxBytes: number
  #pending: Promise<IteratorResult<Uint8Array>> | undefined
  #error: unknown
  #failed = false

  /** @param options - `maxBytes` is the longest read that is allowed, 1 MiB by default. */
  constructor (source: AsyncIterable<Uint8Array>, options: { maxBytes?: number } = {}) {
    this.#iterator = source[Symbol.asyncIterator]()
    this.#maxBytes = options.maxBytes ?? 1_048_576
  }

  /**
   * The next `length` bytes, in one piece: a copy that is the caller's. An aborted read loses nothing: what has
   * come, and what its chunk still brings, is there for the next one.
   *
   * @throws ERR_TRUNCATED when the stream ends before
   * @throws ERR_READ_LIMIT when `length` is above the limit, negative or no number
   * @throws the signal's reason when aborted; whatever the source threw, at every later read too
   */
  async read (length: number, options: { signal?: AbortSignal | undefined } = {}): Promise<Uint8Array> {
    if (!(length >= 0 && length <= this.#maxBytes)) throw streamError('ERR_READ_LIMIT', `${length} of at most ${this.#maxBytes}`)
    while (this.#queue.length < length) {
      const next = await this.#next(options.signal)
      if (next.done === true) throw this.#fail(streamError('ERR_TRUNCATED', `${this.#queue.length} of ${length} bytes`))
      // the chunk is its producer's again at the next read: keep a copy (slice() of a Buffer is none)
      this.#queue.push(new Uint8Array(next.value))
    }
    return new Uint8Array(this.#queue.takeJoined(length))
  }

  /** Everything that was not read, and what comes after. The reader is not to be used any more. */
  rest (): AsyncIterableIterator<Uint8Array> {
    const ahead = this.#queue.take(this.#queue.length)
    const error = this.#error
    if (this.#failed) return new Rest(ahead, { next: () => Promise.reject(error) })
    return new Rest(ahead, this.#pending === undefined ? this.#iterator : resumed(this.#pending, this.#iterator))
  }

  async #next (signal: AbortSignal | undefined): Promise<IteratorResult<Uint8Array>> {
    if (this.#failed) throw this.#error
    signal?.throwIfAborted()
    this.#pending ??= this.#iterator.next()
    const pending = this.#pending
    const result = await abortable(pending, signal, error => this.#fail(error))
    if (this.#pending === pending) this.#pending = undefined
    return result
  }

  #fail<E> (error: E): E {
    this.#failed = true
    this.#error = error
    return error
  }
}

/** What has been read ahead of a source, then the source itself. */
class Rest extends PolledIterator<Uint8Array> {
  readonly #source: Pollable<Uint8Array>
  #ahead: Uint8Array[] | undefined

  constructor (ahead: Uint8Array[], source: AsyncIterator<Uint8Array>) {
    super()
    this.#ahead = ahead
    this.#source = polling(source)
  }

  poll (wake: () => void): IteratorResult<Uint8Array> | undefined {
    const value = this.#ahead?.shift()
    if (value !== undefined) return { value, done: false }
    this.#ahead = undefined
    return this.#source.poll(wake)
  }

  return (): Promise<IteratorResult<Uint8Array>> {
    this.#ahead = undefined
    letGo(this.#source)
    return Promise.resolve({ value: undefined, done: true })
  }
}

/** A source of which the next item has been asked for already. */
function resumed<T> (pending: Promise<IteratorResult<T>>, iterator: AsyncIterator<T>): AsyncIterator<T> {
  let first: Promise<IteratorResult<T>> | undefined = pending
  return {
    next: () => {
      const next = first ?? iterator.next()
      first = undefined
      return next
    },
    return: async () => {
      letGo(iterator)
      return { value: undefined, done: true }
    }
  }
}
