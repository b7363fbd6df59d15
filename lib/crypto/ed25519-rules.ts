import { KEY_BYTES, SIGNATURE_BYTES } from './keys.js'

/*
 * What a strict verifier refuses before it computes anything. Backends decode points with different patience
 * (OpenSSL reduces y modulo p, and knows no small orders), so both ask here first.
 */

/** y of the five pairs of points whose order divides 8, little-endian and without the sign of x. */
const SMALL_ORDER: ReadonlyArray<readonly number[]> = [
  [0], // order 4
  [1], // order 1
  [0xec, ...Array<number>(30).fill(0xff), 0x7f], // order 2: p - 1
  [0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
  [0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a]
]

/**
 * True when a key and a signature (R | S) have their lengths, and the key and R are written as RFC 8032 section 5.1.3
 * asks, with y below p, and are not of small order: then a signature holds for one key and one message only, as
 * libsodium has it too. Negative zero as x needs no rule: x is zero only where the order is 1 or 2.
 */
export function isStrict (publicKey: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.byteLength === KEY_BYTES && signature.byteLength === SIGNATURE_BYTES && isStrictPoint(publicKey) && isStrictPoint(signature)
}

/** Looks at the first 32 bytes; whether there is such a point at all, the backend will see. */
function isStrictPoint (point: Uint8Array): boolean {
  return isCanonical(point) && !SMALL_ORDER.some(y => equalsUnsigned(point, y))
}

/** y is below p = 2^255 - 19, whose bytes are ed ff … ff 7f. */
function isCanonical (point: Uint8Array): boolean {
  if (((point[31] as number) & 0x7f) !== 0x7f || (point[0] as number) < 0xed) return true
  for (let at = 1; at < 31; at++) if (point[at] !== 0xff) return true
  return false
}

function equalsUnsigned (point: Uint8Array, y: readonly number[]): boolean {
  for (let at = 0; at < 31; at++) if (point[at] !== (y[at] ?? 0)) return false
  return ((point[31] as number) & 0x7f) === (y[31] ?? 0)
}
