/**
 * TCP connections through the relay: one end exposes services, the other one listens, and each connection is a live stream of its
 * own, encrypted from end to end. Node only.
 *
 * @module tunnel
 */
export { expose, type ExposeOptions, type Exposure } from './expose.js'
export type { TunnelService } from './services.js'
export { connectTunnel, type ConnectTunnelOptions, type Tunnel } from './connect.js'
export type { OnTunnelEvent, TunnelEvent } from './events.js'
export { TUNNEL_LIMITS, type TunnelLimits } from './limits.js'
export { isServiceName, TUNNEL_KIND } from './head.js'
export { TUNNEL_ERRORS } from './errors.js'
