import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { plain, whole } from '../stream/index.js'
import { isStrict } from './ed25519-rules.js'
import { cryptoError } from './errors.js'
import type { AgreementKey, SigningKey } from './interface.js'
import { checkKey, KEY_BYTES, wipe } from './keys.js'

type Curve = 'X25519' | 'Ed25519'

/** What DER (RFC 8410, PKCS #8) writes before the 32 private bytes. */
const PKCS8_PREFIX: Readonly<Record<Curve, Uint8Array>> = {
  X25519: Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20),
  Ed25519: Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)
}

/** The base point of X25519: what a private key agrees on with it is its public key. */
const BASE_POINT = importPublic('X25519', Uint8Array.of(9, ...new Uint8Array(31)))

/**
 * A private key in OpenSSL's hands, until it is destroyed. No raw copy is kept; the KeyObject cannot be wiped from
 * JavaScript, OpenSSL clears it when it is collected.
 */
class PrivateKey {
  #key: KeyObject | undefined

  constructor (key: KeyObject) {
    this.#key = key
  }

  get key (): KeyObject {
    if (this.#key === undefined) throw cryptoError('ERR_CRYPTO_DESTROYED')
    return this.#key
  }

  exportPrivate (): Uint8Array {
    // DER and not JWK: exporting JWK can deadlock Node 20, and strings cannot be wiped
    const der = this.key.export({ type: 'pkcs8', format: 'der' })
    const raw = new Uint8Array(der.subarray(-KEY_BYTES))
    wipe(der)
    return raw
  }

  destroy (): void {
    this.#key = undefined
  }
}

class NodeAgreementKey extends PrivateKey implements AgreementKey {
  readonly publicKey: Uint8Array

  constructor (key: KeyObject) {
    super(key)
    // half the price of encoding it as DER on Node 20
    this.publicKey = plain(diffieHellman({ privateKey: key, publicKey: BASE_POINT }))
  }

  agree (peerPublicKey: Uint8Array): Uint8Array {
    const privateKey = this.key
    const publicKey = importPublic('X25519', checkKey(peerPublicKey))
    try {
      return plain(diffieHellman({ privateKey, publicKey }))
    } catch {
      // both keys are well formed: OpenSSL fails for an all-zero secret alone
      throw cryptoError('ERR_CRYPTO_LOW_ORDER')
    }
  }
}

class NodeSigningKey extends PrivateKey implements SigningKey {
  readonly publicKey: Uint8Array

  constructor (key: KeyObject) {
    super(key)
    this.publicKey = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES))
  }

  sign (...message: readonly Uint8Array[]): Uint8Array {
    return plain(sign(null, whole(message), this.key))
  }
}

/** {@link Crypto.x25519} over node:crypto. */
export function nodeAgreementKey (privateKey?: Uint8Array): AgreementKey {
  return new NodeAgreementKey(privateKey === undefined ? generateKeyPairSync('x25519').privateKey : importPrivate('X25519', privateKey))
}

/** {@link Crypto.ed25519} over node:crypto. */
export function nodeSigningKey (seed?: Uint8Array): SigningKey {
  return new NodeSigningKey(seed === undefined ? generateKeyPairSync('ed25519').privateKey : importPrivate('Ed25519', seed))
}

/**
 * {@link Crypto.verifyEd25519} over node:crypto. OpenSSL refuses S from L up and compares R as bytes, so R has one
 * encoding; it checks `[S]B = R + [k]A` without the cofactor.
 */
export function nodeVerifyEd25519 (publicKey: Uint8Array, signature: Uint8Array, ...message: readonly Uint8Array[]): boolean {
  if (!isStrict(publicKey, signature)) return false
  return verify(null, whole(message), importPublic('Ed25519', publicKey), signature)
}

function importPrivate (curve: Curve, raw: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_PREFIX[curve], checkKey(raw)])
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } finally {
    wipe(der)
  }
}

/** By JWK, which is many times faster than DER on Node 20. */
function importPublic (curve: Curve, raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x }, format: 'jwk' })
}
