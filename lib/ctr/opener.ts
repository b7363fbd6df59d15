import { Uint8ArrayList } from 'uint8arraylist'
import { crypto, wipe } from '../crypto/index.js'
import { asError, ByteQueue, limitsOf } from '../stream/index.js'
import { Direction, type DirectionOptions } from './direction.js'
import { ctrError } from './errors.js'
import { decodeHeader, HEADER_BYTES, type CtrFrame, type CtrHeader } from './frame.js'
import { MAC_BYTES } from './mac-chain.js'

/** Bytes of the longest payload that is taken. */
export const MAX_PAYLOAD = 16_777_216

/** Options of {@link FrameOpener}. */
export interface OpenerOptions extends DirectionOptions {
  /** Bytes of the longest payload that is taken. Default 16,777,216. */
  maxPayload?: number | undefined
  /** See `SharedBlock.take`: names the mistake when the other side has our role. Copied. */
  sameRole?: Uint8Array | undefined
}

const EMPTY = new Uint8Array(0)

/**
 * Opens the frames of one direction; sans I/O. Bytes go in as they come, frames come out when their mac has been
 * checked, and nothing of a frame before. What it holds of a frame follows the bytes that have come, not the length that the
 * header claims. Whatever is wrong ends the direction: the keys are wiped, and every later call throws the same error.
 */
export class FrameOpener {
  readonly #direction: Direction
  readonly #maxPayload: number
  #sameRole: Uint8Array | undefined
  #first = true
  #chunk: Uint8Array = EMPTY
  #at = 0
  /** A header as on the wire, while it comes. */
  readonly #head = new Uint8Array(HEADER_BYTES)
  #headLength = 0
  #header: CtrHeader | undefined
  /** Payload that has come in more than one chunk. */
  readonly #payload = new ByteQueue()
  readonly #mac = new Uint8Array(MAC_BYTES)
  #macLength = 0
  #error: Error | undefined

  /**
   * @param half - 80 bytes, copied
   * @throws ERR_CTR_BLOCK, ERR_LIMIT_OPTION
   */
  constructor (half: Uint8Array, options: OpenerOptions = {}) {
    this.#direction = new Direction(half, options)
    this.#maxPayload = limitsOf({ maxPayload: MAX_PAYLOAD }, { maxPayload: options.maxPayload }).maxPayload
    this.#sameRole = options.sameRole && new Uint8Array(options.sameRole)
  }

  /** True when a frame has begun and is not whole yet. */
  get inFrame (): boolean { return this.#headLength > 0 }

  /** Takes the next chunk, which must be left alone until {@link FrameOpener.next} has used it up. */
  push (chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /**
   * The next whole frame, or undefined when more bytes are needed.
   *
   * @throws ERR_CTR_CHECKSUM, ERR_CTR_SEQUENCE and ERR_CTR_LENGTH as soon as the header has come, for the first one
   *   ERR_CTR_FIRST_FRAME or ERR_CTR_SAME_ROLE; ERR_CTR_MAC; ERR_CTR_DESTROYED
   */
  next (): CtrFrame | undefined {
    if (this.#error !== undefined) throw this.#error
    try {
      this.#header ??= this.#readHeader()
      return this.#header && this.#readBody(this.#header)
    } catch (error) {
      this.#fail(asError(error))
      throw error
    }
  }

  /** @throws ERR_CTR_TRUNCATED when the stream has ended inside a frame */
  end (): void {
    if (this.#error !== undefined) throw this.#error
    if (!this.inFrame) return
    const error = ctrError('ERR_CTR_TRUNCATED')
    this.#fail(error)
    throw error
  }

  /** Wipes keys and what has come of a frame; later calls throw ERR_CTR_DESTROYED. */
  destroy (): void {
    if (this.#error === undefined) this.#fail(ctrError('ERR_CTR_DESTROYED'))
  }

  #readHeader (): CtrHeader | undefined {
    const bytes = this.#take(HEADER_BYTES - this.#headLength)
    this.#head.set(bytes, this.#headLength)
    this.#headLength += bytes.byteLength
    if (this.#headLength < HEADER_BYTES) return undefined
    const plain = this.#direction.begin(this.#head)
    const header = decodeHeader(plain)
    if (header === undefined) throw ctrError(this.#first ? this.#diagnosis() : 'ERR_CTR_CHECKSUM')
    if (header.sequence !== this.#direction.sequence) throw ctrError('ERR_CTR_SEQUENCE', `${header.sequence} instead of ${this.#direction.sequence}`)
    if (header.length > this.#maxPayload) throw ctrError('ERR_CTR_LENGTH', `${header.length} bytes of at most ${this.#maxPayload}`)
    this.#direction.authenticate(plain)
    return header
  }

  /** Payload and mac go through the cipher together; the mac is compared when all of both has come. */
  #readBody ({ length, code }: CtrHeader): CtrFrame | undefined {
    const missing = length - this.#payload.length
    const plain = this.#direction.crypt(this.#take(missing + MAC_BYTES - this.#macLength))
    const payload = plain.subarray(0, missing)
    const mac = plain.subarray(payload.byteLength)
    this.#direction.authenticate(payload)
    this.#mac.set(mac, this.#macLength)
    this.#macLength += mac.byteLength
    const whole = this.#macLength === MAC_BYTES
    if (!whole || payload.byteLength < length) this.#payload.push(payload)
    if (!whole) return undefined
    if (!crypto.equal(this.#direction.mac().subarray(0, MAC_BYTES), this.#mac)) {
      wipe(plain)
      throw ctrError('ERR_CTR_MAC')
    }
    this.#direction.next()
    this.#first = false
    this.#header = undefined
    this.#headLength = 0
    this.#macLength = 0
    return { code, payload: payload.byteLength === length ? payload : listOf(this.#payload.take(length)) }
  }

  /** As many bytes of the chunk as there are, at most so many. */
  #take (length: number): Uint8Array {
    const bytes = this.#chunk.subarray(this.#at, this.#at + length)
    this.#at += bytes.byteLength
    return bytes
  }

  /** Why the first header makes no sense. */
  #diagnosis (): 'ERR_CTR_SAME_ROLE' | 'ERR_CTR_FIRST_FRAME' {
    const header = this.#sameRole && decodeHeader(this.#head.map((byte, at) => byte ^ (this.#sameRole?.[at] as number)))
    return header?.sequence === this.#direction.sequence ? 'ERR_CTR_SAME_ROLE' : 'ERR_CTR_FIRST_FRAME'
  }

  #fail (error: Error): void {
    this.#error = error
    this.#direction.destroy()
    // nobody has checked it, and nobody gets it
    wipe(...this.#payload.take(this.#payload.length), this.#mac, this.#sameRole)
    this.#chunk = EMPTY
  }
}

function listOf (pieces: Uint8Array[]): Uint8Array | Uint8ArrayList {
  return pieces.length === 1 ? pieces[0] as Uint8Array : new Uint8ArrayList(...pieces)
}
