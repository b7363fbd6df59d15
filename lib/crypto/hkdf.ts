import { join } from '../stream/index.js'
import { cryptoError } from './errors.js'
import type { Hash } from './interface.js'
import { wipe } from './keys.js'

/**
 * HKDF-Extract (RFC 5869 section 2.2): a pseudorandom key as long as the hash's digest, the caller's to wipe.
 *
 * @param salt - any length; empty is the same as a digest's length of zeros
 * @param secret - the input keying material, in any number of pieces
 */
export function hkdfExtract (hash: Hash, salt: Uint8Array, ...secret: readonly Uint8Array[]): Uint8Array {
  return hash.hmac(salt, ...secret)
}

/**
 * HKDF-Expand (RFC 5869 section 2.3): `length` bytes, the caller's to wipe.
 *
 * @param key - a pseudorandom key of at least a digest's length
 * @param info - what the bytes are for
 * @throws ERR_CRYPTO_LENGTH when `length` is not an integer from 0 to 255 digests
 */
export function hkdfExpand (hash: Hash, key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > 255 * hash.length) throw cryptoError('ERR_CRYPTO_LENGTH', 'HKDF gives at most 255 digests')
  const blocks: Uint8Array[] = []
  for (let count = 1; (count - 1) * hash.length < length; count++) {
    blocks.push(hash.hmac(key, blocks.at(-1) ?? NONE, info, Uint8Array.of(count)))
  }
  const joined = join(blocks)
  if (joined.byteLength === length) {
    wipe(...blocks)
    return joined
  }
  const derived = new Uint8Array(joined.subarray(0, length))
  wipe(joined, ...blocks)
  return derived
}

/**
 * HKDF (RFC 5869): extract, then expand. The bytes are the caller's to wipe.
 *
 * @param secret - the input keying material
 * @param length - bytes wanted
 * @throws ERR_CRYPTO_LENGTH when `length` is not an integer from 0 to 255 digests
 * @example
 * ```ts
 * import { crypto, hkdf } from 'hushwire/crypto'
 *
 * const ascii = new TextEncoder()
 * const secret = crypto.x25519().agree(crypto.x25519().publicKey)
 * const key = hkdf(crypto.sha256, secret, new Uint8Array(0), ascii.encode('docs/example/1'), 32)
 * console.log(key.byteLength) // 32
 * ```
 */
export function hkdf (hash: Hash, secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const key = hkdfExtract(hash, salt, secret)
  try {
    return hkdfExpand(hash, key, info, length)
  } finally {
    wipe(key)
  }
}

const NONE = new Uint8Array(0)
