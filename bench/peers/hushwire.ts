import { NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, pinned, stack, type NovaLink, type RoutedPacket } from '../../lib/nova/index.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { now } from '../harness/clock.js'
import { quantile } from '../harness/statistics.js'
import type { ClientOptions, PeerClient, PeerServer, RoundTrips, Work } from './peer.js'
import { chunks, inTurns, noise, Tally, timed } from './tally.js'

// hushwire's whole stack of a hop: frames, cipher, packets and routing, in either profile.

/** Which wire is spoken. */
export interface Profile {
  readonly profile: 'hardened' | 'seed'
}

/** What this peer's client can do beside. */
export interface HushwireClient extends PeerClient {
  /** Round trips of small packets while one of `bytes` flows on the same link. */
  echoBeside(bytes: number, size: number): Promise<RoundTrips & { readonly count: number }>
  /** Connects and closes, one after another; milliseconds in all. */
  connect(count: number): Promise<number>
}

const COUNT = 1n
const ECHO = 2n

/** The server: counts what comes in packets of one kind, and sends those of the other back. */
export async function server ({ profile }: Profile): Promise<PeerServer> {
  const tally = new Tally()
  const identity = createIdentity()
  const listener = await listenTcp({}, async connection => {
    const link = await (profile === 'seed'
      ? stack(connection, { profile, hello: { role: 'responder' } })
      : stack(connection, { role: 'responder', identity, verify: () => true }))
    link.closed.catch(() => undefined)
    for await (const packet of link.source) void (packet.header.kind === ECHO ? sendBack(link, packet) : count(packet, tally))
  })
  return {
    place: async () => ({ port: listener.port, proof: identity.publicKey }),
    expect: async work => { tally.expect(work) },
    arrived: () => tally.arrived()
  }
}

async function count (packet: RoutedPacket, tally: Tally): Promise<void> {
  for await (const bytes of packet.source) tally.bytes(bytes.byteLength)
  tally.unit()
}

async function sendBack (link: NovaLink, { header, source }: RoutedPacket): Promise<void> {
  await link.send({ target: header.source, source: NIL_UUID, kind: ECHO }, await whole(source))
}

/** A small packet's body, which mostly is one chunk. */
async function whole (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const bytes of source) parts.push(bytes)
  return parts.length === 1 ? parts[0] as Uint8Array : Buffer.concat(parts)
}

/** The client. */
export async function client ({ place, profile }: ClientOptions & Profile): Promise<HushwireClient> {
  const identity = createIdentity()
  const verify = pinned(place.proof as Uint8Array)
  const open = async (): Promise<NovaLink> => {
    const connection = await dialTcp({ port: place.port })
    return profile === 'seed'
      ? stack(connection, { profile, hello: { role: 'initiator' } })
      : stack(connection, { role: 'initiator', identity, verify })
  }
  return new Client(await open(), open)
}

class Client implements HushwireClient {
  readonly #link: NovaLink
  readonly #open: () => Promise<NovaLink>
  readonly #replies: AsyncIterator<RoutedPacket>
  readonly #me = new Uint8Array(16).fill(1)

  constructor (link: NovaLink, open: () => Promise<NovaLink>) {
    this.#link = link
    this.#open = open
    this.#replies = link.source[Symbol.asyncIterator]()
  }

  async send (work: Work, inFlight = 1): Promise<number> {
    const from = now()
    if (work.shape === 'one') {
      await this.#send(COUNT, chunks(work))
    } else {
      const message = noise(work.size)
      await inTurns(work.count, inFlight, () => this.#send(COUNT, message))
    }
    return from
  }

  echo (count: number, size: number): Promise<RoundTrips> {
    const message = noise(size)
    return timed(count, () => this.#roundTrip(message))
  }

  async echoBeside (bytes: number, size: number): Promise<RoundTrips & { count: number }> {
    const message = noise(size)
    const times: number[] = []
    let flowing = true
    const bulk = this.#send(COUNT, chunks({ shape: 'one', count: bytes / 262_144, size: 262_144 })).then(() => { flowing = false })
    while (flowing) {
      const from = performance.now()
      await this.#roundTrip(message)
      times.push((performance.now() - from) * 1000)
    }
    await bulk
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), count: times.length }
  }

  async connect (count: number): Promise<number> {
    const from = now()
    for (let i = 0; i < count; i++) await (await this.#open()).close()
    return now() - from
  }

  #send (kind: bigint, source: Uint8Array | Iterable<Uint8Array>): Promise<void> {
    return this.#link.send({ target: NIL_UUID, source: this.#me, kind }, source)
  }

  async #roundTrip (message: Uint8Array): Promise<void> {
    const reply = this.#replies.next()
    // not awaited first: the answer can be here before the promise of having sent
    const sent = this.#send(ECHO, message)
    const { value } = await reply as IteratorYieldResult<RoutedPacket>
    await whole(value.source)
    await sent
  }
}
