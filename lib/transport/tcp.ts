/**
 * TCP connections of Node as duplexes.
 *
 * @module transport/tcp
 */
import { connect, createServer, isIP, type AddressInfo, type OnReadOpts, type Server, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { abortOn, abortReason, checkSignal, deferred, ignore, plain, streamError } from '../stream/index.js'
import { Entrance, type Admit } from './admission.js'
import type { TransportOptions } from './connection.js'
import { dialling } from './dialling.js'
import { connectionError, dialError, listenError } from './errors.js'
import { transportLimits, type TransportLimits } from './limits.js'
import { Listening, type Address, type Listener } from './listener.js'
import { Slabs } from './slabs.js'
import { SocketConnection, SocketWire, type TcpConnection } from './socket-connection.js'
import type { ClientTls, ServerTls } from './tls-options.js'
import { reloadCertificate, tlsServer } from './tls-server.js'

export type { Admit } from './admission.js'
export type { Transport, TransportOptions } from './connection.js'
export type { Address, Listener } from './listener.js'
export type { TcpConnection } from './socket-connection.js'
export type { ClientTls, Pem, ServerTls } from './tls-options.js'
export { TRANSPORT_ERRORS } from './errors.js'

/** Options of {@link dialTcp}. */
export interface TcpDialOptions extends TransportOptions {
  port: number
  /** Name or address. Default `127.0.0.1`. */
  host?: string | undefined
  /** Milliseconds for making the connection, TLS included. Default 10,000. */
  connectTimeout?: number | undefined
  /** Speak TLS: `true`, or whom to trust. Default: not. */
  tls?: boolean | ClientTls | undefined
  /** Aborts the dial, and the connection once it stands. */
  signal?: AbortSignal | undefined
}

/** Options of {@link listenTcp}. */
export interface TcpListenOptions extends TransportOptions {
  /** Default 0: any free port. */
  port?: number | undefined
  /** Default `127.0.0.1`: only this machine. */
  host?: string | undefined
  /** Connections that may stand at a time; more are turned away. Default 10,000. */
  maxConnections?: number | undefined
  /** Connections that may wait to be accepted. Default 511. */
  backlog?: number | undefined
  /** Speak TLS with this certificate; `reload` of the listener shows another. Default: not. */
  tls?: ServerTls | undefined
  /** Milliseconds for the handshake of TLS. Default 10,000. */
  connectTimeout?: number | undefined
  /** Who may connect, by address. Default: everybody. */
  admit?: Admit | undefined
  /** Aborts the listener and its connections. */
  signal?: AbortSignal | undefined
  /** Told when a connection could not be accepted, for want of descriptors say, or because its TLS failed, and then with whom; listening goes on. */
  onError?: ((error: Error, remote?: Address) => void) | undefined
}

/**
 * Connects. Chunks that the source yields are never written to again, though several may share one buffer: copy
 * what is kept for long. Abort resets the connection (RST), so the other side never takes it for an end.
 *
 * Over TLS, somebody on the way can end a direction where he likes, as Node does not tell such an end from the other side's:
 * the layer above must know its own end, as those of hushwire do.
 *
 * @throws ERR_ARGUMENT, ERR_LIMIT_OPTION, ERR_TRANSPORT_REFUSED, ERR_TRANSPORT_CONNECT_TIMEOUT, ERR_TRANSPORT_CONNECT,
 *   ERR_TRANSPORT_TLS, or the signal's reason
 * @example
 * ```ts
 * import { dialTcp, listenTcp } from 'hushwire/transport/tcp'
 *
 * const listener = await listenTcp({}, connection => connection.sink(connection.source))
 * const connection = await dialTcp({ port: listener.port })
 * await connection.close()
 * await listener.close()
 * ```
 */
export async function dialTcp (options: TcpDialOptions): Promise<TcpConnection> {
  const limits = transportLimits(options)
  const { signal, port } = options
  checkSignal(signal)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw streamError('ERR_ARGUMENT', 'port is a number up to 65535')
  if (signal?.aborted === true) throw abortReason(signal)
  const reads = new SlabReads()
  const { host = '127.0.0.1', tls = false } = options
  const below = connect({ port, host, noDelay: true, allowHalfOpen: true, ...tls === false ? { onread: reads.onread } : {} })
  const dialled = { socket: below, wire: new SocketWire(below) }
  try {
    await dialling({ ...limits, signal }, (stands, refused) => {
      const fail = (error: Error): void => { refused(dialError(error)) }
      below.once('error', fail)
      below.once('connect', tls === false ? stands : () => {
        // not before: a socket that is not connected yet would be wrapped in a stream of JavaScript
        dialled.socket = secure(below, host, tls).once('error', fail).once('secureConnect', stands)
        dialled.wire = new SocketWire(dialled.socket, below)
      })
    })
  } catch (error) {
    dialled.socket.destroy()
    await dialled.wire.gone
    throw error
  }
  const connection = new SocketConnection(dialled.socket, dialled.wire, limits)
  if (tls === false) reads.connection = connection
  else dialled.socket.on('data', bytes => { connection.receive(plain(bytes)) })
  abortOn(signal, connection)
  return connection
}

/** TLS over a socket that is connected. */
function secure (socket: Socket, host: string, tls: true | ClientTls): Socket {
  const { ca, servername = host } = tls === true ? {} : tls
  // an address is no name to send, but it is looked for in the certificate all the same
  return connectTls({ socket, host: servername, ...isIP(servername) === 0 ? { servername } : {}, ...ca === undefined ? {} : { ca: Buffer.from(ca) } })
}

/**
 * Listens. Each connection is handed to `onConnection`; when that throws or rejects, the connection is aborted.
 *
 * @throws ERR_LIMIT_OPTION, ERR_TRANSPORT_CERTIFICATE, ERR_TRANSPORT_LISTEN, or the signal's reason
 * @example
 * ```ts
 * import { listenTcp } from 'hushwire/transport/tcp'
 *
 * const listener = await listenTcp({ maxConnections: 100 }, async connection => { await connection.close() })
 * await listener.close()
 * ```
 */
export async function listenTcp (options: TcpListenOptions, onConnection: (connection: TcpConnection) => void | Promise<void>): Promise<Listener<TcpConnection>> {
  const limits = transportLimits(options)
  if (options.signal?.aborted === true) throw abortReason(options.signal)
  const { admit, tls } = options
  const entrance = admit === undefined ? undefined : new Entrance(admit)
  const report = (error: Error): void => { options.onError?.(connectionError(error)) }
  const take = (socket: Socket, below: Socket): void => {
    entrance?.leave(socket)
    listener.accept(acceptSocket(socket, below, limits), onConnection)
  }
  const server = tls === undefined ? createServer({ noDelay: true, allowHalfOpen: true }) : tlsServer(tls, limits.connectTimeout, take, (error, remote) => { options.onError?.(error, remote) })
  server.maxConnections = limits.maxConnections
  const listening = deferred()
  server.once('error', listening.reject)
  const at = { port: options.port ?? 0, host: options.host ?? '127.0.0.1' }
  server.listen({ ...at, backlog: options.backlog ?? 511 }, listening.resolve)
  await listening.promise.catch((error: unknown) => { throw listenError(error, at) })
  server.off('error', listening.reject)
  server.on('error', report)
  const { address, port } = server.address() as AddressInfo
  const listener = new Listening<TcpConnection>({ host: address, port }, () => stopServer(server), next => { reloadCertificate(server, next) })
  server.on('connection', socket => {
    entrance?.enter(socket)
    if (tls === undefined && !socket.destroyed) take(socket, socket)
    else socket.on('error', ignore)
  })
  abortOn(options.signal, listener)
  return listener
}

/** The server's own `close` event waits for its connections, which are not its business here. */
async function stopServer (server: Server): Promise<void> {
  server.close()
}

function acceptSocket (socket: Socket, below: Socket, limits: TransportLimits): TcpConnection {
  const connection = new SocketConnection(socket, new SocketWire(socket, below), limits)
  socket.on('data', bytes => { connection.receive(plain(bytes)) })
  return connection
}

/** Reads of a dialled socket into slabs of ours: no allocation and no stream machinery for each chunk. */
class SlabReads {
  connection: SocketConnection | undefined
  readonly onread: OnReadOpts
  readonly #slabs = new Slabs()

  constructor () {
    this.onread = {
      // typed as one buffer only, but a function is documented, and called before each read
      buffer: (() => this.#slabs.room()),
      callback: length => {
        this.connection?.receive(this.#slabs.take(length))
        return true
      }
    }
  }
}
