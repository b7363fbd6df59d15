import type { ConnectOptions } from '../../relay/index.js'

/** Connections at once, unless the user says otherwise: what a relay lets one identity have under way to another one, less some for mail and handshakes. */
export const DEFAULT_CONNECTIONS = 128
/** The most that a relay can be set up for. */
export const MOST_CONNECTIONS = 1024

/** Beside connections, what else may be open on the client: ping, and those that are being refused. */
const OTHERS = 64

/** What the client of a tunnel with so many connections is given. */
export function clientLimits (connections: number): Pick<ConnectOptions, 'limits' | 'linkLimits'> {
  return {
    limits: { maxStreams: connections + OTHERS, maxPeerStreams: connections + OTHERS },
    // the relay brings over no more at a time than we say we take
    linkLimits: { maxIncoming: Math.max(256, 2 * connections + OTHERS) }
  }
}
