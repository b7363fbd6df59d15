import { noiseChannel, NoiseKeypair, noiseProtocol, pinned, type NoiseChannel } from '../../lib/noise/index.js'
import type { Bytes, Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { now } from '../harness/clock.js'
import type { ClientOptions, PeerClient, PeerServer, Work } from './peer.js'
import { chunks, Tally } from './tally.js'

// Noise channels of hushwire: XX, both static keys decided about.

/** Which protocol is spoken. */
export interface Protocol {
  readonly protocol: string
}

const END = { end: 'authenticated' } as const

/** The server. */
export async function server ({ protocol }: Protocol): Promise<PeerServer> {
  const tally = new Tally()
  const staticKey = new NoiseKeypair()
  const listener = await listenTcp({}, async connection => {
    const channel = await noiseChannel(connection, { ...END, protocol: noiseProtocol(protocol), role: 'responder', staticKey, verify: () => true })
    for await (const bytes of channel.source) tally.bytes(bytes.byteLength)
  })
  return {
    place: async () => ({ port: listener.port, proof: staticKey.publicKey }),
    expect: async work => { tally.expect(work, true) },
    arrived: () => tally.arrived()
  }
}

/** The client, for bulk alone. */
export async function client ({ place, protocol }: ClientOptions & Protocol): Promise<Pick<PeerClient, 'send'>> {
  const verify = pinned(place.proof as Uint8Array)
  const channel = await noiseChannel(await dialTcp({ port: place.port }), { ...END, protocol: noiseProtocol(protocol), role: 'initiator', staticKey: new NoiseKeypair(), verify })
  const work = new Works()
  channel.sink(work).catch((error: unknown) => { throw error })
  return { send: next => work.send(next) }
}

/** The chunks of one work after another. */
class Works implements AsyncIterable<Bytes> {
  #begin: ((work: Work) => void) | undefined

  async send (work: Work): Promise<number> {
    const from = now()
    this.#begin?.(work)
    return from
  }

  async * [Symbol.asyncIterator] (): AsyncGenerator<Uint8Array> {
    for (;;) yield * chunks(await new Promise<Work>(resolve => { this.#begin = resolve }))
  }
}

/** What one process does with both ends in it. */
export interface Handshakes {
  /** Handshakes over a pair in memory, one after another; milliseconds in all. */
  handshakes(count: number): Promise<number>
}

/** Both ends in one process. */
export async function both ({ protocol: name }: Protocol): Promise<Handshakes> {
  const protocol = noiseProtocol(name)
  const [alice, bob] = [new NoiseKeypair(), new NoiseKeypair()]
  const end = (duplex: Duplex, role: 'initiator' | 'responder'): Promise<NoiseChannel> => noiseChannel(duplex, {
    ...END, protocol, role, staticKey: role === 'initiator' ? alice : bob, verify: pinned((role === 'initiator' ? bob : alice).publicKey)
  })
  return {
    handshakes: async count => {
      const from = now()
      for (let i = 0; i < count; i++) {
        const [left, right] = memoryPair()
        const channels = await Promise.all([end(left, 'initiator'), end(right, 'responder')])
        for (const channel of channels) channel.abort()
      }
      return now() - from
    }
  }
}
