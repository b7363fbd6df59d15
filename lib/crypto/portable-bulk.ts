import { join, lengthOf, unshared, type MaybePromise } from '../stream/index.js'
import { cryptoError } from './errors.js'
import type { Aead, BulkAead } from './interface.js'
import { checkNonce, RawKey, TAG_BYTES } from './keys.js'

/**
 * Bytes from which WebCrypto is asked: a call of it costs about 40 µs and a turn of the event loop, in which the
 * cipher in JavaScript does about so many (measured on Node 20, one call after another: equal between 2 and 4 KiB).
 */
const WEBCRYPTO_FROM = 3072

/**
 * AES-256-GCM that answers at once for small units and later for large ones, so answers may overtake each other:
 * who needs order awaits in order. The key of WebCrypto is not extractable, imported at its first use, and cannot
 * be wiped: it goes when it is collected.
 */
export class PortableBulkAead implements BulkAead {
  readonly #small: Aead
  readonly #raw: RawKey
  readonly #subtle: SubtleCrypto | undefined
  #key: Promise<CryptoKey> | undefined

  constructor (small: Aead, key: Uint8Array, subtle: SubtleCrypto | undefined) {
    this.#small = small
    this.#raw = new RawKey(new Uint8Array(key))
    this.#subtle = subtle
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[]): MaybePromise<Uint8Array[]> {
    if (this.#subtle === undefined || lengthOf(plaintext) < WEBCRYPTO_FROM) return this.#small.seal(nonce, additionalData, plaintext)
    return this.#run(this.#subtle, 'encrypt', nonce, additionalData, plaintext)
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, sealed: readonly Uint8Array[]): MaybePromise<Uint8Array[]> {
    if (this.#subtle === undefined || lengthOf(sealed) < WEBCRYPTO_FROM) return this.#small.open(nonce, additionalData, sealed)
    return this.#run(this.#subtle, 'decrypt', nonce, additionalData, sealed)
  }

  exportKey (): Uint8Array {
    return new Uint8Array(this.#raw.bytes)
  }

  destroy (): void {
    this.#small.destroy()
    this.#raw.destroy()
    this.#key = undefined
  }

  /** Checks at once, so that a destroyed key throws as it does for small units. Inputs are copied before it returns. */
  #run (subtle: SubtleCrypto, what: 'encrypt' | 'decrypt', nonce: Uint8Array, additionalData: Uint8Array, pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const raw = this.#raw.bytes
    const algorithm = { name: 'AES-GCM', iv: new Uint8Array(checkNonce(nonce)), additionalData: new Uint8Array(additionalData), tagLength: TAG_BYTES * 8 }
    const bytes = unshared(join(pieces))
    this.#key ??= subtle.importKey('raw', unshared(raw), 'AES-GCM', false, ['encrypt', 'decrypt'])
    return this.#key
      .then(key => what === 'encrypt' ? subtle.encrypt(algorithm, key, bytes) : subtle.decrypt(algorithm, key, bytes))
      .then(result => [new Uint8Array(result)], (error: unknown) => { throw asAuthError(error) })
  }
}

/** A tag that does not fit is an OperationError; anything else is passed on as it is. */
function asAuthError (error: unknown): unknown {
  return error instanceof Error && error.name === 'OperationError' ? cryptoError('ERR_CRYPTO_AUTH') : error
}
