import './with-resolvers.js'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { MultiaddrConnection, StreamMuxer, StreamMuxerFactory, Upgrader } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { novaMuxer } from '../../lib/libp2p/index.js'
import { now } from '../harness/clock.js'
import type { ClientOptions, PeerClient, PeerServer, Work } from './peer.js'
import { chunks, inTurns, noise, Tally } from './tally.js'

// Stream muxers of libp2p over its TCP transport, without an encrypter and without a node: no protocol is negotiated on a stream.

/** Whose muxer it is. */
export interface MuxerOptions {
  readonly maker: 'ours' | 'yamux'
}

const transport = tcp()({ logger: defaultLogger() })

function factoryOf ({ maker }: MuxerOptions): StreamMuxerFactory {
  return maker === 'ours' ? novaMuxer()() : yamux()()
}

/** What is done with each connection, in place of an upgrade. */
function taking (take: (connection: MultiaddrConnection) => void): Upgrader {
  const upgrade = async (connection: MultiaddrConnection): Promise<void> => { take(connection) }
  return { upgradeInbound: upgrade, upgradeOutbound: upgrade } as object as Upgrader
}

/** The server. */
export async function server (options: MuxerOptions): Promise<PeerServer> {
  const tally = new Tally()
  const listener = transport.createListener({ upgrader: taking(connection => { count(factoryOf(options).createStreamMuxer(connection), tally) }) })
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
  return {
    place: async () => ({ port: 0, proof: String(listener.getAddrs()[0]) }),
    expect: async work => { tally.expect(work) },
    arrived: () => tally.arrived()
  }
}

function count (muxer: StreamMuxer, tally: Tally): void {
  muxer.addEventListener('stream', ({ detail: stream }) => {
    stream.addEventListener('message', event => { tally.bytes(event.data.byteLength) })
    stream.addEventListener('remoteCloseWrite', () => {
      tally.unit()
      void stream.close()
    })
  })
}

/** The client. */
export async function client ({ place, ...options }: ClientOptions & MuxerOptions): Promise<Pick<PeerClient, 'send'>> {
  const dialled = await new Promise<MultiaddrConnection>((resolve, reject) => {
    transport.dial(multiaddr(place.proof as string), { upgrader: taking(resolve), signal: new AbortController().signal }).catch(reject)
  })
  const muxer = factoryOf(options).createStreamMuxer(dialled)
  return { send: (work, inFlight) => send(muxer, work, inFlight) }
}

async function send (muxer: StreamMuxer, work: Work, inFlight = 1): Promise<number> {
  const from = now()
  if (work.shape === 'one') {
    const stream = await muxer.createStream()
    for (const chunk of chunks(work)) if (!stream.send(chunk)) await stream.onDrain()
    await stream.close()
  } else {
    const message = noise(work.size)
    await inTurns(work.count, inFlight, async () => {
      const stream = await muxer.createStream()
      // open until the other side has ended it too
      const over = new Promise(resolve => { stream.addEventListener('close', resolve, { once: true }) })
      stream.send(message)
      await stream.close()
      await over
    })
  }
  return from
}
