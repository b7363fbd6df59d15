import '../../bench/peers/with-resolvers.js'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { MultiaddrConnection, Stream, StreamMuxer, Upgrader } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { deferred } from '../../lib/stream/deferred.js'

const transport = tcp()({ logger: defaultLogger() })

/** The two ends of a TCP connection as libp2p's transport makes them, without a node: the dialler's is first. */
export async function connectionPair (): Promise<[MultiaddrConnection, MultiaddrConnection]> {
  const accepted = deferred<MultiaddrConnection>()
  const dialled = deferred<MultiaddrConnection>()
  // nothing is made of the connections here
  const upgrader = {
    upgradeInbound: async (connection: MultiaddrConnection): Promise<void> => { accepted.resolve(connection) },
    upgradeOutbound: async (connection: MultiaddrConnection): Promise<void> => { dialled.resolve(connection) }
  } as object as Upgrader
  const listener = transport.createListener({ upgrader })
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
  const [address] = listener.getAddrs()
  if (address === undefined) throw new Error('the listener has no address')
  await transport.dial(address, { upgrader, signal: new AbortController().signal })
  const pair = await Promise.all([dialled.promise, accepted.promise])
  // closing the listener closes its connections too
  pair[1].addEventListener('close', () => { void listener.close() })
  return pair
}

/** Yamux over a TCP connection, and streams of it. */
export class YamuxPair {
  readonly #connections: readonly MultiaddrConnection[]
  readonly #dialler: StreamMuxer
  readonly #listener: StreamMuxer
  #last: Promise<unknown> = Promise.resolve()

  private constructor (connections: readonly MultiaddrConnection[], dialler: StreamMuxer, listener: StreamMuxer) {
    this.#connections = connections
    this.#dialler = dialler
    this.#listener = listener
  }

  static async open (): Promise<YamuxPair> {
    const connections = await connectionPair()
    const factory = yamux({ enableKeepAlive: false })()
    return new YamuxPair(connections, factory.createStreamMuxer(connections[0]), factory.createStreamMuxer(connections[1]))
  }

  /** The opener's end and the other one, one pair after another. */
  stream (): Promise<[Stream, Stream]> {
    const opened = this.#last.then(() => this.#open())
    this.#last = opened.catch(() => undefined)
    return opened
  }

  async close (): Promise<void> {
    await Promise.all(this.#connections.map(each => each.close()))
  }

  async #open (): Promise<[Stream, Stream]> {
    const accepted = deferred<Stream>()
    this.#listener.addEventListener('stream', event => { accepted.resolve(event.detail) }, { once: true })
    return [await this.#dialler.createStream(), await accepted.promise]
  }
}
