import { KEY_BYTES, NONCE_BYTES, TAG_BYTES, wipe, type Aead } from '../crypto/index.js'
import { join, lengthOf } from '../stream/index.js'
import { noiseError } from './errors.js'
import type { NoiseCipher } from './protocol.js'

/** Bytes that a message may have at most (section 3). */
export const MAX_MESSAGE = 65_535

/** 2^64 - 1 is kept for rekeying: no message has it. */
const LAST_NONCE = 2n ** 64n - 1n
const EMPTY = new Uint8Array(0)

/**
 * A key and the nonce that counts its messages, for one direction (section 5.1). Any failure is final: the key is
 * forgotten, and every later call throws ERR_NOISE_DESTROYED.
 */
export class CipherState {
  readonly #cipher: NoiseCipher
  #aead: Aead | undefined
  #nonce = 0n
  readonly #nonceBytes = new Uint8Array(NONCE_BYTES)
  readonly #nonceView = new DataView(this.#nonceBytes.buffer)

  /** @param key - 32 bytes, copied; undefined for a direction that does not exist: a state destroyed from the start */
  constructor (cipher: NoiseCipher, key: Uint8Array | undefined) {
    this.#cipher = cipher
    this.#aead = key === undefined ? undefined : cipher.keyed(key)
  }

  /** The nonce of the next message. */
  get nonce (): bigint {
    return this.#nonce
  }

  /** Sets the nonce of the next message, for transports that carry nonces of their own. A nonce that seals twice under one key gives the key away. */
  setNonce (nonce: bigint): void {
    this.#nonce = nonce
  }

  /**
   * Seals the pieces as one message.
   *
   * @returns the ciphertext and its 16-byte tag as a list of pieces, the caller's
   * @throws ERR_NOISE_PAYLOAD_SIZE above 65,519 bytes, ERR_NOISE_NONCES, ERR_NOISE_DESTROYED
   */
  seal (additionalData: Uint8Array, plaintext: readonly Uint8Array[]): Uint8Array[] {
    return this.#guard(aead => {
      if (lengthOf(plaintext) > MAX_MESSAGE - TAG_BYTES) throw noiseError('ERR_NOISE_PAYLOAD_SIZE')
      const sealed = aead.seal(this.#takeNonce(), additionalData, plaintext)
      this.#nonce++
      return sealed
    })
  }

  /**
   * Opens one message, however it is cut into pieces.
   *
   * @returns the plaintext as a list of pieces, the caller's
   * @throws ERR_NOISE_AUTH when it is not the next message as it was sealed, ERR_NOISE_TRUNCATED,
   *   ERR_NOISE_MESSAGE_SIZE, ERR_NOISE_NONCES, ERR_NOISE_DESTROYED
   */
  open (additionalData: Uint8Array, sealed: readonly Uint8Array[]): Uint8Array[] {
    return this.#guard(aead => {
      const size = lengthOf(sealed)
      if (size > MAX_MESSAGE) throw noiseError('ERR_NOISE_MESSAGE_SIZE')
      if (size < TAG_BYTES) throw noiseError('ERR_NOISE_TRUNCATED')
      const nonce = this.#takeNonce()
      let opened: Uint8Array[]
      try {
        opened = aead.open(nonce, additionalData, sealed)
      } catch (error) {
        throw noiseError('ERR_NOISE_AUTH', undefined, error)
      }
      this.#nonce++
      return opened
    })
  }

  /**
   * Replaces the key by one that follows from it (section 4.2); both ends do so at the same message. The nonce goes on.
   *
   * @throws ERR_NOISE_DESTROYED
   */
  rekey (): void {
    this.#guard(aead => {
      const stream = aead.seal(this.#nonceOf(LAST_NONCE), EMPTY, [new Uint8Array(KEY_BYTES)])
      const sealed = join(stream)
      const next = sealed.slice(0, KEY_BYTES)
      this.#aead = this.#cipher.keyed(next)
      aead.destroy()
      wipe(next, sealed, ...stream)
    })
  }

  /** Forgets the key. */
  destroy (): void {
    this.#aead?.destroy()
    this.#aead = undefined
  }

  #guard<T> (run: (aead: Aead) => T): T {
    if (this.#aead === undefined) throw noiseError('ERR_NOISE_DESTROYED')
    try {
      return run(this.#aead)
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  #takeNonce (): Uint8Array {
    if (this.#nonce < 0n || this.#nonce >= LAST_NONCE) throw noiseError('ERR_NOISE_NONCES')
    return this.#nonceOf(this.#nonce)
  }

  #nonceOf (nonce: bigint): Uint8Array {
    this.#nonceView.setBigUint64(4, nonce, this.#cipher.littleEndianNonce)
    return this.#nonceBytes
  }
}
