import { cryptoError } from './errors.js'

/** Bytes of every symmetric, private and public key here. */
export const KEY_BYTES = 32
/** Bytes of an AEAD nonce. */
export const NONCE_BYTES = 12
/** Bytes of an AEAD tag. */
export const TAG_BYTES = 16
/** Bytes of a counter block of AES-CTR, and of each block of its key stream. */
export const COUNTER_BYTES = 16
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64

/**
 * The same bytes, when there are as many as a key has.
 *
 * @throws ERR_CRYPTO_KEY when there are not
 */
export function checkKey (key: Uint8Array): Uint8Array {
  // plain JavaScript may bring anything, such as the key in hex
  if (!(key instanceof Uint8Array)) throw cryptoError('ERR_CRYPTO_KEY', 'not a Uint8Array')
  if (key.byteLength !== KEY_BYTES) throw cryptoError('ERR_CRYPTO_KEY', `${key.byteLength} bytes instead of ${KEY_BYTES}`)
  return key
}

/**
 * The same bytes, when there are as many as a nonce has.
 *
 * @throws ERR_CRYPTO_NONCE when there are not
 */
export function checkNonce (nonce: Uint8Array): Uint8Array {
  if (nonce.byteLength !== NONCE_BYTES) throw cryptoError('ERR_CRYPTO_NONCE', `${nonce.byteLength} bytes instead of ${NONCE_BYTES}`)
  return nonce
}

/**
 * The same bytes, when there are as many as a counter block has.
 *
 * @throws ERR_CRYPTO_COUNTER when there are not
 */
export function checkCounter (counterBlock: Uint8Array): Uint8Array {
  if (counterBlock.byteLength !== COUNTER_BYTES) throw cryptoError('ERR_CRYPTO_COUNTER', `${counterBlock.byteLength} bytes`)
  return counterBlock
}

/**
 * The count, when so many random bytes may be asked for at once (at most 2^30).
 *
 * @throws ERR_CRYPTO_LENGTH when they may not
 */
export function checkDraw (length: number): number {
  if (!Number.isInteger(length) || length < 0 || length > 0x40000000) throw cryptoError('ERR_CRYPTO_LENGTH', 'random bytes')
  return length
}

/** A private key held as raw bytes until it is destroyed. */
export class RawKey {
  #bytes: Uint8Array | undefined

  /** Keeps `key` itself, not a copy: the caller hands it over. */
  constructor (key: Uint8Array) {
    this.#bytes = key
  }

  /**
   * The bytes themselves, not a copy.
   *
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  get bytes (): Uint8Array {
    if (this.#bytes === undefined) throw cryptoError('ERR_CRYPTO_DESTROYED')
    return this.#bytes
  }

  /** Wipes the bytes. */
  destroy (): void {
    if (this.#bytes !== undefined) wipe(this.#bytes)
    this.#bytes = undefined
  }
}

/**
 * Overwrites bytes with zeros, in place. Copies that the garbage collector has made, and what went through a
 * string, it cannot reach.
 *
 * @example
 * ```ts
 * import { crypto, wipe } from 'hushwire/crypto'
 *
 * const secret = crypto.randomBytes(32)
 * wipe(secret)
 * ```
 */
export function wipe (...secrets: ReadonlyArray<Uint8Array | undefined>): void {
  for (const secret of secrets) secret?.fill(0)
}
