import type { Duplex } from '../../stream/index.js'
import { hostAndPort } from '../../transport/host-and-port.js'
import { listenTcp, type Address, type Listener, type ServerTls } from '../../transport/tcp.js'
import { listenWebSocket } from '../../transport/websocket-server.js'
import type { CheckedLimits, RelayOptions } from './options.js'

/** Where a relay listens. */
export interface Listeners {
  readonly tcp: Address | undefined
  readonly websocket: string | undefined
  readonly listeners: readonly Listener[]
}

/** Listens on every transport that is asked for, or on none. @throws ERR_TRANSPORT_LISTEN */
export async function listenAll ({ tcp, websocket }: RelayOptions, limits: CheckedLimits, accept: (duplex: Duplex, about: { address: string }) => Promise<void>): Promise<Listeners> {
  const { maxConnections } = limits
  const closeTimeout = limits.link.closeTimeout
  const served = (connection: Duplex & { readonly remote: Address }): Promise<void> => accept(connection, { address: connection.remote.host })
  const sockets = tcp === undefined ? undefined : await listenTcp({ ...tcp, maxConnections, closeTimeout }, served)
  try {
    const messages = websocket === undefined ? undefined : await listenWebSocket({ ...websocket, maxConnections, closeTimeout }, served)
    return {
      tcp: sockets?.address,
      websocket: messages === undefined ? undefined : urlOf(messages.address, websocket),
      listeners: [sockets, messages].filter(listener => listener !== undefined)
    }
  } catch (error) {
    await sockets?.close()
    throw error
  }
}

function urlOf (address: Address, { path = '/', tls }: NonNullable<RelayOptions['websocket']> = {}): string {
  return `${tls === undefined ? 'ws' : 'wss'}://${hostAndPort(address)}${path}`
}

/** @throws ERR_TRANSPORT_CERTIFICATE */
export function reloadAll ({ tcp, websocket }: RelayOptions, listeners: readonly Listener[], tls: ServerTls): void {
  const open = [tcp, websocket].filter(options => options !== undefined)
  const secured = listeners.filter((_, at) => open[at]?.tls !== undefined)
  // the first one says that there is none
  for (const listener of secured.length === 0 ? listeners : secured) listener.reload(tls)
}
