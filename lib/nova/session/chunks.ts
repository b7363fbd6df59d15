import { type BulkAead, TAG_BYTES } from '../../crypto/index.js'
import { ByteQueue, codeOf } from '../../stream/index.js'
import { sessionError } from './errors.js'

/** The most plaintext that a chunk holds, in bytes. */
export const CHUNK_BYTES = 65_536
/** sealedLength u32 | final u8. */
const HEADER_BYTES = 5
const NONCE_PREFIX_BYTES = 8
const MAX_CHUNKS = 0x1_0000_0000

/** What the chunks of one body are sealed with. */
export interface ChunkCipher {
  readonly aead: BulkAead
  /** The first 8 bytes of every nonce; the index of the chunk follows as u32. */
  readonly noncePrefix: Uint8Array
  /** The additional data of a chunk. */
  readonly additionalData: (final: boolean) => Uint8Array
}

/** The nonces of one body, one after another. */
class ChunkNonce {
  readonly #prefix: Uint8Array
  #index = 0

  constructor (prefix: Uint8Array) {
    this.#prefix = prefix
  }

  /** @throws ERR_SESSION_TOO_LONG after 2^32 chunks: the index never wraps */
  next (): Uint8Array {
    if (this.#index >= MAX_CHUNKS) throw sessionError('ERR_SESSION_TOO_LONG')
    const nonce = new Uint8Array(NONCE_PREFIX_BYTES + 4)
    nonce.set(this.#prefix)
    new DataView(nonce.buffer).setUint32(NONCE_PREFIX_BYTES, this.#index++)
    return nonce
  }
}

/** Cuts plaintext into chunks and seals them. Calls go one after another. */
export class ChunkSealer {
  readonly #cipher: ChunkCipher
  readonly #nonce: ChunkNonce
  readonly #queue = new ByteQueue()

  constructor (cipher: ChunkCipher) {
    this.#cipher = cipher
    this.#nonce = new ChunkNonce(cipher.noncePrefix)
  }

  /** Takes plaintext, which it keeps by reference until it has been sealed. */
  push (plaintext: Uint8Array): void {
    this.#queue.push(plaintext)
  }

  /** The next chunk that is sure not to be the last, as pieces of the wire; undefined while there is none. */
  async read (): Promise<Uint8Array[] | undefined> {
    return this.#queue.length > CHUNK_BYTES ? this.#seal(CHUNK_BYTES, false) : undefined
  }

  /** All that is left as a chunk that is not the last; undefined when nothing is left. Only after `read` gave undefined. */
  async flush (): Promise<Uint8Array[] | undefined> {
    return this.#queue.length > 0 ? this.#seal(this.#queue.length, false) : undefined
  }

  /** The final chunk, with what is left. Only after `read` gave undefined. */
  async finish (): Promise<Uint8Array[]> {
    return this.#seal(this.#queue.length, true)
  }

  async #seal (length: number, final: boolean): Promise<Uint8Array[]> {
    const header = new Uint8Array(HEADER_BYTES)
    new DataView(header.buffer).setUint32(0, length + TAG_BYTES)
    header[4] = final ? 1 : 0
    const nonce = this.#nonce.next()
    try {
      return [header, ...await this.#cipher.aead.seal(nonce, this.#cipher.additionalData(final), this.#queue.take(length))]
    } catch (cause) {
      throw destroyed(cause) ?? cause
    }
  }
}

/**
 * Opens chunks out of bytes that come in any pieces. A length is checked before anything of its chunk is kept, and
 * at most one chunk is. Pull: `push`, then `read` until it gives undefined, and so on; then `end`.
 */
export class ChunkOpener {
  readonly #cipher: ChunkCipher
  readonly #nonce: ChunkNonce
  /** What was kept of earlier pieces. */
  readonly #kept = new ByteQueue()
  /** What is left of the latest piece. */
  #piece: Uint8Array = NONE
  #length: number | undefined
  #final = false
  #over = false

  constructor (cipher: ChunkCipher) {
    this.#cipher = cipher
    this.#nonce = new ChunkNonce(cipher.noncePrefix)
  }

  /** True when the final chunk has been opened. */
  get over (): boolean { return this.#over }

  /** Gives the next piece; it must stay as it is until `read` has answered undefined. */
  push (piece: Uint8Array): void {
    this.#piece = piece
  }

  /**
   * The plaintext of the next chunk in pieces that are the caller's, or undefined when more is needed.
   *
   * @throws ERR_SESSION_CHUNK_SIZE, ERR_SESSION_FINAL_FLAG, ERR_SESSION_AUTH, ERR_SESSION_TRAILING, ERR_SESSION_DESTROYED
   */
  async read (): Promise<Uint8Array[] | undefined> {
    if (this.#over) {
      if (this.#piece.byteLength > 0) throw sessionError('ERR_SESSION_TRAILING')
      return undefined
    }
    if (this.#length === undefined && this.#available >= HEADER_BYTES) this.#readHeader()
    if (this.#length === undefined || this.#available < this.#length) {
      this.#keep()
      return undefined
    }
    return this.#open(this.#length)
  }

  /**
   * Says that no more comes.
   *
   * @throws ERR_SESSION_TRUNCATED inside a chunk, ERR_SESSION_NO_FINAL between two
   */
  end (): void {
    if (this.#over) return
    throw sessionError(this.#length !== undefined || this.#available > 0 ? 'ERR_SESSION_TRUNCATED' : 'ERR_SESSION_NO_FINAL')
  }

  get #available (): number { return this.#kept.length + this.#piece.byteLength }

  #readHeader (): void {
    let length = 0
    const header = this.#take(HEADER_BYTES).flatMap(piece => [...piece])
    for (const byte of header.slice(0, 4)) length = length * 256 + byte
    if (length < TAG_BYTES || length > CHUNK_BYTES + TAG_BYTES) throw sessionError('ERR_SESSION_CHUNK_SIZE', `${length} bytes`)
    const flag = header[4] as number
    if (flag > 1) throw sessionError('ERR_SESSION_FINAL_FLAG', String(flag))
    this.#length = length
    this.#final = flag === 1
  }

  async #open (length: number): Promise<Uint8Array[]> {
    const sealed = this.#take(length)
    const nonce = this.#nonce.next()
    let opened: Uint8Array[]
    try {
      opened = await this.#cipher.aead.open(nonce, this.#cipher.additionalData(this.#final), sealed)
    } catch (cause) {
      throw destroyed(cause) ?? sessionError('ERR_SESSION_AUTH', undefined, cause)
    }
    this.#length = undefined
    this.#over = this.#final
    return opened
  }

  /** What was kept first, then of the latest piece. */
  #take (length: number): Uint8Array[] {
    const kept = Math.min(length, this.#kept.length)
    const pieces = kept > 0 ? this.#kept.take(kept) : []
    if (kept < length) {
      pieces.push(this.#piece.subarray(0, length - kept))
      this.#piece = this.#piece.subarray(length - kept)
    }
    return pieces
  }

  #keep (): void {
    if (this.#piece.byteLength === 0) return
    // a copy: the piece is its producer's again at the next read
    this.#kept.push(this.#piece.byteLength < 1024 ? this.#piece : new Uint8Array(this.#piece))
    this.#piece = NONE
  }
}

/** What is our own doing must not look like the other side's: a key of the seed's wire goes while messages are under way. */
function destroyed (cause: unknown): Error | undefined {
  return codeOf(cause) === 'ERR_CRYPTO_DESTROYED' ? sessionError('ERR_SESSION_DESTROYED', undefined, cause) : undefined
}

const NONE = new Uint8Array(0)
