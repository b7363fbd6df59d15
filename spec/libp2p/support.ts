import '../../bench/peers/with-resolvers.js'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { deferred } from '../../lib/stream/deferred.js'

/** Any number of streams, so that no test meets libp2p's own limits. */
export const STREAMS = { maxInboundStreams: 4096, maxOutboundStreams: 4096 }

/** Longer than any of libp2p's own limits of time, which a busy machine exceeds. */
const PATIENCE = 110_000

/** A node over TCP with the encrypter and the muxer of js-libp2p, unless others are given. */
export async function node (options: Libp2pOptions = {}): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      inboundConnectionThreshold: Infinity,
      dialTimeout: PATIENCE,
      addressDialTimeout: PATIENCE,
      inboundUpgradeTimeout: PATIENCE,
      inboundStreamProtocolNegotiationTimeout: PATIENCE,
      outboundStreamProtocolNegotiationTimeout: PATIENCE
    },
    connectionMonitor: { enabled: false },
    ...options
  })
}

/** Opens streams from one node to another. */
export class Streams {
  static readonly PROTOCOL = '/hushwire-test/1'
  readonly #dialler: Libp2p
  readonly #listener: Libp2p
  #accepted = deferred<Stream>()
  #last: Promise<unknown> = Promise.resolve()

  private constructor (dialler: Libp2p, listener: Libp2p) {
    this.#dialler = dialler
    this.#listener = listener
  }

  static async between (dialler: Libp2p, listener: Libp2p): Promise<Streams> {
    const streams = new Streams(dialler, listener)
    await listener.handle(Streams.PROTOCOL, stream => { streams.#accepted.resolve(stream) }, STREAMS)
    await dialler.dial(listener.getMultiaddrs())
    return streams
  }

  /** The dialler's end and the listener's, one pair after another. */
  open (signal?: AbortSignal): Promise<[Stream, Stream]> {
    const opened = this.#last.then(() => this.#open(signal))
    this.#last = opened.catch(() => undefined)
    return opened
  }

  async #open (signal: AbortSignal | undefined): Promise<[Stream, Stream]> {
    this.#accepted = deferred()
    const dialled = await this.#dialler.dialProtocol(this.#listener.getMultiaddrs(), Streams.PROTOCOL, { ...STREAMS, ...(signal === undefined ? {} : { signal }) })
    return [dialled, await this.#accepted.promise]
  }
}
