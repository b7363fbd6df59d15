import type { AgreementKey } from '../../../lib/crypto/index.js'
import { createIdentity, type Identity, type MessageSource, type OpenOptions, type SealOptions } from '../../../lib/nova/index.js'
import { createPrekey, MAIL_HEADER_BYTES, openMail, sealMail, verifyPrekey, type OpenMailEnvelope, type Prekey } from '../../../lib/nova/mail/index.js'
import { leave, type Bytes } from '../../../lib/stream/index.js'
import { chunksOf, collectList } from '../session/support.js'
import { sealByHand, type HandSealed } from './by-hand.js'

/** Two who write to each other, and a prekey of the second. */
export interface Pair {
  readonly alice: Identity
  readonly bob: Identity
  readonly prekey: Prekey
  readonly route: { readonly target: Uint8Array, readonly source: Uint8Array, readonly kind: bigint }
  readonly envelope: OpenMailEnvelope
}

export function pairOf (alice = createIdentity(), bob = createIdentity(), kind = 7n): Pair {
  const prekey = createPrekey(bob)
  const keys = (id: Uint8Array): AgreementKey | undefined => Buffer.compare(id, prekey.id) === 0 ? prekey.keyPair : undefined
  return { alice, bob, prekey, route: { target: bob.id, source: alice.id, kind }, envelope: { keys, self: bob.id, from: alice.id, kind } }
}

export async function sealed ({ alice, bob, prekey, route }: Pair, message: MessageSource, options?: SealOptions): Promise<Uint8Array> {
  return collectList(sealMail(message, { identity: alice, prekey: verifyPrekey(bob.publicKey, prekey), route }, options))
}

/** The content of mail as it comes. */
export async function * opened ({ envelope }: Pick<Pair, 'envelope'>, source: AsyncIterable<Bytes>, options?: OpenOptions): AsyncGenerator<Uint8Array, void> {
  const { message } = await openMail(source, envelope, options)
  try {
    yield * message
  } finally {
    leave(message)
  }
}

/** Header and chunks. */
export function partsOf (body: Uint8Array): Uint8Array[] {
  return [body.subarray(0, MAIL_HEADER_BYTES), ...chunksOf(body, MAIL_HEADER_BYTES).map(({ start, end }) => body.subarray(start, end))]
}

/** Mail of the pair with node:crypto alone. */
export function byHand ({ alice, prekey, route }: Pair, chunks: readonly Uint8Array[], changes: Partial<HandSealed> = {}): Uint8Array {
  const ephemeral = keysOf(createPrekey(alice).keyPair)
  return new Uint8Array(sealByHand({ ...route, prekeyId: prekey.id, prekey: prekey.key, ephemeral, sender: keysOf(alice.staticKey), payload: alice.proof, chunks, ...changes }))
}

export function keysOf (pair: AgreementKey): { privateKey: Uint8Array, publicKey: Uint8Array } {
  return { privateKey: pair.exportPrivate(), publicKey: pair.publicKey }
}

/** A source that notes how it is used; it stalls where its pieces are over and `stall` says so. */
export function watched (pieces: readonly Uint8Array[], stall = false): { source: AsyncIterable<Uint8Array>, seen: { reads: number, returned: number } } {
  const seen = { reads: 0, returned: 0 }
  const left = [...pieces]
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      seen.reads++
      const value = left.shift()
      if (value === undefined) return stall ? new Promise(() => {}) : Promise.resolve({ value, done: true })
      return Promise.resolve({ value, done: false })
    },
    return: () => {
      seen.returned++
      return Promise.resolve({ value: undefined, done: true })
    }
  }
  return { source: { [Symbol.asyncIterator]: () => iterator }, seen }
}
