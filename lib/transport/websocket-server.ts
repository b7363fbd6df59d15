/**
 * A WebSocket server on Node; each connection is a duplex.
 *
 * @module transport/websocket-server
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { isIP, type AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { abortOn, abortReason, deferred, ignore } from '../stream/index.js'
import type { Transport } from './connection.js'
import { connectionError, listenError } from './errors.js'
import { transportLimits, type TransportLimits } from './limits.js'
import { Entrance, type Admit } from './admission.js'
import { Listening, type Address, type Listener } from './listener.js'
import type { MessageOptions } from './message-connection.js'
import type { ServerTls } from './tls-options.js'
import { limitHandshakes, reloadCertificate, reportHandshakes, withCertificate } from './tls-server.js'
import { wrapWebSocket, wsOptions } from './websocket-node.js'

export type { Admit } from './admission.js'
export type { Pem, ServerTls } from './tls-options.js'
export type { Address, Listener } from './listener.js'
export type { Transport, TransportOptions } from './connection.js'
export type { MessageOptions } from './message-connection.js'

/** A WebSocket that was accepted. */
export interface WebSocketConnection extends Transport {
  /** Who is at the other end: the proxy, unless `trustProxy` is set. */
  readonly remote: Address
}

/** Options of {@link listenWebSocket}. */
export interface WebSocketListenOptions extends MessageOptions {
  /** A server of yours, listening already; it stays yours to close. Otherwise one is made. */
  server?: Server | undefined
  /** Default 0: any free port. Not with `server`. */
  port?: number | undefined
  /** Default `127.0.0.1`: only this machine. Not with `server`. */
  host?: string | undefined
  /** The only path that is answered. Default: every one. */
  path?: string | undefined
  /** Whether a page of this origin may connect. Default: every one, and what is not a page. */
  allowOrigin?: ((origin: string | undefined, request: IncomingMessage) => boolean) | undefined
  /** Connections that may stand at a time; more are turned away with close code 1013. Default 10,000. */
  maxConnections?: number | undefined
  /** Speak TLS (`wss:`) with this certificate; `reload` of the listener shows another. Default: not. Not with `server`. */
  tls?: ServerTls | undefined
  /**
   * Connections come through a proxy which says in `X-Forwarded-For` for whom: the last address there is the one that it has
   * seen itself, and is taken for `remote`. Everybody can write that header, so set it only when nobody gets around the proxy.
   * Default false.
   */
  trustProxy?: boolean | undefined
  /** Who may connect, by address. With `trustProxy` it is not asked, since every address is the proxy's. Default: everybody. Not with `server`. */
  admit?: Admit | undefined
  /** Milliseconds for the HTTP request of a connection, TLS included. Default 10,000. Not with `server`. */
  connectTimeout?: number | undefined
  /** Answers requests that are no WebSockets, such as those for a page. Default: 426. Not with `server`. */
  onRequest?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Aborts the listener and its connections. */
  signal?: AbortSignal | undefined
  /** Told what goes wrong while listening, and with whom where TLS failed; listening goes on. */
  onError?: ((error: Error, remote?: Address) => void) | undefined
}

/**
 * Listens for WebSockets, in Node. Each connection is handed to `onConnection`; when that throws or rejects, the
 * connection is aborted. Compression is off.
 *
 * @throws ERR_LIMIT_OPTION, ERR_TRANSPORT_CERTIFICATE, ERR_TRANSPORT_LISTEN, or the signal's reason
 * @example
 * ```ts
 * import { listenWebSocket } from 'hushwire/transport/websocket-server'
 *
 * const listener = await listenWebSocket({ path: '/wire' }, async connection => { await connection.close() })
 * await listener.close()
 * ```
 */
export async function listenWebSocket (options: WebSocketListenOptions, onConnection: (connection: WebSocketConnection) => void | Promise<void>): Promise<Listener<WebSocketConnection>> {
  const limits = transportLimits(options)
  if (options.signal?.aborted === true) throw abortReason(options.signal)
  const server = options.server ?? await listen(options, limits)
  const report = (error: Error): void => { options.onError?.(connectionError(error)) }
  const { allowOrigin, path, trustProxy = false } = options
  const entrance = options.server !== undefined || trustProxy || options.admit === undefined ? undefined : new Entrance(options.admit)
  if (entrance !== undefined) server.on('connection', socket => { entrance.enter(socket) })
  const sockets = new WebSocketServer({
    ...wsOptions(limits),
    server,
    clientTracking: false,
    ...path === undefined ? {} : { path },
    ...allowOrigin === undefined ? {} : { verifyClient: ({ origin, req }: { origin: string | undefined, req: IncomingMessage }) => allowOrigin(origin, req) }
  })
  sockets.on('error', report)
  const { address, port } = server.address() as AddressInfo
  const listener = new Listening<WebSocketConnection>({ host: address, port }, async () => {
    sockets.close()
    if (options.server === undefined) stop(server)
  }, tls => { reloadCertificate(server, tls) })
  sockets.on('connection', (socket, request) => {
    socket.on('error', ignore)
    entrance?.leave(request.socket)
    if (listener.connections.size >= limits.maxConnections) socket.close(1013)
    else listener.accept(Object.assign(wrapWebSocket(socket, limits), { remote: remoteOf(request, trustProxy) }), onConnection)
  })
  abortOn(options.signal, listener)
  return listener
}

/** Who is at the other end. What the proxy has appended is last; before it stands what anybody can have written. */
function remoteOf ({ headers, socket }: IncomingMessage, trustProxy: boolean): Address {
  const forwarded = trustProxy ? String(headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() ?? '' : ''
  if (isIP(forwarded) !== 0) return { host: forwarded, port: 0 }
  return { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
}

async function listen (options: WebSocketListenOptions, { connectTimeout: timeout, maxConnections }: TransportLimits): Promise<Server> {
  const about = { headersTimeout: timeout, requestTimeout: timeout, connectionsCheckingInterval: Math.min(timeout, 1000) }
  const { tls, onRequest = upgradeOnly } = options
  const server = tls === undefined ? createServer(about, onRequest) : withCertificate(tls, certificate => createSecureServer({ ...about, ...certificate, handshakeTimeout: timeout }, onRequest))
  if (tls !== undefined) {
    limitHandshakes(server, timeout)
    reportHandshakes(server, (error, remote) => { options.onError?.(error, remote) })
  }
  server.maxConnections = maxConnections
  const listening = deferred()
  server.once('error', listening.reject)
  const at = { port: options.port ?? 0, host: options.host ?? '127.0.0.1' }
  server.listen(at, listening.resolve)
  await listening.promise.catch((error: unknown) => { throw listenError(error, at) })
  server.off('error', listening.reject)
  return server
}

function upgradeOnly (_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { connection: 'close' }).end()
}

/** Not waited for: the server's own `close` event waits for connections. Those without a WebSocket are ended. */
function stop (server: Server): void {
  server.close()
  server.closeAllConnections()
}
