/**
 * WebSocket connections as duplexes: ws on Node, the native one in browsers.
 *
 * @module transport/websocket
 */
import { openWebSocket } from '#websocket'
import { abortOn, abortReason } from '../stream/index.js'
import type { Transport } from './connection.js'
import { transportLimits } from './limits.js'
import type { MessageOptions } from './message-connection.js'
import type { ClientTls } from './tls-options.js'

export type { ClientTls, Pem } from './tls-options.js'
export type { Transport, TransportOptions } from './connection.js'
export type { MessageOptions } from './message-connection.js'
export { TRANSPORT_ERRORS } from './errors.js'

/** Options of {@link dialWebSocket}. */
export interface WebSocketDialOptions extends MessageOptions {
  /** Subprotocols to offer. */
  protocols?: readonly string[] | undefined
  /** Whom to trust for `wss:`, in Node; a browser knows for itself, and refuses this option. Default: the authorities of the platform. */
  tls?: ClientTls | undefined
  /** Milliseconds for making the connection. Default 10,000. */
  connectTimeout?: number | undefined
  /** Aborts the dial, and the connection once it stands. */
  signal?: AbortSignal | undefined
}

/**
 * Connects to a WebSocket, in Node and in browsers. Bytes travel in binary messages whose bounds mean nothing; an
 * empty message ends a direction. Text messages, messages that are too long, and any close but 1000 and 1001 are errors.
 *
 * A browser cannot make the other side wait: there, a reader that falls behind by more than `highWater` and
 * `maxOverflow` fails the connection.
 *
 * @param url - `ws:` or `wss:`
 * @throws ERR_LIMIT_OPTION, ERR_TRANSPORT_REFUSED, ERR_TRANSPORT_CONNECT_TIMEOUT, ERR_TRANSPORT_CONNECT,
 *   ERR_TRANSPORT_TLS (in Node), ERR_ARGUMENT, or the signal's reason
 * @example
 * ```ts
 * import { dialWebSocket } from 'hushwire/transport/websocket'
 * import { listenWebSocket } from 'hushwire/transport/websocket-server'
 *
 * const listener = await listenWebSocket({}, connection => connection.sink(connection.source))
 * const connection = await dialWebSocket(`ws://127.0.0.1:${listener.port}`)
 * await connection.close()
 * await listener.close()
 * ```
 */
export async function dialWebSocket (url: string | URL, options: WebSocketDialOptions = {}): Promise<Transport> {
  const limits = transportLimits(options)
  if (options.signal?.aborted === true) throw abortReason(options.signal)
  const connection = await openWebSocket(url, options, limits)
  abortOn(options.signal, connection)
  return connection
}
