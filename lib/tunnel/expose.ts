import { uuidKey } from '../bytes/index.js'
import { RESET_CODES, resetError, type Peer } from '../nova/index.js'
import type { AcceptPolicy, Client, IncomingStream, PeerStream } from '../relay/index.js'
import { abortable, abortOn, asError, codeOf, deferred, FUNCTION, ignore, letGo, OBJECT, Reader, type Expected } from '../stream/index.js'
import { dialTcp, type TcpConnection } from '../transport/tcp.js'
import { bounded } from './bounded.js'
import { Carriage } from './carriage.js'
import { checkTunnelOptions } from './check.js'
import { tunnelError } from './errors.js'
import { telling, type OnTunnelEvent } from './events.js'
import { encodeAnswer, readHead, STATUS, TUNNEL_KIND, type Status } from './head.js'
import { tunnelLimits, type CheckedTunnelLimits, type TunnelLimits } from './limits.js'
import { checkServices, serviceOf, type TunnelService } from './services.js'
import { Standing } from './standing.js'

/** Options of {@link expose}. */
export interface ExposeOptions {
  /** What can be reached, by name; nothing else can. Whoever asks for no name gets the one called `default`, or the only one. */
  services: Readonly<Record<string, TunnelService>>
  /** Who may connect, of those whom the client lets in. Default: its contacts. */
  accept?: AcceptPolicy | undefined
  limits?: TunnelLimits | undefined
  /** Told what happens. What it throws is dropped. */
  onEvent?: OnTunnelEvent | undefined
  /** Closes it. */
  signal?: AbortSignal | undefined
}

/** The end of a tunnel that exposes services. */
export interface Exposure {
  /** Connections that stand or are being made. */
  readonly connections: number
  /** Resolves when it was closed, or the client was; rejects with what has ended the client otherwise. */
  readonly closed: Promise<void>
  /** Takes no more connections and resets those there are; resolves when they are gone. Never rejects. */
  close(): Promise<void>
}

const OPTIONS: Readonly<Record<string, Expected>> = {
  services: OBJECT,
  accept: [value => typeof value === 'function' || value === 'anyone' || value === 'contacts', '"anyone", "contacts" or a function'],
  onEvent: FUNCTION
}

/**
 * Exposes TCP services to peers: takes the client's streams of kind {@link TUNNEL_KIND}, and connects each to the service that
 * it asks for. It is the one reader of `streams`, and refuses those of other kinds; who has several readers gives it
 * an object with those that are meant for it.
 *
 * The service sees all connections coming from this machine.
 *
 * @throws ERR_TUNNEL_OPTION, ERR_LIMIT_OPTION
 * @example
 * ```ts
 * import type { Client } from 'hushwire/relay'
 * import { expose } from 'hushwire/tunnel'
 *
 * function share (client: Client) {
 *   return expose(client, { services: { web: { port: 3000 } }, onEvent: event => { console.log(event.type) } })
 * }
 * ```
 */
export function expose (client: Pick<Client, 'streams' | 'contacts'>, options: ExposeOptions): Exposure {
  checkTunnelOptions(options, OPTIONS, ['services'])
  checkServices(options.services)
  return new Exposing(client, options, tunnelLimits(options.limits))
}

class Exposing implements Exposure {
  readonly closed: Promise<void>
  readonly #services: Readonly<Record<string, TunnelService>>
  readonly #accepts: (peer: Peer) => Promise<boolean>
  readonly #limits: CheckedTunnelLimits
  readonly #tell: OnTunnelEvent
  readonly #standing: Standing
  readonly #streams: AsyncIterator<IncomingStream>
  readonly #byPeer = new Map<string, number>()
  readonly #closed = deferred({ handled: true })

