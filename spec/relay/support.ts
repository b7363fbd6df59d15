import { NIL_UUID, type Uuid } from '../../lib/bytes/index.js'
import { KIND, createIdentity, peers, pinned, RELAY_CODES, stack, verifyProof, type HardenedStackOptions, type Identity, type NovaLink, type Peer, type Peers, type PeerSession, type PostQuantum } from '../../lib/nova/index.js'
import type { Relay, RelayOptions } from '../../lib/relay/server/index.js'
import { decodeAnswered, decodeAnswerHead, encodeRequest, MAX_REQUEST_BYTES, RELAY_VERSION, type Asked, type OperationName } from '../../lib/relay/wire/index.js'
import { collect, deferred, ignore, leave, type Deferred, type Duplex } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { serve, type Server } from './server-support.js'

export { codeOf } from './codes.js'

/** A way to a relay. */
export type Way = 'memory' | 'tcp' | 'websocket'

/** A relay for tests, and who it is. */
export type TestRelay = Server

export async function testRelay (options: Partial<RelayOptions> = {}): Promise<TestRelay> {
  return serve(options)
}

/** A connection that has said hello, with conversations over it. */
export interface Joined {
  readonly identity: Identity
  readonly link: NovaLink
  readonly duplex: Duplex
  readonly peers: Peers
  readonly closed: Promise<void>
  lookup(id: Uuid): Promise<Peer | undefined>
  close(): Promise<void>
}

/** Options of {@link join}. */
export interface JoinOptions extends Partial<Omit<HardenedStackOptions, 'role'>> {
  way?: Way
  /** As `postQuantum` of peers. */
  peerPostQuantum?: PostQuantum | undefined
  /** The shape of the pair, in memory. */
  pair?: MemoryPairOptions
  wrap?: (duplex: Duplex) => Duplex
}

/** Connects over the way that is given, and says hello. */
export async function join (server: TestRelay, options: JoinOptions = {}): Promise<Joined> {
  const { way = 'memory', pair, wrap = (duplex: Duplex): Duplex => duplex, ...rest } = options
  return greet(wrap(await connect(server.relay, way, pair)), server.identity.publicKey, rest)
}

/** Shakes hands over a duplex and says hello to the relay at its other end. */
export async function greet (duplex: Duplex, relayKey: Uint8Array, options: Omit<JoinOptions, 'way' | 'pair' | 'wrap'> = {}): Promise<Joined> {
  const { identity = createIdentity(), peerPostQuantum: postQuantum, ...rest } = options
  const link = await stack(duplex, { verify: pinned(relayKey), ...rest, role: 'initiator', identity })
  const answers = new Map<number, Deferred<Uint8Array>>()
  let requestId = 0
  const hub = peers(link, {
    identity,
    verify: () => true,
    postQuantum,
    onServerPacket: ({ header, source }) => {
      if (header.kind !== KIND.request) leave(source)
      else collect(source, MAX_REQUEST_BYTES).then(answer => { if (answer !== undefined) answers.get(decodeAnswerHead(answer).requestId)?.resolve(answer) }, ignore)
    }
  })
  const ask = async <Name extends OperationName>(name: Name, asked: Asked<Name>): Promise<ReturnType<typeof decodeAnswerHead>> => {
    const answer = deferred<Uint8Array>({ handled: true })
    answers.set(requestId, answer)
    link.closed.then(answer.reject, answer.reject)
    await link.send({ target: NIL_UUID, source: identity.id, kind: KIND.request }, encodeRequest(name, requestId++, asked))
    return decodeAnswerHead(await answer.promise)
  }
  await ask('hello', { version: RELAY_VERSION, invite: new Uint8Array(0) })
  return {
    identity,
    link,
    duplex,
    peers: hub,
    closed: link.closed,
    async lookup (id) {
      const { status, body } = await ask('lookup', { id })
      if (status !== RELAY_CODES.ok) return undefined
      const { staticKey, proof } = decodeAnswered('lookup', body)
      return verifyProof(staticKey, proof)
    },
    close: () => hub.close().catch(ignore)
  }
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
export async function meet (from: { readonly peers: Peers }, to: { readonly peers: Peers, readonly identity: Identity }): Promise<[PeerSession, PeerSession]> {
  return Promise.all([from.peers.dial(to.identity.id), first(to.peers.incoming)])
}
