import { tuneCollector } from '../../lib/cli/collector.js'
import { createIdentity, pinned, type Identity, type PeerSession, type RoutedPacket } from '../../lib/nova/index.js'
import { relayClient, type RelayClient } from '../../lib/relay/index.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import { now } from '../harness/clock.js'
import { Contents, type Content } from './contents.js'
import { LightClient } from './light-client.js'
import type { ClientOptions, PeerServer } from './peer.js'
import { Tally } from './tally.js'

// hushwire from end to end: a relay and two clients of it, with a session between them or packets that only the hops seal.

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

/** The receiver's process; as the sender's, with the collector as commands have it. */
export async function receiver (options: ReceiverOptions): Promise<Receiver> {
  tuneCollector()
  const tally = new Tally()
  return {
    id: await receive(options, tally),
    expect: async work => { tally.expect(work) },
    arrived: () => tally.arrived()
  }
}

/** @returns a function that gives the receiver's id */
async function receive (options: ReceiverOptions, tally: Tally): Promise<() => Promise<Uint8Array>> {
  if (options.sealed === 'hops') {
    const client = await LightClient.connect({ place: options.place, onPacket: packet => { void take(packet.source, tally) } })
    return async () => client.id
  }
  const identity = createIdentity()
  const { peers } = await connect(options, identity)
  void takeSessions(peers.incoming, tally)
  return async () => identity.id
}

/** The sender's process. */
export async function sender (options: SenderOptions): Promise<Sender> {
  tuneCollector()
  const contents = new Contents(options.content)
  const send = await sending(options)
  return {
    send: async bytes => {
      const from = now()
      await send(contents.chunks(bytes))
      return from
    }
  }
}

async function sending (options: SenderOptions): Promise<(chunks: Iterable<Uint8Array>) => Promise<void>> {
  if (options.sealed === 'hops') {
    const client = await LightClient.connect({ place: options.place })
    return chunks => client.live(options.target, chunks, KIND)
  }
  const { peers } = await connect(options, createIdentity())
  const session = await peers.dial(options.target)
  return chunks => session.send(KIND, chunks)
}

async function connect ({ place }: ClientOptions, identity: Identity): Promise<RelayClient> {
  return relayClient(await dialTcp({ port: place.port }), { identity, verify: pinned(place.proof as Uint8Array), verifyPeer: () => true })
}

async function takeSessions (incoming: AsyncIterable<PeerSession>, tally: Tally): Promise<void> {
  for await (const session of incoming) {
    for await (const message of session.messages) void take(message.source, tally)
  }
}

async function take (source: RoutedPacket['source'], tally: Tally): Promise<void> {
  for await (const bytes of source) tally.bytes(bytes.byteLength)
  tally.unit()
}