  constructor (client: Pick<Client, 'streams' | 'contacts'>, { services, accept = 'contacts', onEvent, signal }: ExposeOptions, limits: CheckedTunnelLimits) {
    this.#services = { ...services }
    this.#limits = limits
    this.#tell = telling(onEvent)
    this.#standing = new Standing(this.#tell)
    this.#accepts = async peer => {
      if (typeof accept !== 'function') return accept === 'anyone' || client.contacts.has(peer.id)
      const verdict: unknown = await accept(peer)
      return verdict === true
    }
    this.#streams = client.streams[Symbol.asyncIterator]()
    this.closed = this.#closed.promise
    abortOn(signal, { closed: this.closed, abort: () => { void this.close() } })
    this.#run().then(this.#closed.resolve, this.#closed.reject)
  }

  get connections (): number { return this.#standing.count }

  async close (): Promise<void> {
    letGo(this.#streams)
    await this.#standing.end()
    await this.closed.catch(ignore)
  }

  async #run (): Promise<void> {
    try {
      for (let incoming = await this.#next(); incoming !== undefined; incoming = await this.#next()) this.#arrived(incoming)
    } finally {
      await this.#standing.end()
    }
  }

  /** The next stream; undefined when there is none any more, or the tunnel has ended: a source that does not let go of its reader cannot hold that up. */
  async #next (): Promise<IncomingStream | undefined> {
    const { signal } = this.#standing
    const coming = this.#streams.next()
    try {
      const result = await abortable(coming, signal)
      return result.done === true ? undefined : result.value
    } catch (error) {
      if (!signal.aborted) throw error
      // what comes all the same is nobody's
      coming.then(late => { if (late.done !== true) late.value.refuse() }).catch(ignore)
      return undefined
    }
  }

  /** Never waits: whoever comes next is not held up. */
  #arrived (incoming: IncomingStream): void {
    const { peer } = incoming
    const key = uuidKey(peer.id)
    const ofPeer = this.#byPeer.get(key) ?? 0
    if (incoming.kind !== TUNNEL_KIND || this.#standing.signal.aborted) return incoming.refuse()
    if (this.#standing.count >= this.#limits.maxConnections || ofPeer >= this.#limits.maxPeerConnections) {
      incoming.refuse(RESET_CODES.limit)
      this.#refused(peer, '', tunnelError('ERR_TUNNEL_LIMIT'))
      return
    }
    this.#byPeer.set(key, ofPeer + 1)
    void this.#standing.during(() => this.#serve(incoming)).finally(() => {
      const left = (this.#byPeer.get(key) ?? 1) - 1
      if (left > 0) this.#byPeer.set(key, left)
      else this.#byPeer.delete(key)
    })
  }

  /** Never rejects. */
  async #serve (incoming: IncomingStream): Promise<void> {
    const { peer } = incoming
    const about = { service: '' }
    try {
      const { signal } = this.#standing
      if (!await abortable(this.#accepts(peer), signal)) throw tunnelError('ERR_TUNNEL_PEER')
      // what an attacker has a part in must not be compressed together with secrets, and most of it does not compress anyway
      const stream = incoming.accept({ level: 0 })
      // whatever is being done with it, an answer that the other end does not take included
      abortOn(signal, { closed: stream.closed, abort: () => { stream.abort(resetError(RESET_CODES.shutdown)) } })
      try {
        await this.#serveStream(stream, about)
      } catch (error) {
        stream.abort(asError(error))
        throw error
      }
    } catch (error) {
      incoming.refuse()
      this.#refused(peer, about.service, asError(error))
    }
  }

  async #serveStream (stream: PeerStream, about: { service: string }): Promise<void> {
    const reader = new Reader(stream.source)
    const refuse = async (status: Status | undefined, error: unknown): Promise<never> => {
      if (status !== undefined && !this.#standing.signal.aborted) await answer(stream, reader, status)
      throw error
    }
    const name = about.service = await this.#headOf(stream, reader).catch((error: unknown) => refuse(codeOf(error) === 'ERR_TUNNEL_VERSION' ? STATUS.version : undefined, error))
    const service = serviceOf(this.#services, name) ?? await refuse(STATUS.unknownService, tunnelError('ERR_TUNNEL_SERVICE'))
    const connection = await this.#dial(stream, service).catch((error: unknown) => refuse(statusOf(error), error))
    const carriage = new Carriage(stream, connection, this.#limits)
    carriage.send(encodeAnswer(STATUS.connected))
    carriage.receive(reader.rest())
    await this.#standing.keep(carriage, stream, name)
  }

  #headOf (stream: PeerStream, reader: Reader): Promise<string> {
    const bounds = { signal: this.#standing.signal, failed: stream.closed, within: { milliseconds: this.#limits.headTimeout, late: () => resetError(RESET_CODES.stalled) } }
    return bounded(bounds, signal => readHead(reader, signal))
  }

  /** Before anything is answered, so that the other end can fail as a connection without a tunnel would. */
  #dial (stream: PeerStream, { host, port }: TunnelService): Promise<TcpConnection> {
    return bounded({ signal: this.#standing.signal, failed: stream.closed }, signal => dialTcp({ host, port, signal, connectTimeout: this.#limits.dialTimeout }))
  }

  #refused (peer: Peer, service: string, error: Error): void {
    this.#tell({ type: 'refused', peer, service, error })
  }
}

/** Answers no, and waits until that is on its way. */
async function answer (stream: PeerStream, reader: Reader, status: Status): Promise<void> {
  stream.sink((async function * () { yield encodeAnswer(status) })()).catch(ignore)
  letGo(reader.rest())
  await stream.close()
}

/** What the other end is told about a service that could not be connected to. */
function statusOf (error: unknown): Status {
  const code = codeOf(error)
  if (code === 'ERR_TRANSPORT_REFUSED') return STATUS.refused
  return code === 'ERR_TRANSPORT_CONNECT_TIMEOUT' ? STATUS.timeout : STATUS.unreachable
}
