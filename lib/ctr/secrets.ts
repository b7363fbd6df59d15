import { COUNTER_BYTES, crypto, hkdf, KEY_BYTES } from '../crypto/index.js'
import { ctrError } from './errors.js'

/** Bytes of a half: key (32) | counter block (16) | MAC state (32). */
export const HALF_BYTES = 80
/** Bytes of a shared block: the top half, then the bottom half. */
export const BLOCK_BYTES = 160
/** Bytes that each side sends of a connection's nonce. */
export const NONCE_BYTES = 32
/** The shortest secret that is taken. */
export const MIN_SECRET_BYTES = 32

/** Which half a party sends with: it receives with the other one. */
export type CtrRole = 'top' | 'bottom'

const ascii = new TextEncoder()
const SHARED_INFO = ascii.encode('ctr shared block')
const CONNECTION_INFO = ascii.encode('ctr connection block')
const ROTATE_INFO = ascii.encode('ctr rotate')
const NOTHING = new Uint8Array(0)

/**
 * The shared block of a secret (ctr.md, Secrets): the secret itself where it has 160 bytes, else derived from it. It is
 * good for **one** connection; {@link connectionBlock} makes one for each.
 *
 * @param secret - 32 bytes of good randomness or more
 * @returns 160 bytes, new, the caller's to wipe
 * @throws ERR_CTR_SECRET
 */
export function sharedBlock (secret: Uint8Array): Uint8Array {
  checkSecret(secret)
  return secret.byteLength === BLOCK_BYTES ? new Uint8Array(secret) : hkdf(crypto.sha256, secret, NOTHING, SHARED_INFO, BLOCK_BYTES)
}

/**
 * The block of one connection, from the secret and what both sides have sent (ctr.md, Secrets).
 *
 * @param nonces - 32 bytes of each side
 * @returns 160 bytes, new, the caller's to wipe
 * @throws ERR_CTR_SECRET, ERR_CTR_NONCE
 */
export function connectionBlock (secret: Uint8Array, nonces: { readonly top: Uint8Array, readonly bottom: Uint8Array }): Uint8Array {
  checkSecret(secret)
  const salt = new Uint8Array(2 * NONCE_BYTES)
  salt.set(checkNonce(nonces.top))
  salt.set(checkNonce(nonces.bottom), NONCE_BYTES)
  return hkdf(crypto.sha256, secret, salt, CONNECTION_INFO, BLOCK_BYTES)
}

/**
 * The half that comes after this one.
 *
 * @param epoch - counts rotations of a direction, from 1
 * @returns 80 bytes, new, the caller's to wipe
 */
export function rotatedHalf (half: Uint8Array, epoch: number): Uint8Array {
  const info = new Uint8Array(ROTATE_INFO.byteLength + 4)
  info.set(ROTATE_INFO)
  new DataView(info.buffer).setUint32(ROTATE_INFO.byteLength, epoch)
  return hkdf(crypto.sha256, half, NOTHING, info, HALF_BYTES)
}

/** A half taken apart; views of it. */
export function partsOf (half: Uint8Array): { readonly key: Uint8Array, readonly counterBlock: Uint8Array, readonly macState: Uint8Array } {
  if (!(half instanceof Uint8Array)) throw ctrError('ERR_CTR_BLOCK', 'not a Uint8Array')
  if (half.byteLength !== HALF_BYTES) throw ctrError('ERR_CTR_BLOCK', `a half of ${half.byteLength} bytes`)
  return { key: half.subarray(0, KEY_BYTES), counterBlock: half.subarray(KEY_BYTES, KEY_BYTES + COUNTER_BYTES), macState: half.subarray(KEY_BYTES + COUNTER_BYTES) }
}

/** @throws ERR_CTR_SECRET when it is too short to be one */
export function checkSecret (secret: Uint8Array): void {
  // plain JavaScript may bring a password, which would be hashed as it is
  if (!(secret instanceof Uint8Array)) throw ctrError('ERR_CTR_SECRET', 'not a Uint8Array')
  if (secret.byteLength < MIN_SECRET_BYTES) throw ctrError('ERR_CTR_SECRET', `${secret.byteLength} bytes`)
}

/** The same bytes. @throws ERR_CTR_NONCE when they are not 32 */
export function checkNonce (nonce: Uint8Array): Uint8Array {
  if (!(nonce instanceof Uint8Array)) throw ctrError('ERR_CTR_NONCE', 'not a Uint8Array')
  if (nonce.byteLength !== NONCE_BYTES) throw ctrError('ERR_CTR_NONCE', `${nonce.byteLength} bytes`)
  return nonce
}

/** @throws ERR_CTR_OPTION when it is neither */
export function checkRole (role: CtrRole): void {
  if (role !== 'top' && role !== 'bottom') throw ctrError('ERR_CTR_OPTION', 'role is top or bottom')
}
