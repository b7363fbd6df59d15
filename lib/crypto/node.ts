import {
  createCipheriv, createDecipheriv, createSecretKey, randomBytes, timingSafeEqual,
  type Cipher, type CipherChaCha20Poly1305, type CipherGCM, type DecipherChaCha20Poly1305, type DecipherGCM, type KeyObject
} from 'node:crypto'
import { plain } from '../stream/index.js'
import { cryptoError } from './errors.js'
import type { Aead, BulkAead, Crypto, StreamCipher } from './interface.js'
import { checkCounter, checkDraw, checkKey, NONCE_BYTES, TAG_BYTES } from './keys.js'
import { sha256 } from './node-hashes.js'
import { nodeAgreementKey, nodeSigningKey, nodeVerifyEd25519 } from './node-keys.js'

const TAG = { authTagLength: TAG_BYTES }

/** The two operations of OpenSSL that an AEAD is made of. */
interface Algorithm {
  cipher(key: KeyObject, nonce: Uint8Array): CipherGCM | CipherChaCha20Poly1305
  decipher(key: KeyObject, nonce: Uint8Array): DecipherGCM | DecipherChaCha20Poly1305
}

const AES_GCM: Algorithm = {
  cipher: (key, nonce) => createCipheriv('aes-256-gcm', key, nonce, TAG),
  decipher: (key, nonce) => createDecipheriv('aes-256-gcm', key, nonce, TAG)
}

const CHACHA_POLY: Algorithm = {
  cipher: (key, nonce) => createCipheriv('chacha20-poly1305', key, nonce, TAG),
  decipher: (key, nonce) => createDecipheriv('chacha20-poly1305', key, nonce, TAG)
}

/**
 * An AEAD of OpenSSL. A call costs as much as 8 KiB of AES, so nothing is done twice here. The key is in a
 * KeyObject, which cannot be wiped from JavaScript: OpenSSL clears it when the object is collected.
 */
class NodeAead implements Aead, BulkAead {
  readonly #algorithm: Algorithm
  #key: KeyObject | undefined

  constructor (algorithm: Algorithm, key: Uint8Array) {
    this.#algorithm = algorithm
    this.#key = createSecretKey(checkKey(key))
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[]): Uint8Array[] {
    const cipher = this.#algorithm.cipher(this.#ready(nonce), nonce)
    const sealed: Uint8Array[] = []
    cipher.setAAD(additionalData, NO_OPTIONS)
    for (const piece of plaintext) if (piece.byteLength > 0) sealed.push(cipher.update(piece))
    cipher.final()
    sealed.push(cipher.getAuthTag())
    return sealed
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, sealed: readonly Uint8Array[]): Uint8Array[] {
    const decipher = this.#algorithm.decipher(this.#ready(nonce), nonce)
    const opened: Uint8Array[] = []
    const { body, tag } = splitTag(sealed)
    decipher.setAAD(additionalData, NO_OPTIONS)
    decipher.setAuthTag(tag)
    for (const piece of body) if (piece.byteLength > 0) opened.push(decipher.update(piece))
    try {
      decipher.final()
    } catch {
      // OpenSSL says no more than that; what was decrypted is nobody's
      for (const piece of opened) piece.fill(0)
      throw cryptoError('ERR_CRYPTO_AUTH')
    }
    return opened
  }

  exportKey (): Uint8Array {
    return plain(this.#keyObject().export())
  }

  destroy (): void {
    this.#key = undefined
  }

  #ready (nonce: Uint8Array): KeyObject {
    const key = this.#keyObject()
    if (nonce.byteLength !== NONCE_BYTES) throw cryptoError('ERR_CRYPTO_NONCE', `${nonce.byteLength} bytes instead of ${NONCE_BYTES}`)
    return key
  }

  #keyObject (): KeyObject {
    if (this.#key === undefined) throw cryptoError('ERR_CRYPTO_DESTROYED')
    return this.#key
  }
}

class NodeStreamCipher implements StreamCipher {
  #cipher: Cipher | undefined

  constructor (key: Uint8Array, counterBlock: Uint8Array) {
    this.#cipher = createCipheriv('aes-256-ctr', checkKey(key), checkCounter(counterBlock))
  }

  update (bytes: Uint8Array): Uint8Array {
    if (this.#cipher === undefined) throw cryptoError('ERR_CRYPTO_DESTROYED')
    return plain(this.#cipher.update(bytes))
  }

  destroy (): void {
    this.#cipher = undefined
  }
}

// the length is needed by CCM alone, but the types of ChaCha20-Poly1305 ask for it
const NO_OPTIONS = { plaintextLength: 0 }

const NO_PIECES: readonly Uint8Array[] = []

/** Ciphertext pieces and the tag, which may lie across pieces. */
function splitTag (sealed: readonly Uint8Array[]): { body: readonly Uint8Array[], tag: Uint8Array } {
  const [only] = sealed
  if (sealed.length === 1 && only !== undefined && only.byteLength >= TAG_BYTES) {
    const end = only.byteLength - TAG_BYTES
    return end === 0 ? { body: NO_PIECES, tag: only } : { body: [only.subarray(0, end)], tag: only.subarray(end) }
  }
  const body = sealed.slice()
  const last = body.pop()
  if (last !== undefined && last.byteLength >= TAG_BYTES) {
    const end = last.byteLength - TAG_BYTES
    if (end > 0) body.push(last.subarray(0, end))
    return { body, tag: end === 0 ? last : last.subarray(end) }
  }
  if (last !== undefined) body.push(last)
  const tag = new Uint8Array(TAG_BYTES)
  let missing = TAG_BYTES
  while (missing > 0) {
    const piece = body.pop()
    if (piece === undefined) throw cryptoError('ERR_CRYPTO_AUTH', 'shorter than a tag')
    const cut = Math.max(piece.byteLength - missing, 0)
    missing -= piece.byteLength - cut
    tag.set(piece.subarray(cut), missing)
    if (cut > 0) body.push(piece.subarray(0, cut))
  }
  return { body, tag }
}

/** The backend over node:crypto. */
export const crypto: Crypto = {
  backend: 'node',
  randomBytes: length => plain(randomBytes(checkDraw(length))),
  sha256,
  aesGcm: key => new NodeAead(AES_GCM, key),
  bulkAesGcm: key => new NodeAead(AES_GCM, key),
  chachaPoly: key => new NodeAead(CHACHA_POLY, key),
  x25519: nodeAgreementKey,
  ed25519: nodeSigningKey,
  verifyEd25519: nodeVerifyEd25519,
  equal: (a, b) => a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/**
 * AES-256-CTR (NIST SP 800-38A), 32-byte key, from a 16-byte counter block on, both copied. The whole block counts
 * as one big-endian number. It authenticates nothing, and no key and counter block may be used twice.
 *
 * @throws ERR_CRYPTO_KEY, ERR_CRYPTO_COUNTER
 */
export function aesCtr (key: Uint8Array, counterBlock: Uint8Array): StreamCipher {
  return new NodeStreamCipher(key, counterBlock)
}
