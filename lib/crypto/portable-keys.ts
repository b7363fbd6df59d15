import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { join, whole } from '../stream/index.js'
import { isStrict } from './ed25519-rules.js'
import { cryptoError } from './errors.js'
import type { AgreementKey, SigningKey } from './interface.js'
import { checkKey, KEY_BYTES, RawKey } from './keys.js'

const { Point } = ed25519

class PortableAgreementKey implements AgreementKey {
  readonly publicKey: Uint8Array
  readonly #key: RawKey

  constructor (raw: Uint8Array) {
    this.#key = new RawKey(raw)
    this.publicKey = x25519.getPublicKey(raw)
  }

  agree (peerPublicKey: Uint8Array): Uint8Array {
    const raw = this.#key.bytes
    checkKey(peerPublicKey)
    try {
      return x25519.getSharedSecret(raw, peerPublicKey)
    } catch {
      // lengths were checked: noble fails for an all-zero secret alone
      throw cryptoError('ERR_CRYPTO_LOW_ORDER')
    }
  }

  exportPrivate (): Uint8Array {
    return this.#key.bytes.slice()
  }

  destroy (): void {
    this.#key.destroy()
  }
}

class PortableSigningKey implements SigningKey {
  readonly publicKey: Uint8Array
  readonly #seed: RawKey

  constructor (seed: Uint8Array) {
    this.#seed = new RawKey(seed)
    this.publicKey = ed25519.getPublicKey(seed)
  }

  sign (...message: readonly Uint8Array[]): Uint8Array {
    return ed25519.sign(whole(message), this.#seed.bytes)
  }

  exportPrivate (): Uint8Array {
    return this.#seed.bytes.slice()
  }

  destroy (): void {
    this.#seed.destroy()
  }
}

/** {@link Crypto.x25519} over noble. */
export function portableAgreementKey (privateKey?: Uint8Array): AgreementKey {
  return new PortableAgreementKey(privateKey === undefined ? x25519.utils.randomSecretKey() : new Uint8Array(checkKey(privateKey)))
}

/** {@link Crypto.ed25519} over noble. */
export function portableSigningKey (seed?: Uint8Array): SigningKey {
  return new PortableSigningKey(seed === undefined ? ed25519.utils.randomSecretKey() : new Uint8Array(checkKey(seed)))
}

/**
 * {@link Crypto.verifyEd25519} over noble's points. noble's own `verify` multiplies by the cofactor and OpenSSL does
 * not, and keys or R with a part of small order tell the two apart; RFC 8032 section 5.1.7 allows either. Here the
 * equation is OpenSSL's, so that one signature has one verdict everywhere.
 */
export function portableVerifyEd25519 (publicKey: Uint8Array, signature: Uint8Array, ...message: readonly Uint8Array[]): boolean {
  if (!isStrict(publicKey, signature)) return false
  const r = signature.subarray(0, KEY_BYTES)
  const s = littleEndian(signature.subarray(KEY_BYTES))
  if (!Point.Fn.isValid(s)) return false
  const key = pointOf(publicKey)
  if (key === undefined) return false
  const k = Point.Fn.create(littleEndian(sha512(join([r, publicKey, ...message]))))
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k)).toBytes()
  return expected.every((byte, at) => byte === r[at])
}

function pointOf (encoded: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(encoded)
  } catch {
    // half of all y have no x
    return undefined
  }
}

function littleEndian (bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = bytes.byteLength - 1; at >= 0; at--) value = value << 8n | BigInt(bytes[at] as number)
  return value
}
