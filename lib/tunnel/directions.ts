import { Uint8ArrayList } from 'uint8arraylist'
import { asError, letGo, plain, type Bytes } from '../stream/index.js'
import { tunnelError } from './errors.js'
import { encodeData, encodeReset, RecordReader } from './records.js'

/**
 * What one end sends: its first bytes, what comes from its TCP connection, and how that ended. An end is the end; a reset is a
 * record, so that it stays behind the bytes that came before it.
 *
 * @param onBytes - told of bytes that have come from the connection
 * @param onReset - told what the connection failed with, before the record is sent
 */
export async function * outbound (first: Uint8Array, source: AsyncIterable<Uint8Array>, { onBytes, onReset }: { onBytes: (bytes: number) => void, onReset: (error: Error) => void }): AsyncGenerator<Uint8Array> {
  yield first
  try {
    for await (const bytes of source) {
      onBytes(bytes.byteLength)
      yield encodeData(bytes)
    }
  } catch (error) {
    onReset(asError(error))
    yield encodeReset()
  }
}

/** What comes from the other end, as the TCP connection is to have it. A reset there is thrown here (ERR_TUNNEL_RESET), behind the bytes before it. */
export class Inbound implements AsyncIterableIterator<Bytes> {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #records = new RecordReader()
  readonly #onBytes: (bytes: number) => void

  constructor (source: AsyncIterator<Uint8Array>, onBytes: (bytes: number) => void) {
    this.#source = source
    this.#onBytes = onBytes
  }

  async next (): Promise<IteratorResult<Bytes>> {
    while (!this.#records.reset) {
      const result = await this.#source.next()
      if (result.done === true) {
        this.#records.end()
        return { value: undefined, done: true }
      }
      const content = this.#records.read(plain(result.value))
      if (content.length === 0) continue
      const bytes = content.length === 1 ? content[0] as Uint8Array : new Uint8ArrayList(...content)
      this.#onBytes(bytes.byteLength)
      return { value: bytes, done: false }
    }
    throw tunnelError('ERR_TUNNEL_RESET')
  }

  /** Takes effect at once, also while a `next()` is pending. */
  return (): Promise<IteratorResult<Bytes>> {
    letGo(this.#source)
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator] (): this { return this }
}
