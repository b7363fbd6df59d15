import { createPrekey, exportPrekey, importPrekey, openMail, sealMail, STORED_PREKEY_BYTES, verifyPrekey, type Prekey, type PublicPrekey } from '../../../lib/nova/mail/index.js'
import { identityFromSeed, type Identity } from '../../../lib/nova/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { collectList } from '../../nova/session/support.js'
import type { Input } from '../input.js'
import type { Random } from '../random.js'
import { holds, same, type Target } from '../target.js'
import { CHUNK_CODES, EDGES, message, opened } from './session.js'

/** Who writes to whom, who meddles, and what mail is sealed to. */
interface Parties {
  readonly alice: Identity
  readonly bob: Identity
  readonly mallory: Identity
  readonly prekey: Prekey
}

let known: Parties | undefined

/** Made at the first input: randomness is not repeatable before. */
function parties (): Parties {
  if (known === undefined) {
    const [alice, bob, mallory] = [0, 1, 2].map(number => identityFromSeed(new Uint8Array(32).fill(number + 80))) as [Identity, Identity, Identity]
    known = { alice, bob, mallory, prekey: createPrekey(bob) }
  }
  return known
}

/** Mostly Alice; also Mallory in her name, with a proof of her own or with Alice's. */
function sender (random: Random): Identity {
  const { alice, mallory } = parties()
  if (random.nat(9) > 0) return alice
  const { publicKey, staticKey, sign, exportPrivate, destroy } = mallory
  return { id: alice.id, proof: random.pick([alice, mallory]).proof, publicKey, staticKey, sign, exportPrivate, destroy }
}

/** The body of mail: what stands before the chunks, and the chunks. */
export const body: Target = {
  name: 'nova.mail.body',
  backends: true,
  valid: random => {
    const { alice, bob, prekey } = parties()
    return collectList(sealMail(message(random), { identity: sender(random), prekey: verifyPrekey(bob.publicKey, prekey), route: { target: bob.id, source: alice.id, kind: 7n } }))
  },
  decode: async (input: Input) => {
    const { alice, bob, prekey } = parties()
    const mail = await openMail(input.source(), { keys: id => id[0] === prekey.id[0] ? prekey.keyPair : undefined, self: bob.id, from: alice.id, kind: 7n }, { maxInflated: 20_000 })
    same('the sender', mail.sender.publicKey, alice.publicKey)
    await opened(mail.message)
  },
  codes: [...CHUNK_CODES, 'ERR_SEALED_MAIL_VERSION', 'ERR_SEALED_MAIL_LENGTH', 'ERR_SEALED_MAIL_UNKNOWN_PREKEY', 'ERR_SEALED_MAIL_AUTH', 'ERR_SEALED_MAIL_PROOF', 'ERR_SEALED_MAIL_SENDER'],
  first: ['ERR_SESSION_EMPTY', 'ERR_SEALED_MAIL_VERSION', 'ERR_SEALED_MAIL_LENGTH', 'ERR_SEALED_MAIL_UNKNOWN_PREKEY'],
  edges: [192, ...EDGES],
  largest: bytes => 262_144 + 4 * bytes,
  total: bytes => 2 * 1_048_576 + 256 * bytes
}

/** A prekey as others get it, and one as it is stored. */
export const prekeys: Target = {
  name: 'nova.mail.prekey',
  backends: true,
  valid: random => {
    const prekey = createPrekey(parties().bob)
    return random.bool() ? join([Uint8Array.of(0), prekey.id, prekey.key, prekey.signature]) : join([Uint8Array.of(1), exportPrekey(prekey)])
  },
  decode: input => {
    const { chosen, rest } = input.choice(2)
    if (chosen === 0) {
      const prekey: PublicPrekey = { id: rest.subarray(0, 8), key: rest.subarray(8, 40), signature: rest.subarray(40) }
      const { id, key, owner } = verifyPrekey(parties().bob.publicKey, prekey)
      same('the prekey', join([id, key]), rest.subarray(0, 40))
      same('its owner', owner, parties().bob.id)
      return
    }
    const prekey = importPrekey(rest)
    holds('as long as it is', rest.byteLength === STORED_PREKEY_BYTES)
    same('written again', exportPrekey(prekey), rest)
  },
  codes: ['ERR_PREKEY_SIGNATURE', 'ERR_PREKEY_STORED'],
  first: ['ERR_PREKEY_STORED'],
  edges: [STORED_PREKEY_BYTES],
  largest: bytes => 4096 + bytes,
  total: () => 262_144
}
