/**
 * The relay: a server that knows accounts, keeps mail, and carries packets between identities, in Node. Its clients, which run in
 * browsers too, are in `hushwire/relay`.
 *
 * @module relay/server
 */
export { startRelay, type Relay } from './server.js'
export { RELAY_LIMITS, type Registration, type RelayLimits, type RelayOptions } from './options.js'
export type { RelayEvent } from './events.js'
export { admitAll, type Admission, type Admitted } from './admission.js'
export { ADMISSION_LIMITS, rateAdmission, type AdmissionLimits, type RateAdmission } from './limits/index.js'
export { localExchange, type Exchange, type ExchangeMember, type LocalExchangeOptions } from './exchange.js'
export { RELAY_ERRORS } from '../errors.js'
export type { OperationName } from '../wire/index.js'
