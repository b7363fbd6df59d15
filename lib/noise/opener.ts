import { TAG_BYTES } from '../crypto/index.js'
import { asError, ByteQueue } from '../stream/index.js'
import type { CipherState } from './cipher-state.js'
import { BATCH, type NoiseLayerOptions } from './layer-options.js'
import { LENGTH_BYTES, MessageDecoder } from './message-framing.js'

const NO_DATA = new Uint8Array(0)

/** Opens the messages of chunks, in batches; sans I/O. */
export class Opener {
  readonly #decoder: MessageDecoder
  readonly #cipher: CipherState
  readonly #aborted: () => Error | undefined
  readonly #batch: number
  readonly #rekeyAfter: bigint | undefined
  readonly #endSaid: boolean
  readonly #opened = new ByteQueue()
  /** The first piece of a batch, until there is another. */
  #only: Uint8Array | undefined
  /** True when the other side has said its end. */
  ended = false
  /** Why there is no more. */
  failure: Error | undefined

  /** @param aborted - why the link has ended, if it has */
  constructor (cipher: CipherState, { lengthBytes, end, rekeyAfter, manualRekey }: NoiseLayerOptions, aborted: () => Error | undefined) {
    this.#decoder = new MessageDecoder(lengthBytes ?? LENGTH_BYTES)
    this.#cipher = cipher
    this.#aborted = aborted
    // with manual rekey, the next message may be sealed under another key
    this.#batch = manualRekey === true ? 1 : BATCH
    this.#rekeyAfter = rekeyAfter === undefined ? undefined : BigInt(rekeyAfter)
    this.#endSaid = end === 'authenticated'
  }

  /** Takes the next chunk; the last one must have been used up. */
  push (chunk: Uint8Array): void {
    this.#decoder.push(chunk)
  }

  /** @throws ERR_TRUNCATED when the stream has ended inside a message */
  end (): void {
    this.#decoder.end()
  }

  /** Opens until a batch is full (true: there may be more), or the chunk is used up. */
  open (): boolean {
    try {
      while (this.#length < this.#batch) {
        const message = this.#decoder.next()
        if (message === undefined) return false
        for (const piece of this.#cipher.open(NO_DATA, [message])) this.#keep(piece)
        if (this.#endSaid && message.byteLength === TAG_BYTES) {
          this.ended = true
          return false
        }
        if (this.#rekeyAfter !== undefined && this.#cipher.nonce % this.#rekeyAfter === 0n) this.#cipher.rekey()
      }
      return true
    } catch (error) {
      this.#cipher.destroy()
      this.failure = this.#aborted() ?? asError(error)
      return false
    }
  }

  /** What was opened, small pieces in one. */
  take (): Uint8Array[] {
    if (this.#only === undefined) return this.#opened.take(this.#opened.length)
    const only = this.#only
    this.#only = undefined
    return [only]
  }

  get #length (): number { return this.#only?.byteLength ?? this.#opened.length }

  #keep (piece: Uint8Array): void {
    if (this.#length === 0) {
      this.#only = piece
      return
    }
    if (this.#only !== undefined) this.#opened.push(this.#only)
    this.#only = undefined
    this.#opened.push(piece)
  }
}
