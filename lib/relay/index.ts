/**
 * A client of the relay: the link to it, lookups, and conversations with peers. In Node and in browsers. The relay itself is in
 * `hushwire/relay/server`.
 *
 * @module relay
 */
export { relayClient, type RelayClient, type RelayClientOptions } from './client/client.js'
export { openPrekeyRing } from './client/prekey-ring.js'
export { PREKEY_RING_LIMITS, type PrekeyRing, type PrekeyRingLimits, type PrekeyRingOptions, type Publication, type UsedPrekey } from './client/prekey-ring-options.js'
export { PREKEY_RING_ERRORS } from './client/prekey-ring-errors.js'
export { RELAY_ERRORS } from './errors.js'
