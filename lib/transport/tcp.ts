/**
 * TCP connections of Node as duplexes.
 *
 * @module transport/tcp
 */
import { connect, createServer, type AddressInfo, type OnReadOpts, type Server, type Socket } from 'node:net'
import { abortOn, abortReason, type Bytes, checkSignal, deferred, type Deferred, ignore, plain, streamError } from '../stream/index.js'
import { Connection, type Transport, type TransportOptions, type Wire } from './connection.js'
import { dialling } from './dialling.js'
import { connectionError, dialError, transportError } from './errors.js'
import { transportLimits, type TransportLimits } from './limits.js'
import { Listening, type Address, type Listener } from './listener.js'
import { Slabs } from './slabs.js'

export type { Transport, TransportOptions } from './connection.js'
export type { Address, Listener } from './listener.js'
export { TRANSPORT_ERRORS } from './errors.js'

const NOTHING = new Uint8Array(0)

/** A TCP connection. */
export interface TcpConnection extends Transport {
  readonly local: Address
  readonly remote: Address
}

/** Options of {@link dialTcp}. */
export interface TcpDialOptions extends TransportOptions {
  port: number
  /** Name or address. Default `127.0.0.1`. */
  host?: string | undefined
  /** Milliseconds for making the connection. Default 10,000. */
  connectTimeout?: number | undefined
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
  /** Aborts the listener and its connections. */
  signal?: AbortSignal | undefined
  /** Told when a connection could not be accepted, for want of descriptors say; listening goes on. */
  onError?: ((error: Error) => void) | undefined
}

/**
 * Connects. Chunks that the source yields are never written to again, though several may share one buffer: copy
 * what is kept for long. Abort resets the connection (RST), so the other side never takes it for an end.
 *
 * @throws ERR_ARGUMENT, ERR_LIMIT_OPTION, ERR_TRANSPORT_REFUSED, ERR_TRANSPORT_CONNECT_TIMEOUT, ERR_TRANSPORT_CONNECT, or the signal's reason
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
  const socket = connect({ port, host: options.host ?? '127.0.0.1', noDelay: true, allowHalfOpen: true, onread: reads.onread })
  const wire = new SocketWire(socket)
  try {
    await dialling({ ...limits, signal }, (stands, refused) => {
      socket.once('connect', stands)
      socket.once('error', error => { refused(dialError(error)) })
    })
  } catch (error) {
    socket.destroy()
    await wire.gone
    throw error
  }
  const connection = new SocketConnection(socket, wire, limits)
  reads.connection = connection
  abortOn(signal, connection)
  return connection
}

/**
 * Listens. Each connection is handed to `onConnection`; when that throws or rejects, the connection is aborted.
 *
 * @throws ERR_LIMIT_OPTION, ERR_TRANSPORT_LISTEN, or the signal's reason
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
  const server = createServer({ noDelay: true, allowHalfOpen: true })
  server.maxConnections = limits.maxConnections
  const listening = deferred()
  server.once('error', listening.reject)
  server.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1', backlog: options.backlog ?? 511 }, listening.resolve)
  await listening.promise.catch((error: unknown) => { throw transportError('ERR_TRANSPORT_LISTEN', (error as { code?: string }).code, error) })
  server.off('error', listening.reject)
  server.on('error', error => { options.onError?.(connectionError(error)) })
  const { address, port } = server.address() as AddressInfo
  const listener = new Listening<TcpConnection>({ host: address, port }, () => stopServer(server))
  server.on('connection', socket => { listener.accept(acceptSocket(socket, limits), onConnection) })
  abortOn(options.signal, listener)
  return listener
}

/** The server's own `close` event waits for its connections, which are not its business here. */
async function stopServer (server: Server): Promise<void> {
  server.close()
}

function acceptSocket (socket: Socket, limits: TransportLimits): TcpConnection {
  const connection = new SocketConnection(socket, new SocketWire(socket), limits)
  socket.on('data', bytes => { connection.receive(plain(bytes)) })
  return connection
}

/** A connection that knows its ends: they are gone from the socket once it is destroyed. */
class SocketConnection extends Connection implements TcpConnection {
  readonly local: Address
  readonly remote: Address

  constructor (socket: Socket, wire: SocketWire, limits: TransportLimits) {
    super(wire, limits)
    this.local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    socket.on('end', () => { this.#ended(socket) })
    socket.on('error', error => { this.fail(connectionError(error)) })
    socket.on('close', () => { this.fail(transportError('ERR_TRANSPORT_RESET')) })
  }

  /**
   * libuv reports a reset as an end when it comes together with bytes (docs/decisions/tcp-reset.md). Writing nothing
   * tells them apart: it fails after a reset, and sends nothing otherwise.
   */
  #ended (socket: Socket): void {
    const end = (): void => { this.receiveEnd() }
    if (!socket.writable) end()
    else if (socket.writableLength > 0) setImmediate(end)
    else socket.write(NOTHING, error => { if (error === null || error === undefined) end() })
  }
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

/** A socket as a wire. Its `error` event always has a listener. */
class SocketWire implements Wire {
  readonly gone: Promise<void>
  readonly #socket: Socket
  readonly #onWritten: () => void
  #written: Deferred<void> | undefined

  constructor (socket: Socket) {
    this.#socket = socket
    this.gone = new Promise(resolve => { socket.once('close', () => { resolve() }) })
    this.#onWritten = () => { this.#wake() }
    socket.on('error', ignore)
    socket.once('close', () => { this.#wake() })
  }

  write (bytes: Bytes): Promise<void> | undefined {
    const socket = this.#socket
    if (bytes instanceof Uint8Array) {
      socket.write(bytes, this.#onWritten)
    } else {
      // one writev for the list
      socket.cork()
      for (const part of bytes) socket.write(part, this.#onWritten)
      socket.uncork()
    }
    // mostly the kernel has taken everything at once; else the bytes are needed until it has
    if (socket.writableLength === 0) return undefined
    this.#written = deferred()
    return this.#written.promise
  }

  end (): Promise<void> {
    return new Promise(resolve => { this.#socket.end(() => { resolve() }) })
  }

  pause (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }

  release (): Promise<void> {
    // both directions have ended, so the socket closes by itself
    return this.gone
  }

  reset (): Promise<void> {
    const socket = this.#socket
    // while the shutdown is under way (one turn of the loop) libuv cannot reset; by then this direction has ended in order anyway
    if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) socket.once('finish', () => { socket.resetAndDestroy() })
    else if (!socket.destroyed) socket.resetAndDestroy()
    return this.gone
  }

  #wake (): void {
    if (this.#written === undefined || this.#socket.writableLength > 0 && !this.#socket.destroyed) return
    this.#written.resolve()
    this.#written = undefined
  }
}
