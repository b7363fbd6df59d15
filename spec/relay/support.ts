import { createIdentity, pinned, type Identity, type PeerSession } from '../../lib/nova/index.js'
import { startRelay, type Relay, type RelayEvent, type RelayOptions } from '../../lib/relay/server/index.js'
import { relayClient, type RelayClient, type RelayClientOptions } from '../../lib/relay/index.js'
import { asError, type Duplex } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'

/** A way to a relay. */
export type Way = 'memory' | 'tcp' | 'websocket'

/** A relay for tests, and who it is. */
export interface TestRelay {
  readonly relay: Relay
  readonly identity: Identity
  readonly events: RelayEvent[]
}

export async function testRelay (options: Partial<RelayOptions> = {}): Promise<TestRelay> {
  const identity = createIdentity()
  const events: RelayEvent[] = []
  const relay = await startRelay({ identity, onEvent: event => { events.push(event) }, ...options })
  return { relay, identity, events }
}

/** A client over the way that is given; memory's options shape its pair. */
export async function join (server: TestRelay, options: Partial<RelayClientOptions> & { way?: Way, pair?: MemoryPairOptions, wrap?: (duplex: Duplex) => Duplex } = {}): Promise<RelayClient & { identity: Identity, duplex: Duplex }> {
  const { way = 'memory', pair, wrap = (duplex: Duplex): Duplex => duplex, identity = createIdentity(), ...rest } = options
  const duplex = wrap(await connect(server.relay, way, pair))
  const client = await relayClient(duplex, { identity, verify: pinned(server.identity.publicKey), verifyPeer: () => true, ...rest })
  return Object.assign(client, { identity, duplex })
}

async function connect (relay: Relay, way: Way, pair: MemoryPairOptions | undefined): Promise<Duplex> {
  if (way === 'tcp') return dialTcp({ port: relay.tcp?.port ?? 0 })
  if (way === 'websocket') return dialWebSocket(relay.websocket ?? '')
  const [left, right] = memoryPair(pair)
  void relay.accept(right)
  return left
}

/** The next item of an iterable; fails the test when there is none. */
export async function first<T> (source: AsyncIterable<T>): Promise<T> {
  const { value, done } = await source[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the source has ended')
  return value
}

/** A conversation between two clients, both ends. */
export async function meet (from: RelayClient, to: RelayClient & { identity: Identity }): Promise<[PeerSession, PeerSession]> {
  return Promise.all([from.peers.dial(to.identity.id), first(to.peers.incoming)])
}

/** The code that a promise rejects with. */
export async function codeOf (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', (error: unknown) => (asError(error) as { code?: string }).code ?? String(error))
}
