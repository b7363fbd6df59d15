import './with-resolvers.js'
import { noise as noiseEncryption } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Connection, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { now } from '../harness/clock.js'
import type { ClientOptions, PeerClient, PeerServer, RoundTrips, Work } from './peer.js'
import { chunks, inTurns, noise, Tally, timed } from './tally.js'

// libp2p over TCP with Noise and yamux, as its own documentation puts them together.

const COUNT = '/hushwire-bench/count/1'
const ECHO = '/hushwire-bench/echo/1'
const STREAMS = { maxInboundStreams: 1024, maxOutboundStreams: 1024 }

async function node (listen: string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noiseEncryption()],
    streamMuxers: [yamux()],
    // nothing but what the benchmark dials
    connectionManager: { inboundConnectionThreshold: Infinity },
    connectionMonitor: { enabled: false }
  })
}

/** The server. */
export async function server (): Promise<PeerServer> {
  const tally = new Tally()
  const own = await node(['/ip4/127.0.0.1/tcp/0'])
  await own.handle(COUNT, stream => { count(stream, tally) }, STREAMS)
  await own.handle(ECHO, stream => {
    stream.addEventListener('message', event => { stream.send(event.data) })
  }, STREAMS)
  const [address] = own.getMultiaddrs()
  return {
    place: async () => ({ port: 0, proof: String(address) }),
    expect: async work => { tally.expect(work) },
    arrived: () => tally.arrived()
  }
}

function count (stream: Stream, tally: Tally): void {
  stream.addEventListener('message', event => { tally.bytes(event.data.byteLength) })
  stream.addEventListener('remoteCloseWrite', () => {
    tally.unit()
    void stream.close()
  })
}

/** What this peer's client can do beside. */
export interface Libp2pClient extends PeerClient {
  /** Connects and closes, one after another; milliseconds in all. */
  connect(count: number): Promise<number>
}

/** The client. */
export async function client ({ place }: ClientOptions): Promise<Libp2pClient> {
  const own = await node([])

  const address = multiaddr(place.proof)
  const connection = await own.dial(address)
  return {
    send: (work, inFlight) => send(connection, work, inFlight),
    echo: (count, size) => echo(connection, count, size),
    connect: async count => {
      await connection.close()
      const from = now()
      for (let i = 0; i < count; i++) await (await own.dial(address)).close()
      return now() - from
    }
  }
}

async function send (connection: Connection, work: Work, inFlight = 1): Promise<number> {
  const from = now()
  if (work.shape === 'one') {
    const stream = await connection.newStream(COUNT, STREAMS)
    for (const chunk of chunks(work)) if (!stream.send(chunk)) await stream.onDrain()
    await stream.close()
  } else {
    const message = noise(work.size)
    await inTurns(work.count, inFlight, async () => {
      const stream = await connection.newStream(COUNT, STREAMS)
      stream.send(message)
      await stream.close()
    })
  }
  return from
}

async function echo (connection: Connection, count: number, size: number): Promise<RoundTrips> {
  const message = noise(size)
  const stream = await connection.newStream(ECHO, STREAMS)
  let missing = 0
  let arrived = (): void => undefined
  stream.addEventListener('message', event => {
    missing -= event.data.byteLength
    if (missing === 0) arrived()
  })
  return timed(count, () => new Promise(resolve => {
    missing = size
    arrived = resolve
    stream.send(message)
  }))
}
