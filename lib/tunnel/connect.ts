import { checkUuid, type Uuid } from '../bytes/index.js'
import { RESET_CODES } from '../nova/index.js'
import type { Client, PeerStream } from '../relay/index.js'
import { abortOn, asError, codeOf, deferred, FUNCTION, ignore, Reader, type Expected } from '../stream/index.js'
import { listenTcp, type Listener, type TcpConnection } from '../transport/tcp.js'
import { bounded } from './bounded.js'
import { Carriage } from './carriage.js'
import { checkTunnelOptions } from './check.js'
import { tunnelError } from './errors.js'
import { telling, type OnTunnelEvent } from './events.js'
import { encodeHead, isServiceName, readAnswer, TUNNEL_KIND } from './head.js'
import { tunnelLimits, type CheckedTunnelLimits, type TunnelLimits } from './limits.js'
import { Standing } from './standing.js'

/** Options of {@link connectTunnel}. */
export interface ConnectTunnelOptions {
  /** Default 0: any free port. */
  port?: number | undefined
  /** Default `127.0.0.1`: only this machine can connect. */
  host?: string | undefined
  /** Which of the services; default: the one called `default`, or the only one. */
  service?: string | undefined
  limits?: TunnelLimits | undefined
  /** Told what happens. What it throws is dropped. */
  onEvent?: OnTunnelEvent | undefined
  /** Closes it. */
  signal?: AbortSignal | undefined
}

/** The end of a tunnel that listens. */
export interface Tunnel {
  /** Where it listens. */
  readonly host: string
  readonly port: number
  /** Connections that stand or are being made. */
  readonly connections: number
  /** Resolves when it was closed, or the client was; rejects with what has ended the client otherwise. */
  readonly closed: Promise<void>
  /** Listens no more and resets the connections there are; resolves when they are gone. Never rejects. */
  close(): Promise<void>
}

const OPTIONS: Readonly<Record<string, Expected>> = {
  port: [value => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535, 'a number up to 65535'],
  host: [value => typeof value === 'string' && value !== '', 'a name or an address'],
  service: [isServiceName, 'letters, digits, ".", "_" and "-", the first one a letter or a digit, 64 at the most'],
  onEvent: FUNCTION
}
/** Times that a stream is opened again for one connection, since the way to the peer was lost meanwhile. */
const TRIES = 5

/**
 * Listens on this machine, and brings each TCP connection to a service that a peer exposes. One that cannot be brought there
 * is reset, as a service that is not there would; while the relay is away it waits, up to `openTimeout`.
 *
 * @throws ERR_TUNNEL_OPTION, ERR_LIMIT_OPTION, ERR_UUID, ERR_TRANSPORT_LISTEN (as rejections)
 * @example
 * ```ts
 * import type { Client } from 'hushwire/relay'
 * import { connectTunnel } from 'hushwire/tunnel'
 *
 * async function reach (client: Client, peer: Uint8Array) {
 *   const tunnel = await connectTunnel(client, peer, { service: 'web' })
 *   console.log(`http://${tunnel.host}:${tunnel.port}/`)
 *   return tunnel
 * }
 * ```
 */
export async function connectTunnel (client: Pick<Client, 'peer' | 'closed'>, peer: Uuid, options: ConnectTunnelOptions = {}): Promise<Tunnel> {
  checkTunnelOptions(options, OPTIONS, [])
  const connecting = new Connecting(client, checkUuid(peer), options, tunnelLimits(options.limits))
  await connecting.listen(options)
  return connecting
}

class Connecting implements Tunnel {
  readonly closed: Promise<void>
  readonly #client: Pick<Client, 'peer' | 'closed'>
  readonly #peer: Uuid
  readonly #service: string
  readonly #limits: CheckedTunnelLimits
  readonly #tell: OnTunnelEvent
  readonly #standing: Standing
  readonly #closed = deferred({ handled: true })
  #listener: Listener<TcpConnection> | undefined

  constructor (client: Pick<Client, 'peer' | 'closed'>, peer: Uuid, { service = '', onEvent }: ConnectTunnelOptions, limits: CheckedTunnelLimits) {
    this.#client = client
    this.#peer = new Uint8Array(peer)
    this.#service = service
    this.#limits = limits
    this.#tell = telling(onEvent)
    this.#standing = new Standing(this.#tell)
    this.closed = this.#closed.promise
  }

  get host (): string { return this.#listener?.address.host ?? '' }
  get port (): number { return this.#listener?.port ?? 0 }
  get connections (): number { return this.#standing.count }

  async listen ({ port, host, signal }: ConnectTunnelOptions): Promise<void> {
    this.#listener = await listenTcp({ port, host }, connection => { this.#arrived(connection) })
    abortOn(signal, { closed: this.closed, abort: () => { void this.close() } })
    this.#client.closed.then(() => this.close(), async (error: unknown) => {
      await this.#end()
      this.#closed.reject(error)
    }).catch(ignore)
  }

  async close (): Promise<void> {
    await this.#end()
    this.#closed.resolve()
  }

  async #end (): Promise<void> {
    await this.#listener?.close()
    await this.#standing.end()
  }

  #arrived (connection: TcpConnection): void {
    if (this.#standing.signal.aborted) return connection.abort(tunnelError('ERR_TUNNEL_CLOSED'))
    if (this.#standing.count >= this.#limits.maxConnections) return this.#refuse(connection, tunnelError('ERR_TUNNEL_LIMIT'))
    void this.#standing.during(() => this.#serve(connection))
  }

  /** Never rejects. */
  async #serve (connection: TcpConnection): Promise<void> {
    const bounds = { signal: this.#standing.signal, failed: connection.closed, within: { milliseconds: this.#limits.openTimeout, late: () => tunnelError('ERR_TUNNEL_TIMEOUT') } }
    try {
      const { carriage, stream } = await bounded(bounds, signal => this.#begin(connection, signal))
      await this.#standing.keep(carriage, stream, this.#service)
    } catch (error) {
      this.#refuse(connection, asError(error))
      await connection.closed.catch(ignore)
    }
  }

  async #begin (connection: TcpConnection, signal: AbortSignal): Promise<{ carriage: Carriage, stream: PeerStream }> {
    const stream = await this.#open(signal)
    const carriage = new Carriage(stream, connection, this.#limits)
    // what the connection has to say goes behind the head at once, and waits there until the service is connected
    carriage.send(encodeHead(this.#service))
    try {
      const reader = new Reader(stream.source)
      await readAnswer(reader, signal)
      carriage.receive(reader.rest())
      return { carriage, stream }
    } catch (error) {
      carriage.abort(asError(error), RESET_CODES.cancelled)
      await carriage.over()
      throw error
    }
  }

  /** Opens a stream. When the way to the peer is lost meanwhile, nothing of the connection has been sent yet: it is opened again on the next. */
  async #open (signal: AbortSignal): Promise<PeerStream> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#client.peer(this.#peer).open(TUNNEL_KIND, { level: 0, timeout: this.#limits.openTimeout, signal })
      } catch (error) {
        signal.throwIfAborted()
        if (tries >= TRIES || !isLoss(error)) throw error
      }
    }
  }

  #refuse (connection: TcpConnection, error: Error): void {
    connection.abort(error)
    this.#tell({ type: 'refused', peer: undefined, service: this.#service, error })
  }
}

/** True for the end of a connection to the relay, or of the peer's. */
function isLoss (error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return code === 'ERR_RESET_GONE' || code === 'ERR_PEER_CLOSED' || code.startsWith('ERR_TRANSPORT_') || code.startsWith('ERR_LINK_')
}
