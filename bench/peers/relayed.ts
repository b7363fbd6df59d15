import { createIdentity, pinned, stack, type NovaLink, type PeerSession } from '../../lib/nova/index.js'
import { relayClient } from '../../lib/relay/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import { now } from '../harness/clock.js'
import { Contents, type Content } from './contents.js'
import type { ClientOptions, PeerServer, Place } from './peer.js'
import { Tally } from './tally.js'

// hushwire from end to end: a relay and two clients of it, with a session between them or packets that only the hops seal.

/** The relay. */
export interface RelayActor {
  place(): Promise<Place>
}

/** Who receives; it knows who it is when it is connected. */
export interface Receiver extends Pick<PeerServer, 'expect' | 'arrived'> {
  id(): Promise<Uint8Array>
}

/** Who sends. */
export interface Sender {
  /** Sends so many bytes as one message and says when it began. */
  send(bytes: number): Promise<number>
}

/** Sealed from end to end, or by the hops alone. */
export interface ReceiverOptions extends ClientOptions {
  readonly sealed: 'session' | 'hops'
}

/** Whom to send to, and what. */
export interface SenderOptions extends ReceiverOptions {
  readonly target: Uint8Array
  readonly content: Content
}

const KIND = 7n

/** The relay's process. */
export async function relay (): Promise<RelayActor> {
  const identity = createIdentity()
  const server = await startRelay({ identity, tcp: { port: 0 } })
  return { place: async () => ({ port: server.tcp?.port ?? 0, proof: identity.publicKey }) }
}

/** The receiver's process. */
export async function receiver (options: ReceiverOptions): Promise<Receiver> {
  const tally = new Tally()
  const identity = createIdentity()
  if (options.sealed === 'session') {
    const { peers } = await connect(options, identity)
    void takeSessions(peers.incoming, tally)
  } else {
    const { link } = await connectLink(options, identity)
    void takePackets(link, tally)
  }
  return {
    id: async () => identity.id,
    expect: async work => { tally.expect(work) },
    arrived: () => tally.arrived()
  }
}

/** The sender's process. */
export async function sender (options: SenderOptions): Promise<Sender> {
  const identity = createIdentity()
  const contents = new Contents(options.content)
  if (options.sealed === 'session') {
    const { peers } = await connect(options, identity)
    const session = await peers.dial(options.target)
    return {
      send: async bytes => {
        const from = now()
        await session.send(KIND, contents.chunks(bytes))
        return from
      }
    }
  }
  const { link } = await connectLink(options, identity)
  return {
    send: async bytes => {
      const from = now()
      await link.send({ target: options.target, source: identity.id, kind: KIND }, contents.chunks(bytes))
      return from
    }
  }
}

type Connected = Awaited<ReturnType<typeof relayClient>>

async function connect ({ place }: ClientOptions, identity: ReturnType<typeof createIdentity>): Promise<Connected> {
  return relayClient(await dialTcp({ port: place.port }), { identity, verify: pinned(place.proof as Uint8Array), verifyPeer: () => true })
}

async function connectLink ({ place }: ClientOptions, identity: ReturnType<typeof createIdentity>): Promise<{ link: NovaLink }> {
  return { link: await stack(await dialTcp({ port: place.port }), { role: 'initiator', identity, verify: pinned(place.proof as Uint8Array) }) }
}

async function takeSessions (incoming: AsyncIterable<PeerSession>, tally: Tally): Promise<void> {
  for await (const session of incoming) {
    for await (const message of session.messages) void take(message.source, tally)
  }
}

async function takePackets (link: NovaLink, tally: Tally): Promise<void> {
  for await (const packet of link.source) void take(packet.source, tally)
}

async function take (source: AsyncIterable<Uint8Array>, tally: Tally): Promise<void> {
  for await (const bytes of source) tally.bytes(bytes.byteLength)
  tally.unit()
}
