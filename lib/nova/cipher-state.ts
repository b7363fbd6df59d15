import { crypto, hkdfExpand, wipe, type BulkAead } from '../crypto/index.js'
import type { MaybePromise } from '../stream/index.js'
import { novaError } from './errors.js'
import { encodeHeader, HEADER_LENGTH, putUint32, TAG_LENGTH, type Frame, type FrameHeader } from './frame.js'

const KEY_LENGTH = 32
const REKEY_INFO = new TextEncoder().encode('hushwire/rekey/1')
const OBFUSCATION_INFO = new TextEncoder().encode('novaproto/obfs/v1')
const MASK_LABEL = new TextEncoder().encode('hdr')

/** @throws ERR_CIPHER_KEY unless it has 32 bytes */
export function checkHopKey (key: Uint8Array): void {
  // plain JavaScript may bring anything, such as the key in hex
  if (!(key instanceof Uint8Array) || key.byteLength !== KEY_LENGTH) throw novaError('ERR_CIPHER_KEY')
}

/** Where nonces and additional data are laid out, for all links: they are used up before a call of a backend returns. */
const NONCE = new Uint8Array(12)
const PLAIN_AAD = new Uint8Array(HEADER_LENGTH)
const SEQUENCED_AAD = new Uint8Array(HEADER_LENGTH + 8)

/** What both directions of the hop's cipher have: a key, what was done with it, and the mask of headers. */
export class CipherState {
  #aead: BulkAead
  #maskKey: Uint8Array | undefined
  /** Content bytes under the present key, tags included. */
  bytes = 0
  /** Frames under the present key. */
  frames = 0
  readonly #sequenced: boolean
  readonly #maxBytes: number

  /**
   * @param key - 32 bytes, copied
   * @param sequenced - adds the count of frames under the key to the additional data (part 2)
   * @param maxBytes - content bytes that one key may carry
   */
  constructor (key: Uint8Array, sequenced: boolean, maxBytes: number) {
    checkHopKey(key)
    this.#aead = crypto.bulkAesGcm(key)
    this.#sequenced = sequenced
    this.#maxBytes = maxBytes
  }

  /** The sealed form of a plain frame. @throws ERR_CIPHER_EXHAUSTED */
  seal (frame: Frame): MaybePromise<Frame> {
    const { packetNonce, frameNonce, terminating } = frame
    const header: FrameHeader = { packetNonce, frameNonce, terminating, encrypted: true, size: frame.size + TAG_LENGTH }
    const sealed = this.#aead.seal(NONCE, this.#prepare(header), frame.content)
    this.#count(header.size)
    return sealed instanceof Promise ? sealed.then(content => withContent(header, content)) : withContent(header, sealed)
  }

  /** The opened form of a sealed frame. @throws ERR_CRYPTO_AUTH, ERR_CIPHER_EXHAUSTED */
  open (frame: Frame): MaybePromise<Frame> {
    const opened = this.#aead.open(NONCE, this.#prepare(frame), frame.content)
    this.#count(frame.size)
    return opened instanceof Promise ? opened.then(content => plain(frame, content)) : plain(frame, opened)
  }

  /** The mask of a header, 18 bytes, from the first 16 bytes of its sealed content. */
  mask (content: Uint8Array): Uint8Array {
    this.#maskKey ??= this.#derive(key => crypto.sha256.hmac(key, OBFUSCATION_INFO))
    return crypto.sha256.hmac(this.#maskKey, MASK_LABEL, content.subarray(0, TAG_LENGTH)).subarray(0, HEADER_LENGTH)
  }

  /** Goes on to the next key (nova.md, Link: Rekey); counts start afresh, nonces are the packets' and go on. */
  rekey (): void {
    const next = this.#derive(key => hkdfExpand(crypto.sha256, key, REKEY_INFO, KEY_LENGTH))
    this.destroy()
    this.#maskKey = undefined
    this.#aead = crypto.bulkAesGcm(next)
    wipe(next)
    this.bytes = 0
    this.frames = 0
  }

  /** Wipes the key. */
  destroy (): void {
    if (this.#maskKey !== undefined) wipe(this.#maskKey)
    this.#aead.destroy()
  }

  #derive (from: (key: Uint8Array) => Uint8Array): Uint8Array {
    const key = this.#aead.exportKey()
    const derived = from(key)
    wipe(key)
    return derived
  }

  /** Lays out the nonce of a frame. @returns its additional data */
  #prepare (header: FrameHeader): Uint8Array {
    if (this.bytes + header.size > this.#maxBytes) throw novaError('ERR_CIPHER_EXHAUSTED')
    putUint32(NONCE, 0, header.packetNonce)
    putUint32(NONCE, 4, header.frameNonce)
    if (!this.#sequenced) return encodeHeader(header, PLAIN_AAD)
    encodeHeader(header, SEQUENCED_AAD)
    putUint32(SEQUENCED_AAD, HEADER_LENGTH, Math.floor(this.frames / 0x1_0000_0000))
    putUint32(SEQUENCED_AAD, HEADER_LENGTH + 4, this.frames >>> 0)
    return SEQUENCED_AAD
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
