import { compareUuid, type Uuid } from '../bytes/index.js'
import { checkKey, crypto } from '../crypto/index.js'
import { limitsOf, type MaybePromise } from '../stream/index.js'
import { identityError } from './identity-errors.js'
import type { Peer } from './identity.js'

/**
 * Decides whether a peer, whose identity is proved by then, is accepted. Anything but `true` refuses it; what it
 * throws ends the handshake as the cause.
 */
export type VerifyPeer = (peer: Peer) => boolean | Promise<boolean>

/** Where {@link trustOnFirstUse} keeps whom it has met. */
export interface TrustStore {
  /**
   * Puts the key under a name that has none yet, in one step that no other claim can come between, and gives the
   * key that the name has now (32 bytes). The store keeps a copy of its own.
   */
  claim(name: string, publicKey: Uint8Array): MaybePromise<Uint8Array>
}

/**
 * Accepts the peers with these identity keys (Ed25519, 32 bytes each, copied), and no others.
 *
 * @throws ERR_CRYPTO_KEY when one is not 32 bytes
 * @example
 * ```ts
 * import { createIdentity, pinned } from 'hushwire/nova'
 *
 * const server = createIdentity()
 * const verify = pinned(server.publicKey)
 * ```
 */
export function pinned (...publicKeys: readonly Uint8Array[]): VerifyPeer {
  const keys = publicKeys.map(key => new Uint8Array(checkKey(key)))
  return peer => keys.some(key => crypto.equal(key, peer.publicKey))
}

/**
 * Accepts the peers with these ids. The ids are gone through at every check, so that what is added to or taken from
 * a set of the caller's (not a generator, which would be empty at the second) counts from then on (connections that are there stay).
 *
 * @example
 * ```ts
 * import { allowlist, createIdentity } from 'hushwire/nova'
 *
 * const friends = new Set([createIdentity().id])
 * const verify = allowlist(friends)
 * friends.clear() // from now on it accepts nobody
 * ```
 */
export function allowlist (ids: Iterable<Uuid>): VerifyPeer {
  return peer => {
    for (const id of ids) if (compareUuid(id, peer.id) === 0) return true
    return false
  }
}

/**
 * Accepts whoever answers first under a name, and from then on nobody else under that name.
 *
 * @param name - what the caller knows the peer by, such as the address that it dials; the default is one name for
 * the whole store
 * @example
 * ```ts
 * import { memoryTrust, trustOnFirstUse } from 'hushwire/nova'
 *
 * const store = memoryTrust()
 * const verify = trustOnFirstUse(store, 'relay.example:7000')
 * ```
 */
export function trustOnFirstUse (store: TrustStore, name = ''): VerifyPeer {
  return async peer => crypto.equal(await store.claim(name, peer.publicKey), peer.publicKey)
}

/** The limits of {@link memoryTrust} and their defaults. */
const TRUST_LIMITS = {
  /** Names that it holds. */
  maxNames: 65_536
} as const

/**
 * A {@link TrustStore} that lives as long as the process.
 *
 * @param options - `maxNames`: how many names it holds, 65,536 by default; a new name beyond them is refused with ERR_IDENTITY_REFUSED
 * @throws ERR_LIMIT_OPTION
 */
export function memoryTrust (options: { maxNames?: number } = {}): TrustStore {
  const { maxNames } = limitsOf(TRUST_LIMITS, options)
  const keys = new Map<string, Uint8Array>()
  return {
    claim (name, publicKey) {
      const known = keys.get(name)
      if (known !== undefined) return known
      if (keys.size >= maxNames) throw identityError('ERR_IDENTITY_REFUSED', 'the store of trusted names is full')
      const key = new Uint8Array(publicKey)
      keys.set(name, key)
      return key
    }
  }
}

/**
 * Asks the callback and gives the peer back when it is accepted.
 *
 * @throws ERR_IDENTITY_REFUSED when it is not; whatever the callback throws
 */
export async function checkPeer (verify: VerifyPeer, peer: Peer): Promise<Peer> {
  // unknown, and compared with true: a callback in JavaScript that gives something else must not let everybody in
  const verdict: unknown = await verify(peer)
  if (verdict !== true) throw identityError('ERR_IDENTITY_REFUSED')
  return peer
}
