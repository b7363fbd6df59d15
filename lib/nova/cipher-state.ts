import { crypto, hkdfExpand, wipe, type BulkAead } from '../crypto/index.js'
import type { MaybePromise } from '../stream/index.js'
import { novaError } from './errors.js'
import { encodeHeader, HEADER_LENGTH, putUint32, TAG_LENGTH, type Frame, type FrameHeader } from './frame.js'

const KEY_LENGTH = 32
const REKEY_INFO = new TextEncoder().encode('hushwire/rekey/1')
const OBFUSCATION_INFO = new TextEncoder().encode('novaproto/obfs/v1')
const MASK_LABEL = new TextEncoder().encode('hdr')

/** What both directions of the hop's cipher have: a key, what was done with it, and the mask of headers. */
export class CipherState {
  #key: Uint8Array
  #aead: BulkAead
  #maskKey: Uint8Array | undefined
  /** Content bytes under the present key, tags included. */
  bytes = 0
  /** Frames under the present key. */
  frames = 0
  readonly #sequenced: boolean
  readonly #maxBytes: number
  readonly #nonce = new Uint8Array(12)
  readonly #aad: Uint8Array

  /**
   * @param key - 32 bytes, copied
   * @param sequenced - adds the count of frames under the key to the additional data (part 2)
   * @param maxBytes - content bytes that one key may carry
   */
  constructor (key: Uint8Array, sequenced: boolean, maxBytes: number) {
    if (key.byteLength !== KEY_LENGTH) throw novaError('ERR_CIPHER_KEY')
    // not slice(), which does not copy where the key is a Buffer
    this.#key = new Uint8Array(key)
    this.#aead = crypto.bulkAesGcm(key)
    this.#sequenced = sequenced
    this.#maxBytes = maxBytes
    this.#aad = new Uint8Array(sequenced ? HEADER_LENGTH + 8 : HEADER_LENGTH)
  }

  /** The sealed form of a plain frame. @throws ERR_CIPHER_EXHAUSTED */
  seal (frame: Frame): MaybePromise<Frame> {
    const { packetNonce, frameNonce, terminating } = frame
    const header: FrameHeader = { packetNonce, frameNonce, terminating, encrypted: true, size: frame.size + TAG_LENGTH }
    this.#prepare(header)
    const sealed = this.#aead.seal(this.#nonce, this.#aad, frame.content)
    this.#count(header.size)
    return sealed instanceof Promise ? sealed.then(content => withContent(header, content)) : withContent(header, sealed)
  }

  /** The opened form of a sealed frame. @throws ERR_CRYPTO_AUTH, ERR_CIPHER_EXHAUSTED */
  open (frame: Frame): MaybePromise<Frame> {
    this.#prepare(frame)
    const opened = this.#aead.open(this.#nonce, this.#aad, frame.content)
    this.#count(frame.size)
    return opened instanceof Promise ? opened.then(content => plain(frame, content)) : plain(frame, opened)
  }

  /** The mask of a header, 18 bytes, from the first 16 bytes of its sealed content. */
  mask (content: Uint8Array): Uint8Array {
    this.#maskKey ??= crypto.sha256.hmac(this.#key, OBFUSCATION_INFO)
    return crypto.sha256.hmac(this.#maskKey, MASK_LABEL, content.subarray(0, TAG_LENGTH)).subarray(0, HEADER_LENGTH)
  }

  /** Goes on to the next key (nova.md, Link: Rekey); counts start afresh, nonces are the packets' and go on. */
  rekey (): void {
    const next = hkdfExpand(crypto.sha256, this.#key, REKEY_INFO, KEY_LENGTH)
    this.destroy()
    this.#maskKey = undefined
    this.#key = next
    this.#aead = crypto.bulkAesGcm(next)
    this.bytes = 0
    this.frames = 0
  }

  /** Wipes the key. */
  destroy (): void {
    wipe(this.#key)
    if (this.#maskKey !== undefined) wipe(this.#maskKey)
    this.#aead.destroy()
  }

  #prepare (header: FrameHeader): void {
    if (this.bytes + header.size > this.#maxBytes) throw novaError('ERR_CIPHER_EXHAUSTED')
    putUint32(this.#nonce, 0, header.packetNonce)
    putUint32(this.#nonce, 4, header.frameNonce)
    encodeHeader(header, this.#aad)
    if (!this.#sequenced) return
    putUint32(this.#aad, HEADER_LENGTH, Math.floor(this.frames / 0x1_0000_0000))
    putUint32(this.#aad, HEADER_LENGTH + 4, this.frames >>> 0)
  }

  #count (bytes: number): void {
    this.bytes += bytes
    this.frames++
  }
}

function withContent ({ packetNonce, frameNonce, terminating, encrypted, size }: FrameHeader, content: Uint8Array[]): Frame {
  return { packetNonce, frameNonce, terminating, encrypted, size, content }
}

/** What was opened still says that it came encrypted: it is new memory, and nobody else's. */
function plain ({ packetNonce, frameNonce, terminating, size }: FrameHeader, content: Uint8Array[]): Frame {
  return { packetNonce, frameNonce, terminating, encrypted: true, size: size - TAG_LENGTH, content }
}
