/**
 * The relay: a server that carries packets between identities, in Node. Its clients, which run in browsers too, are in
 * `hushwire/relay`.
 *
 * @module relay/server
 */
export { startRelay, type Relay } from './server.js'
export { RELAY_LIMITS, type RelayEvent, type RelayLimits, type RelayOptions } from './options.js'
export { admitAll, type Admission, type Admitted } from './admission.js'
export { RELAY_ERRORS } from '../errors.js'
