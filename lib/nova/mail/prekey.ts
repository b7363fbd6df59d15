import type { Uuid } from '../../bytes/index.js'
import { crypto, KEY_BYTES, SIGNATURE_BYTES, wipe, type AgreementKey } from '../../crypto/index.js'
import { checkExpected, having, join, type Expected } from '../../stream/index.js'
import { checkIdentity, idOf, type Identity } from '../identity.js'
import { sealedMailError } from './errors.js'

/** Bytes of a prekey's name. */
export const PREKEY_ID_BYTES = 8
/** Bytes of a stored prekey: version (1, always 1), id (8), X25519 private key (32), signature (64). */
export const STORED_PREKEY_BYTES = 1 + PREKEY_ID_BYTES + KEY_BYTES + SIGNATURE_BYTES

const STORED_VERSION = 1
/** What an identity signs is this, then the id, then the key. */
const LABEL = new TextEncoder().encode('hushwire/prekey/1')

const BYTES: Expected = [value => value instanceof Uint8Array, 'a Uint8Array']
/** What is stored of a prekey. */
const STORABLE: Readonly<Record<string, Expected>> = { id: BYTES, keyPair: having('exportPrivate'), signature: BYTES }

/** A prekey as others get it: no secret. */
export interface PublicPrekey {
  /** Names it, 8 random bytes. */
  readonly id: Uint8Array
  /** The X25519 public key, 32 bytes. */
  readonly key: Uint8Array
  /** The owner's Ed25519 signature of id and key, 64 bytes. */
  readonly signature: Uint8Array
}

/** A prekey with its private half, as its owner has it. */
export interface Prekey extends PublicPrekey {
  /** The pair of `key`; the owner's to destroy. */
  readonly keyPair: AgreementKey
}

/**
 * A new prekey, signed by its owner. What others are to have of it is `id`, `key` and `signature`.
 *
 * @throws ERR_CRYPTO_DESTROYED when the identity was, ERR_ARGUMENT when it is none
 * @example
 * ```ts runnable
 * import { createIdentity } from 'hushwire/nova'
 * import { createPrekey, verifyPrekey } from 'hushwire/nova/mail'
 *
 * const bob = createIdentity()
 * const { id, key, signature } = createPrekey(bob)
 * console.log(verifyPrekey(bob.publicKey, { id, key, signature }).id.byteLength) // 8
 * ```
 */
export function createPrekey (identity: Identity): Prekey {
  checkIdentity(identity)
  const id = crypto.randomBytes(PREKEY_ID_BYTES)
  const keyPair = crypto.x25519()
  const key = keyPair.publicKey
  return { id, key, keyPair, signature: identity.sign(LABEL, id, key) }
}

/**
 * The prekey with its private half for {@link importPrekey}, {@link STORED_PREKEY_BYTES} bytes in the clear: the caller's to
 * encrypt, to store and to wipe.
 *
 * @throws ERR_CRYPTO_DESTROYED when its key pair was destroyed, ERR_ARGUMENT when it is no prekey
 */
export function exportPrekey (prekey: Prekey): Uint8Array {
  checkExpected(prekey, STORABLE, Object.keys(STORABLE))
  const { id, keyPair, signature } = prekey
  const raw = keyPair.exportPrivate()
  const stored = join([Uint8Array.of(STORED_VERSION), id, raw, signature])
  wipe(raw)
  return stored
}

/**
 * The prekey that {@link exportPrekey} wrote. The bytes are copied.
 *
 * @throws ERR_PREKEY_STORED when they have another length or version
 */
export function importPrekey (stored: Uint8Array): Prekey {
  if (!(stored instanceof Uint8Array)) throw sealedMailError('ERR_PREKEY_STORED', 'not a Uint8Array')
  if (stored.byteLength !== STORED_PREKEY_BYTES) throw sealedMailError('ERR_PREKEY_STORED', `${stored.byteLength} bytes instead of ${STORED_PREKEY_BYTES}`)
  if (stored[0] !== STORED_VERSION) throw sealedMailError('ERR_PREKEY_STORED', 'of another version')
  const keyAt = 1 + PREKEY_ID_BYTES
  const keyPair = crypto.x25519(stored.subarray(keyAt, keyAt + KEY_BYTES))
  return {
    id: new Uint8Array(stored.subarray(1, keyAt)),
    key: keyPair.publicKey,
    keyPair,
    signature: new Uint8Array(stored.subarray(keyAt + KEY_BYTES))
  }
}

/** A prekey of which it is sure whose it is; only {@link verifyPrekey} gives one, and mail is sealed to nothing else. */
export class VerifiedPrekey {
  /** Names it, 8 bytes. */
  readonly id: Uint8Array
  /** The X25519 public key, 32 bytes. */
  readonly key: Uint8Array
  /** The id of the identity that has signed it. */
  readonly owner: Uuid

  /** @internal */
  constructor (publicKey: Uint8Array, prekey: PublicPrekey) {
    const { id, key, signature } = { ...prekey }
    const bytes = [publicKey, id, key, signature].every(part => part instanceof Uint8Array)
    const fits = bytes && id.byteLength === PREKEY_ID_BYTES && key.byteLength === KEY_BYTES
    if (!fits || !crypto.verifyEd25519(publicKey, signature, LABEL, id, key)) throw sealedMailError('ERR_PREKEY_SIGNATURE')
    this.id = new Uint8Array(id)
    this.key = new Uint8Array(key)
    this.owner = idOf(publicKey)
  }
}

/**
 * Checks that an identity has signed a prekey, which may have come from anybody. It says nothing about how old it is, or
 * whether others have it too.
 *
 * @param publicKey - the Ed25519 key of who should own it, 32 bytes; the caller knows that it is the right one
 * @returns the prekey in arrays of its own
 * @throws ERR_PREKEY_SIGNATURE when a length or the signature is wrong
 */
export function verifyPrekey (publicKey: Uint8Array, prekey: PublicPrekey): VerifiedPrekey {
  return new VerifiedPrekey(publicKey, prekey)
}
