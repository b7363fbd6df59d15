import { randomUuid } from '../../../lib/bytes/index.js'
import { createIdentity, type Identity } from '../../../lib/nova/index.js'
import { sealMail, verifyPrekey } from '../../../lib/nova/mail/index.js'
import { connect, type Client, type ConnectOptions, type RejectedMail } from '../../../lib/relay/index.js'
import type { Asked, DeliveryHead, WirePrekey } from '../../../lib/relay/wire/index.js'
import { Channel, plain } from '../../../lib/stream/index.js'
import { memoryStore } from '../../../lib/store/index.js'
import { collect } from '../../support/sources.js'
import { FakeRelay, type Answers } from './fake-relay.js'
import { bytes, next, QUICK } from './support.js'

/** A client whose relay is the test. */
export interface Victim {
  readonly relay: FakeRelay
  readonly client: Client
  readonly identity: Identity
  readonly rejections: Channel<RejectedMail>
  /** Prekeys that it has published. */
  readonly prekeys: WirePrekey[]
}

/** Connects a client to a relay that answers as it is told. */
export async function victim (answers: Answers = {}, options: Partial<ConnectOptions> = {}): Promise<Victim> {
  const prekeys: WirePrekey[] = []
  const published = (publication: Asked<'publish'>): void => { for (const prekey of [...publication.oneTime, ...publication.lastResort]) prekeys.push({ id: prekey.id.slice(), key: prekey.key.slice(), signature: prekey.signature.slice() }) }
  const relay = new FakeRelay({ publish: ({ asked }) => { published(asked); return { prekeys: 8 } }, ...answers })
  const identity = createIdentity()
  const rejections = new Channel<RejectedMail>({ maxItems: Infinity, sizeOf: () => 0 })
  const client = await connect({
    url: 'ws://fake/', relay: relay.identity.publicKey, dial: relay.dial, identity, accept: 'anyone', store: memoryStore(), prekeyLimits: { oneTime: 8 },
    onRejected: mail => { void rejections.push(mail) }, ...options, limits: { ...QUICK, prekeyTries: 2, ...options.limits }
  })
  return { relay, client, identity, rejections, prekeys }
}

/** Mail as a sender seals it. */
export async function sealed ({ identity, prekeys }: Victim, from: Identity, words: string, at: number, kind = 1n): Promise<Uint8Array> {
  const prekey = verifyPrekey(identity.publicKey, prekeys[at] as WirePrekey)
  const body = sealMail([bytes(words)], { identity: from, prekey, route: { target: identity.id, source: from.id, kind } })
  return collect((async function * () { for await (const piece of body) yield plain(piece.slice()) })())
}

/** The head of a delivery as an honest relay would send it, but for what is changed. */
export function headOf (from: Identity, position: bigint, body: Uint8Array, more: Partial<DeliveryHead> = {}): DeliveryHead {
  return { position, id: randomUuid(), sender: from.id, kind: 1n, stored: 1n, length: BigInt(body.byteLength), ...more }
}

/** The code of the next message that was rejected. */
export async function rejectedCode (channel: Channel<RejectedMail>): Promise<string> {
  return ((await next(channel)).error as { code?: string }).code ?? ''
}
