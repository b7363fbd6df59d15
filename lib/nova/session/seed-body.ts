import type { Uint8ArrayList } from 'uint8arraylist'
import { type BulkAead, crypto, KEY_BYTES } from '../../crypto/index.js'
import type { Bytes } from '../../stream/index.js'
import { type MessageSource, openBody, type OpenOptions, sealBody, type SealOptions } from './body.js'
import type { ChunkCipher } from './chunks.js'
import { sessionError } from './errors.js'

const BASE_NONCE_BYTES = 8
/** Messages that one key seals at the most: base nonces of 8 random bytes collide with odds of 2^-25 there. */
export const MAX_MESSAGES = 2 ** 20

/** A key K_cc of the seed's wire, which counts the messages that it has sealed. It serves both directions. */
export class SeedSessionKey {
  readonly #aead: BulkAead
  readonly #maxMessages: number
  #messages = 0
  #destroyed = false

  /**
   * @param key - 32 bytes, copied
   * @param options - `maxMessages`: how many may be sealed, 2^20 at the most; `messages`: how many were before
   * @throws ERR_SESSION_KEY when the key has another length
   */
  constructor (key: Uint8Array, options: { maxMessages?: number | undefined, messages?: number | undefined } = {}) {
    if (key.byteLength !== KEY_BYTES) throw sessionError('ERR_SESSION_KEY')
    this.#aead = crypto.bulkAesGcm(key)
    this.#maxMessages = Math.min(options.maxMessages ?? MAX_MESSAGES, MAX_MESSAGES)
    this.#messages = options.messages ?? 0
  }

  /** Messages sealed so far. */
  get messages (): number { return this.#messages }

  /**
   * A new base nonce, counted.
   *
   * @throws ERR_SESSION_KEY_EXHAUSTED
   */
  nextBaseNonce (): Uint8Array {
    if (this.#messages >= this.#maxMessages) throw sessionError('ERR_SESSION_KEY_EXHAUSTED', `${this.#maxMessages} messages`)
    this.#messages++
    return crypto.randomBytes(BASE_NONCE_BYTES)
  }

  /** What the chunks of one message are sealed and opened with. @throws ERR_SESSION_DESTROYED */
  cipher (baseNonce: Uint8Array): ChunkCipher {
    if (this.#destroyed) throw sessionError('ERR_SESSION_DESTROYED')
    return { aead: this.#aead, noncePrefix: baseNonce, additionalData: final => Uint8Array.of(final ? 1 : 0) }
  }

  /** Forgets the key. Messages under way fail with ERR_SESSION_DESTROYED. */
  destroy (): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#aead.destroy()
  }
}

/**
 * Seals a message as the body of a packet of the seed's wire (baseNonce | chunks), as it is read: zlib's window,
 * 256 KiB that are gathered and one chunk are all that is held. What comes out is the reader's.
 *
 * @throws ERR_ARGUMENT, ERR_ZLIB_LEVEL at once; then ERR_ARGUMENT when an item is no bytes, ERR_SESSION_KEY_EXHAUSTED, ERR_SESSION_DESTROYED, ERR_SESSION_TOO_LONG,
 *   and what the source throws
 * @example
 * ```ts
 * import { openSeedBody, sealSeedBody, SeedSessionKey } from 'hushwire/nova'
 *
 * const key = new SeedSessionKey(globalThis.crypto.getRandomValues(new Uint8Array(32)))
 * const body = sealSeedBody([new TextEncoder().encode('hello')], key)
 * for await (const bytes of openSeedBody(body, key, { maxInflated: 1000 })) console.log(new TextDecoder().decode(bytes))
 * key.destroy()
 * ```
 */
export function sealSeedBody (source: MessageSource, key: SeedSessionKey, options: SealOptions = {}): AsyncIterableIterator<Uint8ArrayList> {
  return sealBody(source, () => {
    const header = key.nextBaseNonce()
    return { header, cipher: key.cipher(header), release: () => {} }
  }, options)
}

/**
 * Opens the body of a packet of the seed's wire, as it comes, expanding no more than is read. The end of the
 * iteration says that the message was whole; whatever it yields before is authentic, but may turn out to be cut
 * short. What comes out (at most 256 KiB at a time) is the reader's.
 *
 * @throws ERR_SESSION_DESTROYED, and each of SESSION_ERRORS and ZLIB_ERRORS whose origin is remote
 */
export function openSeedBody (source: AsyncIterable<Bytes>, key: SeedSessionKey, options: OpenOptions = {}): AsyncIterableIterator<Uint8Array> {
  return openBody(source, BASE_NONCE_BYTES, header => ({ cipher: key.cipher(header), release: () => {} }), options)
}
