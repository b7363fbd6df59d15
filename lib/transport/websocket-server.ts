/**
 * A WebSocket server on Node; each connection is a duplex.
 *
 * @module transport/websocket-server
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { abortOn, abortReason, deferred, ignore } from '../stream/index.js'
import type { Transport } from './connection.js'
import { codeOf, connectionError, transportError } from './errors.js'
import { transportLimits, type TransportLimits } from './limits.js'
import { Listening, type Address, type Listener } from './listener.js'
import type { MessageOptions } from './message-connection.js'
import { wrapWebSocket, wsOptions } from './websocket-node.js'

export type { Address, Listener } from './listener.js'
export type { Transport, TransportOptions } from './connection.js'
export type { MessageOptions } from './message-connection.js'

/** A WebSocket that was accepted. */
export interface WebSocketConnection extends Transport {
  /** The other end of the TCP connection: a proxy's, where there is one. */
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
  /** Milliseconds for the HTTP request of a connection. Default 10,000. Not with `server`. */
  connectTimeout?: number | undefined
  /** Aborts the listener and its connections. */
  signal?: AbortSignal | undefined
  /** Told what goes wrong while listening; listening goes on. */
  onError?: ((error: Error) => void) | undefined
}

/**
 * Listens for WebSockets, in Node. Each connection is handed to `onConnection`; when that throws or rejects, the
 * connection is aborted. Compression is off.
 *
 * @throws ERR_LIMIT_OPTION, ERR_TRANSPORT_LISTEN, or the signal's reason
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
  const { allowOrigin, path } = options
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
  })
  sockets.on('connection', (socket, { socket: { remoteAddress = '', remotePort = 0 } }) => {
    socket.on('error', ignore)
    if (listener.connections.size >= limits.maxConnections) socket.close(1013)
    else listener.accept(Object.assign(wrapWebSocket(socket, limits), { remote: { host: remoteAddress, port: remotePort } }), onConnection)
  })
  abortOn(options.signal, listener)
  return listener
}

async function listen (options: WebSocketListenOptions, { connectTimeout: timeout, maxConnections }: TransportLimits): Promise<Server> {
  const server = createServer({ headersTimeout: timeout, requestTimeout: timeout, connectionsCheckingInterval: Math.min(timeout, 1000) }, (_request, response) => {
    response.writeHead(426, { connection: 'close' }).end()
  })
  server.maxConnections = maxConnections
  const listening = deferred()
  server.once('error', listening.reject)
  server.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' }, listening.resolve)
  await listening.promise.catch((error: unknown) => { throw transportError('ERR_TRANSPORT_LISTEN', codeOf(error), error) })
  server.off('error', listening.reject)
  return server
}

/** Not waited for: the server's own `close` event waits for connections. Those without a WebSocket are ended. */
function stop (server: Server): void {
  server.close()
  server.closeAllConnections()
}
