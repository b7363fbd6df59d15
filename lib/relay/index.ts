/**
 * A client of the relay, in Node and in browsers: mail that waits for those who are away, live streams with those who are
 * there, contacts, and pairing. The relay itself is in `hushwire/relay/server`.
 *
 * @module relay
 */
export { connect } from './client/connect.js'
export type { Client } from './client/client-face.js'
export type { ConnectOptions } from './client/options.js'
export { CLIENT_LIMITS, type ClientLimits } from './client/limits.js'
export type { ClientState } from './client/connection/line.js'
export type { AcceptPolicy } from './client/policy.js'
export type { PeerHandle } from './client/peer-handle.js'
export type { MailOptions } from './client/mail/outbox.js'
export type { ClientMessage, RejectedMail } from './client/mail/inbox.js'
export type { PeerStream } from './client/streams/live-stream.js'
export type { IncomingStream, OpenStreamOptions, StreamOptions } from './client/streams/streams.js'
export type { Presence } from './client/presence.js'
export { openContacts, type Contact, type Contacts } from './client/contacts.js'
export type { PairOptions } from './client/pairing/pairing.js'
export { offeredRelay, parseOffer, type Offer } from './client/pairing/offer.js'
export { offerIn, relayPage } from './client/pairing/offer-link.js'
export { formatRelayAddress, parseRelayAddress, type RelayAddress } from './client/connection/relay-address.js'
export { voiceGroups } from './client/pairing/voice-groups.js'
export { relayClient, type RelayClient, type RelayClientOptions } from './client/client.js'
export { openPrekeyRing } from './client/prekeys/prekey-ring.js'
export { PREKEY_RING_LIMITS, type PrekeyRing, type PrekeyRingLimits, type PrekeyRingOptions, type Publication, type UsedPrekey } from './client/prekeys/prekey-ring-options.js'
export { PREKEY_RING_ERRORS } from './client/prekeys/prekey-ring-errors.js'
export { RELAY_ANSWER_ERRORS, RELAY_CLIENT_ERRORS } from './client/errors.js'
export { RELAY_ERRORS } from './errors.js'
export { OPERATIONS } from './wire/index.js'
export type { Answered, Asked, OperationName, WirePrekey } from './wire/index.js'
