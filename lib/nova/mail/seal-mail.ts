import type { Uint8ArrayList } from 'uint8arraylist'
import { checkUuid, equalUuid } from '../../bytes/index.js'
import { checkExpected, checkOptionsObject, OBJECT, type Expected } from '../../stream/index.js'
import { isIdentity, type Identity } from '../identity.js'
import { sealBody, type MessageSource, type SealOptions } from '../session/body.js'
import type { MessageRoute } from '../session/hardened-body.js'
import { encodeMailHeader, mailCipher, mailHandshake } from './envelope.js'
import { sealedMailError } from './errors.js'
import { VerifiedPrekey } from './prekey.js'

const PARTIES: Readonly<Record<string, Expected>> = { identity: [isIdentity, 'what createIdentity or importIdentity gives'], route: OBJECT }

/** Who seals mail to whom. */
export interface SealMailParties {
  /** The sender, that is us; it stays the caller's. */
  readonly identity: Identity
  /** The recipient's prekey, see `verifyPrekey`. */
  readonly prekey: VerifiedPrekey
  /** The recipient's id, ours, and the kind: what the mail will travel with, and is bound to. */
  readonly route: MessageRoute
}

/**
 * Seals a message as mail (nova.md, Mail) for a peer that is away, as it is read: zlib's window, 256 KiB that are gathered
 * and one chunk are all that is held. Nothing is sealed before the first read; a source that is sealed twice gives two
 * different bodies. What comes out is the reader's.
 *
 * @throws ERR_ARGUMENT, ERR_PREKEY_UNVERIFIED, ERR_UUID, ERR_SEALED_MAIL_ROUTE, ERR_ZLIB_LEVEL at once; then ERR_ARGUMENT when an item is no bytes, ERR_NOISE_LOW_ORDER when the
 *   recipient has signed a point of low order, ERR_CRYPTO_DESTROYED when the identity was, ERR_SESSION_TOO_LONG, and what the source throws
 * @example
 * ```ts runnable
 * import { createIdentity } from 'hushwire/nova'
 * import { createPrekey, openMailBytes, sealMail, verifyPrekey } from 'hushwire/nova/mail'
 *
 * const [alice, bob] = [createIdentity(), createIdentity()]
 * const prekey = createPrekey(bob)
 * const route = { target: bob.id, source: alice.id, kind: 1n }
 * const mail = sealMail([new TextEncoder().encode('hello')], { identity: alice, prekey: verifyPrekey(bob.publicKey, prekey), route })
 *
 * const { bytes } = await openMailBytes(mail, { keys: () => prekey.keyPair, self: bob.id, from: alice.id, kind: 1n })
 * console.log(new TextDecoder().decode(bytes)) // hello
 * ```
 */
export function sealMail (source: MessageSource, parties: SealMailParties, options: SealOptions = {}): AsyncIterableIterator<Uint8ArrayList> {
  checkOptionsObject(options)
  checkExpected(parties, PARTIES, ['identity', 'route'])
  const { identity, prekey, route } = parties
  // a class of ours, so that a prekey that nobody has looked at is no mistake of types alone
  if (!(prekey instanceof VerifiedPrekey)) throw sealedMailError('ERR_PREKEY_UNVERIFIED')
  if (!equalUuid(checkUuid(route.target), prekey.owner)) throw sealedMailError('ERR_SEALED_MAIL_ROUTE', 'the prekey is not of the target')
  if (!equalUuid(checkUuid(route.source), identity.id)) throw sealedMailError('ERR_SEALED_MAIL_ROUTE', 'the source is not the identity')
  const handshake = mailHandshake({ role: 'initiator', staticKey: identity.staticKey, remoteStatic: prekey.key, payload: () => identity.proof }, route)
  return sealBody(source, () => {
    const header = encodeMailHeader({ prekeyId: prekey.id, message: handshake.write() })
    const cipher = mailCipher(handshake, header)
    return { header, cipher, release: () => { cipher.aead.destroy() } }
  }, options)
}
