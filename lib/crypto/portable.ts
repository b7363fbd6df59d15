import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { whole } from '../stream/index.js'
import { cryptoError } from './errors.js'
import type { Aead, Crypto, StreamCipher } from './interface.js'
import { checkDraw, checkKey, checkNonce, RawKey, TAG_BYTES } from './keys.js'
import { PortableBulkAead } from './portable-bulk.js'
import { PortableStreamCipher } from './portable-ctr.js'
import { sha256 } from './portable-hashes.js'
import { portableAgreementKey, portableSigningKey, portableVerifyEd25519 } from './portable-keys.js'

/** What noble calls a cipher: one object for one message. */
type NobleAead = (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array) => {
  encrypt(plaintext: Uint8Array): Uint8Array
  decrypt(sealed: Uint8Array): Uint8Array
}

/** An AEAD of noble. It works on one piece, so pieces are joined. */
class PortableAead implements Aead {
  readonly #cipher: NobleAead
  readonly #key: RawKey

  constructor (cipher: NobleAead, key: Uint8Array) {
    this.#cipher = cipher
    this.#key = new RawKey(new Uint8Array(checkKey(key)))
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[]): Uint8Array[] {
    return [this.#cipher(this.#key.bytes, checkNonce(nonce), additionalData).encrypt(whole(plaintext))]
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, sealed: readonly Uint8Array[]): Uint8Array[] {
    const cipher = this.#cipher(this.#key.bytes, checkNonce(nonce), additionalData)
    const bytes = whole(sealed)
    if (bytes.byteLength < TAG_BYTES) throw cryptoError('ERR_CRYPTO_AUTH', 'shorter than a tag')
    let opened: Uint8Array
    try {
      opened = cipher.decrypt(bytes)
    } catch {
      // lengths were checked: noble fails for the tag alone
      throw cryptoError('ERR_CRYPTO_AUTH')
    }
    return opened.byteLength === 0 ? [] : [opened]
  }

  destroy (): void {
    this.#key.destroy()
  }
}

/** What getRandomValues gives at a time. */
const DRAW_BYTES = 65_536

function randomBytes (length: number): Uint8Array {
  const bytes = new Uint8Array(checkDraw(length))
  for (let at = 0; at < length; at += DRAW_BYTES) globalThis.crypto.getRandomValues(bytes.subarray(at, at + DRAW_BYTES))
  return bytes
}

function equal (a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  let difference = 0
  for (let at = 0; at < a.byteLength; at++) difference |= (a[at] as number) ^ (b[at] as number)
  return difference === 0
}

const aesGcm = (key: Uint8Array): Aead => new PortableAead(gcm, key)

/** The backend over noble, and WebCrypto for large pieces where there is one: no module of Node. */
export const crypto: Crypto = {
  backend: 'portable',
  randomBytes,
  sha256,
  aesGcm,
  bulkAesGcm: key => new PortableBulkAead(aesGcm(key), key, (globalThis as { crypto?: { subtle?: SubtleCrypto } }).crypto?.subtle),
  chachaPoly: key => new PortableAead(chacha20poly1305, key),
  x25519: portableAgreementKey,
  ed25519: portableSigningKey,
  verifyEd25519: portableVerifyEd25519,
  equal
}

/**
 * AES-256-CTR (NIST SP 800-38A), 32-byte key, from a 16-byte counter block on, both copied. The whole block counts
 * as one big-endian number. It authenticates nothing, and no key and counter block may be used twice.
 *
 * @throws ERR_CRYPTO_KEY, ERR_CRYPTO_COUNTER
 */
export function aesCtr (key: Uint8Array, counterBlock: Uint8Array): StreamCipher {
  return new PortableStreamCipher(key, counterBlock)
}
