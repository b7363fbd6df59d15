/**
 * A client of the relay: the link to it, lookups, and conversations with peers. In Node and in browsers. The relay itself is in
 * `hushwire/relay/server`.
 *
 * @module relay
 */
export { relayClient, type RelayClient, type RelayClientOptions } from './client/client.js'
export { RELAY_ERRORS } from './errors.js'
