import { checkKey, crypto } from '../crypto/index.js'
import type { MaybePromise } from '../stream/index.js'
import { noiseError } from './errors.js'

/**
 * Decides whether the other side is accepted, by its static key (32 bytes, a copy). Anything but `true` refuses it; what
 * it throws ends the handshake as the cause.
 */
export type VerifyStatic = (remoteStatic: Uint8Array) => MaybePromise<boolean>

/** Where {@link trustOnFirstUse} keeps whom it has met; the one of `hushwire/nova` fits. */
export interface TrustStore {
  /**
   * Puts the key under a name that has none yet, in one step that no other claim can come between, and gives the
   * key that the name has now (32 bytes). The store keeps a copy of its own.
   */
  claim(name: string, publicKey: Uint8Array): MaybePromise<Uint8Array>
}

/**
 * Accepts the other sides with these static keys (X25519, 32 bytes each, copied), and no others. They are compared in
 * constant time.
 *
 * @throws ERR_CRYPTO_KEY when one is not 32 bytes
 * @example
 * ```ts runnable
 * import { NoiseKeypair, pinned } from 'hushwire/noise'
 *
 * const server = new NoiseKeypair()
 * const verify = pinned(server.publicKey)
 * await verify(server.publicKey) // true
 * ```
 */
export function pinned (...publicKeys: readonly Uint8Array[]): VerifyStatic {
  const keys = publicKeys.map(key => new Uint8Array(checkKey(key)))
  return remoteStatic => keys.some(key => crypto.equal(key, remoteStatic))
}

/**
 * Accepts whoever answers first under a name, and from then on nobody else under that name.
 *
 * @param store - an object with `claim`; `memoryTrust()` of `hushwire/nova` is one that lives as long as the process
 * @param name - what the caller knows the other side by, such as the address that it dials
 * @example
 * ```ts runnable
 * import { trustOnFirstUse, type TrustStore } from 'hushwire/noise'
 *
 * const known = new Map<string, Uint8Array>()
 * const store: TrustStore = {
 *   claim (name, publicKey) {
 *     if (!known.has(name)) known.set(name, new Uint8Array(publicKey))
 *     return known.get(name) as Uint8Array
 *   }
 * }
 * const verify = trustOnFirstUse(store, 'box.example:7000')
 * await verify(new Uint8Array(32).fill(1)) // true, and from then on
 * await verify(new Uint8Array(32).fill(2)) // false
 * ```
 */
export function trustOnFirstUse (store: TrustStore, name: string): VerifyStatic {
  if (typeof (store as Partial<TrustStore> | undefined)?.claim !== 'function') throw noiseError('ERR_NOISE_OPTIONS', 'a trust store has a function claim, as memoryTrust() of hushwire/nova has')
  return async remoteStatic => crypto.equal(await store.claim(name, remoteStatic), remoteStatic)
}

/**
 * Asks the callback.
 *
 * @throws ERR_NOISE_REFUSED when the key is not accepted; whatever the callback throws
 */
export async function checkStatic (verify: VerifyStatic, remoteStatic: Uint8Array): Promise<void> {
  // unknown, and compared with true: a callback in JavaScript that gives something else must not let everybody in
  const verdict: unknown = await verify(new Uint8Array(remoteStatic))
  if (verdict !== true) throw noiseError('ERR_NOISE_REFUSED')
}
