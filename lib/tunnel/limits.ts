import { limitsOf, type LimitsOf } from '../stream/index.js'

/** The limits of both ends of a tunnel, and their defaults. */
export const TUNNEL_LIMITS = {
  /** TCP connections at once, those that are being made among them. The client's `maxStreams` (192) has to allow as many. */
  maxConnections: 192,
  /** Of them, at the end that exposes, those of one peer. The client's `maxPeerStreams` (128) has to allow as many. */
  maxPeerConnections: 128,
  /** Milliseconds from a connection at the one end to the answer of the other, the wait for the relay and for the service included. */
  openTimeout: 30_000,
  /** Milliseconds for which the end that exposes waits to be told which service is wanted. */
  headTimeout: 10_000,
  /** Milliseconds for connecting to the service. */
  dialTimeout: 10_000,
  /** Milliseconds without a byte in either direction, after which a connection is reset. A day. */
  idleTimeout: 86_400_000,
  /** Milliseconds for which what was on its way when one end was reset may still be taken by the other; then that is reset too. */
  lingerTimeout: 10_000
} as const

/** Limits of a tunnel; {@link TUNNEL_LIMITS} has the defaults. */
export type TunnelLimits = LimitsOf<typeof TUNNEL_LIMITS>

/** The limits in force. */
export type CheckedTunnelLimits = Readonly<Record<keyof typeof TUNNEL_LIMITS, number>>

/** @throws ERR_LIMIT_OPTION */
export function tunnelLimits (limits?: TunnelLimits): CheckedTunnelLimits {
  return limitsOf(TUNNEL_LIMITS, limits)
}
