/**
 * Ciphers, hashes and keys behind one interface. `crypto` is the backend of the platform: node:crypto on Node,
 * noble and WebCrypto elsewhere (and on Node under the condition `hushwire-portable`).
 *
 * @example
 * ```ts
 * import { crypto } from 'hushwire/crypto'
 *
 * const cipher = crypto.aesGcm(crypto.randomBytes(32))
 * const nonce = new Uint8Array(12) // never twice under one key
 * const sealed = cipher.seal(nonce, new Uint8Array(0), [Uint8Array.of(1, 2, 3)])
 * const opened = cipher.open(nonce, new Uint8Array(0), sealed)
 * cipher.destroy()
 * ```
 *
 * @module crypto
 */
export { aesCtr, crypto } from '#crypto'
export { blake2b, blake2s, sha512 } from '#hashes'
export type { Aead, AgreementKey, BulkAead, Crypto, Hash, HashState, SigningKey, StreamCipher } from './interface.js'
export { hkdf, hkdfExpand, hkdfExtract } from './hkdf.js'
export { checkKey, COUNTER_BYTES, KEY_BYTES, NONCE_BYTES, SIGNATURE_BYTES, TAG_BYTES, wipe } from './keys.js'
export { CRYPTO_ERRORS } from './errors.js'
