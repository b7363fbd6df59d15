import { crypto } from '../../../lib/crypto/index.js'
import { encodeGreeting } from '../../../lib/nova/greeting.js'
import { encodeRelayError, HardenedHandshake, identityFromSeed, KIND, peers, sealHardenedBody, SendingKey, type PeerSession, type RoutedHeader, type PeersLink, type MessagePacket } from '../../../lib/nova/index.js'
import { NIL_UUID } from '../../../lib/bytes/index.js'
import { Channel, deferred, ignore, type Deferred } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { nextPacket } from '../../nova/support.js'
import { collectList } from '../../nova/session/support.js'
import { items } from '../../support/sources.js'
import type { Random } from '../random.js'
import { Violation, type Target } from '../target.js'

const [US, THEM, OTHER] = [identityFromSeed(new Uint8Array(32).fill(81)), identityFromSeed(new Uint8Array(32).fill(82)), identityFromSeed(new Uint8Array(32).fill(83))]
/** Who a packet can be from, and what kind it can be; a byte chooses. */
const FROM = [THEM.id, THEM.id, OTHER.id, NIL_UUID]
const KINDS = [KIND.handshake, KIND.handshake, 5n, KIND.confirm, KIND.error]
const MESSAGE_CODES = /^ERR_(SESSION|ZLIB|PEER|CLOSED)/

/** A packet as it lies in an input: from u8 | kind u8 | length u8 | body. */
function packet (from: number, kind: number, body: Uint8Array): Uint8Array {
  return join([Uint8Array.of(from, kind, body.byteLength), body])
}

/** A link in hand: what is to come is pushed, what is sent is kept. */
class HandLink implements PeersLink {
  readonly source = new Channel<MessagePacket>({ maxItems: Infinity, sizeOf: () => 0 })
  readonly sent = new Channel<Uint8Array>({ maxItems: Infinity, sizeOf: () => 0 })
  readonly #over: Deferred<void> = deferred({ handled: true })
  get closed (): Promise<void> { return this.#over.promise }
  async send (_header: RoutedHeader, body: unknown): Promise<void> { void this.sent.push(body as Uint8Array) }
  async close (): Promise<void> { this.#over.resolve() }
  abort (): void { this.#over.resolve() }

  /** The other side has said everything. */
  end (): void {
    this.source.end()
    this.#over.resolve()
  }
}

/** A peer that greets, is answered, and says something; a relay that says that somebody is not there. */
async function conversation (random: Random): Promise<Uint8Array> {
  const packets: Uint8Array[] = []
  const link = new HandLink()
  const theirs = new HardenedHandshake({ role: 'initiator', identity: THEM, verify: () => true, peer: US.id, pinnedStatic: random.nat(3) === 0 ? US.staticKey.publicKey : undefined })
  const attempt = random.bytes(8)
  const say = (from: number, kind: number, body: Uint8Array): void => {
    packets.push(packet(from, kind, body))
    link.source.push({ header: { source: FROM[from] as Uint8Array, target: US.id, kind: KINDS[kind] as bigint }, source: items(body) })?.catch(ignore)
  }
  const hub = peers(link, { identity: US, verify: () => true })
  say(0, 0, encodeGreeting({ step: 1, attempt, message: theirs.write() }))
  await theirs.read((await nextPacket(link.sent)).subarray(9))
  if (theirs.turn === 'write') say(0, 0, encodeGreeting({ step: 3, attempt, message: theirs.write() }))
  const key = new SendingKey(theirs.result().sealKey)
  for (let count = random.nat(3); count > 0; count--) {
    const kind = random.nat(1) + 2
    say(0, kind, await collectList(sealHardenedBody([random.bytes(random.nat(60))], key, { target: US.id, source: THEM.id, kind: KINDS[kind] as bigint })))
  }
  if (random.bool()) say(3, 4, encodeRelayError({ code: 1, target: random.bool() ? THEM.id : OTHER.id, kind: 5n, text: 'gone' }))
  link.end()
  await hub.closed
  return join(packets)
}

async function read (session: PeerSession): Promise<void> {
  for await (const message of session.messages) await message.bytes()
}

/** Everything that a link brings to the conversations with peers. Nothing of it may fail more than its own peer. */
export const hub: Target = {
  name: 'nova.peers',
  backends: true,
  valid: conversation,
  decode: async input => {
    // the peer has drawn the first key
    crypto.x25519()
    const link = new HandLink()
    const hub = peers(link, { identity: US, verify: () => true, limits: { maxMessages: 4, maxSessions: 2, maxIncoming: 2 } })
    const reading: Array<Promise<string>> = []
    const conversations = (async () => {
      for await (const session of hub.incoming) {
        reading.push(read(session).then(() => 'ERR_CLOSED', (error: unknown) => (error as { code?: string }).code ?? String(error)))
      }
    })()
    for (let at = 0; at < input.bytes.byteLength;) {
      const [from = 0, kind = 0, length = 0] = input.bytes.subarray(at, at + 3)
      const header = { source: FROM[from % FROM.length] as Uint8Array, target: from % FROM.length === 3 ? NIL_UUID : US.id, kind: KINDS[kind % KINDS.length] as bigint }
      void link.source.push({ header, source: input.source(input.bytes.subarray(at + 3, at + 3 + length)) })
      at += 3 + length
      await new Promise(setImmediate)
    }
    link.end()
    await conversations
    for (const code of await Promise.all(reading)) if (!MESSAGE_CODES.test(code)) throw new Violation(`a conversation failed with ${code}`)
    await hub.closed
    return reading.length > 0
  },
  codes: [],
  first: [],
  edges: [45, 54, 213],
  largest: bytes => 300_000 + 4 * bytes,
  total: bytes => 2 * 1_048_576 + 256 * bytes
}
