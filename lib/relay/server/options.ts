import type { Uuid } from '../../bytes/index.js'
import type { Identity, PostQuantum, RoutedHeader, SlowConsumer, StackLimits, VerifyPeer } from '../../nova/index.js'
import { limitsOf, type LimitsOf } from '../../stream/index.js'

/** The limits of a relay and their defaults. */
export const RELAY_LIMITS = {
  /** Connections that may stand or be in their handshake. */
  maxConnections: 10_000,
  /** Connections that may be in their handshake at once. */
  maxPending: 1000,
  /** Packets of one connection that may be under way to others; at more, that connection is read no further. */
  maxForwarding: 1024,
  /**
   * Milliseconds after which a packet of which nothing more comes is cut when another waits for its place: a connection
   * takes only so many at a time.
   */
  maxIdle: 30_000,
  /** Peers that one connection remembers to have exchanged packets with, and tells of its end; the longest unused is forgotten. */
  maxCorrespondents: 1024
} as const

/** Limits of a relay; {@link RELAY_LIMITS} has the defaults. */
export interface RelayLimits extends LimitsOf<typeof RELAY_LIMITS> {
  /**
   * Limits of each link, the time of its handshake and of its closing among them. Default: those of `stack`, but 4,096
   * packets that wait to be sent.
   */
  readonly link?: StackLimits | undefined
}

/** What a relay tells its owner. Nothing of what it carries is in it. */
export type RelayEvent =
  /** A connection has proved who it is. */
  | { readonly type: 'connected', readonly id: Uuid }
  /** A connection was not accepted: its handshake failed, or the relay is full. */
  | { readonly type: 'refused', readonly error: Error }
  /** A connection gave way to a newer one of the same identity. */
  | { readonly type: 'taken-over', readonly id: Uuid }
  /** A connection is gone; with its cause when it did not end in order. */
  | { readonly type: 'disconnected', readonly id: Uuid, readonly error: Error | undefined }
  /** A packet was refused, or not delivered whole; `code` is one of `RELAY_CODES`. */
  | { readonly type: 'undelivered', readonly header: RoutedHeader, readonly code: number, readonly error: Error | undefined }

/** Options of `startRelay`. */
export interface RelayOptions {
  /** The relay's own; it stays the caller's. */
  identity: Identity
  /** Who may connect. Default: everybody who proves an identity. */
  verify?: VerifyPeer | undefined
  /** Whether the links' handshakes are hybrid; not unless given. */
  postQuantum?: PostQuantum | undefined
  /** Listens on TCP; port 0, the default, is any free one, and the host by default 127.0.0.1. */
  tcp?: { host?: string | undefined, port?: number | undefined } | undefined
  /** Listens for WebSockets, likewise; without a path on every one. */
  websocket?: { host?: string | undefined, port?: number | undefined, path?: string | undefined } | undefined
  limits?: RelayLimits | undefined
  /** What becomes of a packet whose target is not connected: its sender gets an error packet (default), or it is dropped in silence. */
  unknownTarget?: 'error' | 'drain' | undefined
  /** What a slow target does to the connection that sends to it: it waits (default), or that packet fails. */
  slowConsumer?: SlowConsumer | undefined
  /** Told what happens. What it throws is dropped. */
  onEvent?: ((event: RelayEvent) => void) | undefined
  /** Shown the bodies of packets as the relay sees them, piece by piece, to show what it can see. The bytes are not to be kept or changed. */
  onBytes?: ((header: RoutedHeader, bytes: Uint8Array) => void) | undefined
}

/** The limits in force; those of links are checked by `stack`. */
export type CheckedLimits = Readonly<Record<keyof typeof RELAY_LIMITS, number>> & { readonly link: StackLimits }

/** @throws ERR_LIMIT_OPTION */
export function checkLimits (limits: RelayLimits = {}): CheckedLimits {
  return { ...limitsOf(RELAY_LIMITS, limits), link: { maxWaiting: 4096, ...limits.link } }
}
