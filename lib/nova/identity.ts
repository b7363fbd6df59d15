import { stampUuid, UUID_BYTES, type Uuid } from '../bytes/index.js'
import { checkKey, crypto, hkdf, KEY_BYTES, SIGNATURE_BYTES, wipe, type AgreementKey, type SigningKey } from '../crypto/index.js'
import { isObject, join, streamError } from '../stream/index.js'
import { identityError } from './identity-errors.js'

/** Bytes of a proof: the identity key (32), then its signature of the static key (64). */
export const PROOF_BYTES = KEY_BYTES + SIGNATURE_BYTES
/** Bytes of a stored identity: version (1, always 1), Ed25519 seed (32), X25519 private key (32). */
export const STORED_IDENTITY_BYTES = 1 + 2 * KEY_BYTES

const STORED_VERSION = 1
const ascii = new TextEncoder()
/** What an identity signs is this, then its static key: a signature for anything else cannot be taken for it. */
const PROOF_LABEL = ascii.encode('hushwire/static/1')
const SEED_LABEL = ascii.encode('hushwire/static/1 from seed')

/** Who the other side of a handshake has proved to be. */
export interface Peer {
  /** UUIDv8 made from the public key, see {@link idOf}. */
  readonly id: Uuid
  /** Its Ed25519 identity key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The X25519 static key that it used, 32 bytes, signed by the identity key. */
  readonly staticKey: Uint8Array
  /** What showed so, for others to check with {@link verifyProof}: {@link PROOF_BYTES} bytes, no secret. */
  readonly proof: Uint8Array
}

/**
 * An identity with its private keys: an Ed25519 key, which the UUID is made from, and an X25519 static key for
 * handshakes, which the Ed25519 key has signed.
 */
export interface Identity {
  /** UUIDv8 made from the public key, see {@link idOf}. */
  readonly id: Uuid
  /** The Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The X25519 key for Noise. */
  readonly staticKey: AgreementKey
  /** What shows a peer that the static key is this identity's: {@link PROOF_BYTES} bytes, no secret. */
  readonly proof: Uint8Array
  /**
   * Signs with the Ed25519 key. The message must begin with a label of its own, so that no signature can be taken
   * for one of another purpose; `hushwire/` is kept for hushwire.
   *
   * @returns the signature, 64 bytes
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  sign(...message: readonly Uint8Array[]): Uint8Array
  /**
   * Both private keys for {@link importIdentity}, {@link STORED_IDENTITY_BYTES} bytes in the clear: the caller's to
   * encrypt, to store and to wipe.
   *
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  exportPrivate(): Uint8Array
  /** Wipes both private keys; `id`, `publicKey` and `proof` stay. */
  destroy(): void
}

/** True for what can be an {@link Identity}: one of {@link createIdentity}, or one of the caller's own with all its members. */
export function isIdentity (value: unknown): value is Identity {
  const { id, publicKey, proof, staticKey, sign }: Partial<Record<keyof Identity, unknown>> = isObject(value) ? value : {}
  return [id, publicKey, proof].every(bytes => bytes instanceof Uint8Array) && isObject(staticKey) && typeof sign === 'function'
}

/** @throws ERR_ARGUMENT unless it is an identity */
export function checkIdentity (identity: Identity): void {
  if (!isIdentity(identity)) throw streamError('ERR_ARGUMENT', 'an identity is what createIdentity or importIdentity gives')
}

/**
 * A new identity with random keys.
 *
 * @example
 * ```ts
 * import { createIdentity, importIdentity } from 'hushwire/nova'
 * import { wipe } from 'hushwire/crypto'
 *
 * const identity = createIdentity()
 * const stored = identity.exportPrivate() // 65 secret bytes
 * const again = importIdentity(stored)
 * wipe(stored)
 * ```
 */
export function createIdentity (): Identity {
  return new KeyedIdentity(crypto.ed25519(), crypto.x25519())
}

/**
 * The identity of a 32-byte Ed25519 seed (copied). Its static key is derived from the seed: HKDF-SHA256 with the
 * seed as secret, no salt, and info `hushwire/static/1 from seed`. One seed gives one identity, everywhere.
 *
 * @throws ERR_CRYPTO_KEY when the seed is not 32 bytes
 */
export function identityFromSeed (seed: Uint8Array): Identity {
  const signer = crypto.ed25519(seed)
  const raw = hkdf(crypto.sha256, seed, new Uint8Array(0), SEED_LABEL, KEY_BYTES)
  const staticKey = crypto.x25519(raw)
  wipe(raw)
  return new KeyedIdentity(signer, staticKey)
}

/**
 * The identity that {@link Identity.exportPrivate} wrote. The bytes are copied.
 *
 * @throws ERR_IDENTITY_STORED when they have another length or version
 */
export function importIdentity (stored: Uint8Array): Identity {
  if (!(stored instanceof Uint8Array)) throw identityError('ERR_IDENTITY_STORED', 'not a Uint8Array')
  if (stored.byteLength !== STORED_IDENTITY_BYTES) throw identityError('ERR_IDENTITY_STORED', `${stored.byteLength} bytes instead of ${STORED_IDENTITY_BYTES}`)
  if (stored[0] !== STORED_VERSION) throw identityError('ERR_IDENTITY_STORED', 'of another version')
  return new KeyedIdentity(crypto.ed25519(stored.subarray(1, 1 + KEY_BYTES)), crypto.x25519(stored.subarray(1 + KEY_BYTES)))
}

/**
 * The UUID of an identity key: the first 16 bytes of SHA-256(public key) with the bits of version 8 and the variant,
 * so that nobody can claim an id with another key.
 *
 * @returns a new array, the caller's
 * @throws ERR_CRYPTO_KEY when the key is not 32 bytes
 */
export function idOf (publicKey: Uint8Array): Uuid {
  return stampUuid(crypto.sha256.digest(checkKey(publicKey)).slice(0, UUID_BYTES), 8)
}

/**
 * Checks what a peer sent about itself in a handshake.
 *
 * @param staticKey - the X25519 key that the handshake has authenticated, never one that was only claimed
 * @param proof - identity key (32) | signature (64)
 * @returns who it is, in arrays of its own; whether it is welcome, {@link checkPeer} asks
 * @throws ERR_IDENTITY_PROOF when the length or the signature is wrong
 */
export function verifyProof (staticKey: Uint8Array, proof: Uint8Array): Peer {
  if (proof.byteLength !== PROOF_BYTES || staticKey.byteLength !== KEY_BYTES) throw identityError('ERR_IDENTITY_PROOF', 'wrong length')
  const publicKey = proof.subarray(0, KEY_BYTES)
  if (!crypto.verifyEd25519(publicKey, proof.subarray(KEY_BYTES), PROOF_LABEL, staticKey)) throw identityError('ERR_IDENTITY_PROOF', 'the signature does not fit')
  return peerOf(join([proof, idOf(publicKey), staticKey]))
}

/** A peer in one piece of memory, a quarter of what it would take in four: a server has one for each connection. */
function peerOf (bytes: Uint8Array): Peer {
  const idAt = PROOF_BYTES
  const staticAt = idAt + UUID_BYTES
  return { id: bytes.subarray(idAt, staticAt), publicKey: bytes.subarray(0, KEY_BYTES), staticKey: bytes.subarray(staticAt), proof: bytes.subarray(0, PROOF_BYTES) }
}

class KeyedIdentity implements Identity {
  readonly id: Uuid
  readonly publicKey: Uint8Array
  readonly staticKey: AgreementKey
  readonly proof: Uint8Array
  readonly #signer: SigningKey

  constructor (signer: SigningKey, staticKey: AgreementKey) {
    this.#signer = signer
    this.staticKey = staticKey
    this.publicKey = signer.publicKey
    this.id = idOf(signer.publicKey)
    this.proof = join([signer.publicKey, signer.sign(PROOF_LABEL, staticKey.publicKey)])
  }

  sign (...message: readonly Uint8Array[]): Uint8Array {
    return this.#signer.sign(...message)
  }

  exportPrivate (): Uint8Array {
    const seed = this.#signer.exportPrivate()
    const agreement = this.staticKey.exportPrivate()
    const stored = join([Uint8Array.of(STORED_VERSION), seed, agreement])
    wipe(seed, agreement)
    return stored
  }

  destroy (): void {
    this.#signer.destroy()
    this.staticKey.destroy()
  }
}
