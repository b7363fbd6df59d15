import { RELAY_CODES } from '../../nova/index.js'
import { errorsOf, type ErrorTable, type HushwireError } from '../../stream/index.js'
import { relayError } from '../errors.js'

/** What the relay says no with, a code each of `RELAY_CODES`. */
export const RELAY_ANSWER_ERRORS = {
  ERR_RELAY_UNKNOWN_TARGET: { origin: 'remote', fatal: false, sentence: 'the relay has no account with that id' },
  ERR_RELAY_NOT_YOUR_SOURCE: { origin: 'remote', fatal: false, sentence: 'the source of the packet is not the identity of the connection' },
  ERR_RELAY_TARGET_GONE: { origin: 'remote', fatal: false, sentence: 'the connection of the peer has ended' },
  ERR_RELAY_MALFORMED: { origin: 'remote', fatal: false, sentence: 'the relay does not understand the request' },
  ERR_RELAY_LIMIT: { origin: 'remote', fatal: false, sentence: 'it is more than the relay allows for now' },
  ERR_RELAY_NOT_REGISTERED: { origin: 'remote', fatal: true, sentence: 'the relay did not admit the identity' },
  ERR_RELAY_INVITE: { origin: 'remote', fatal: true, sentence: 'the invite is missing, unknown or used up' },
  ERR_RELAY_QUOTA: { origin: 'remote', fatal: false, sentence: 'a mailbox at the relay is full: send again when its owner has taken mail, or some has run out' },
  ERR_RELAY_TOO_LONG: { origin: 'remote', fatal: false, sentence: 'the mail is longer than the relay takes' },
  ERR_RELAY_UNAVAILABLE: { origin: 'remote', fatal: false, sentence: 'the relay cannot do it for now' },
  ERR_RELAY_OFFLINE: { origin: 'remote', fatal: false, sentence: 'the peer has an account, and is not connected' },
  ERR_RELAY_NO_PREKEY: { origin: 'remote', fatal: false, sentence: 'the peer has left no prekey with the relay: send again when it has connected' },
  ERR_RELAY_SHUTDOWN: { origin: 'remote', fatal: false, sentence: 'the relay is shutting down' }
} as const satisfies ErrorTable

/** Makes an error of {@link RELAY_ANSWER_ERRORS}. */
const answerError = errorsOf('relay.answer', RELAY_ANSWER_ERRORS)

const BY_STATUS: Readonly<Record<number, keyof typeof RELAY_ANSWER_ERRORS>> = {
  [RELAY_CODES.unknownTarget]: 'ERR_RELAY_UNKNOWN_TARGET',
  [RELAY_CODES.notYourSource]: 'ERR_RELAY_NOT_YOUR_SOURCE',
  [RELAY_CODES.targetGone]: 'ERR_RELAY_TARGET_GONE',
  [RELAY_CODES.malformed]: 'ERR_RELAY_MALFORMED',
  [RELAY_CODES.limit]: 'ERR_RELAY_LIMIT',
  [RELAY_CODES.notRegistered]: 'ERR_RELAY_NOT_REGISTERED',
  [RELAY_CODES.invite]: 'ERR_RELAY_INVITE',
  [RELAY_CODES.quota]: 'ERR_RELAY_QUOTA',
  [RELAY_CODES.tooLong]: 'ERR_RELAY_TOO_LONG',
  [RELAY_CODES.unavailable]: 'ERR_RELAY_UNAVAILABLE',
  [RELAY_CODES.offline]: 'ERR_RELAY_OFFLINE',
  [RELAY_CODES.noPrekey]: 'ERR_RELAY_NO_PREKEY',
  [RELAY_CODES.shutdown]: 'ERR_RELAY_SHUTDOWN'
}

/** The error of a status other than `ok`. A status of no known code is ERR_RELAY_PROTOCOL. */
export function statusError (status: number): HushwireError {
  const code = BY_STATUS[status]
  return code === undefined ? relayError('ERR_RELAY_PROTOCOL', `status ${status}`) : answerError(code)
}

/** The codes that a client of a relay raises itself. */
export const RELAY_CLIENT_ERRORS = {
  ERR_RELAY_REQUESTS: { origin: 'local', fatal: false, sentence: 'as many requests wait for their answers as are allowed' },
  ERR_RELAY_CLIENT_CLOSED: { origin: 'local', fatal: true, sentence: 'the client is closed' },
  ERR_RELAY_LEAVING: { origin: 'remote', fatal: false, sentence: 'the relay takes nothing more on this connection' },
  ERR_RELAY_URL: { origin: 'local', fatal: true, sentence: 'the URL of a relay cannot be used: it is a ws:, wss:, tcp: or tls: one, as far as this platform can dial them' },
  ERR_RELAY_ADDRESS: { origin: 'local', fatal: true, sentence: 'the text is not the address of a relay, such as wss://relay.example/#KEY' },
  ERR_RELAY_OPTION: { origin: 'local', fatal: true, sentence: 'an option of the client is missing or not what it must be' },
  ERR_RELAY_QUEUE: { origin: 'local', fatal: false, sentence: 'as much mail waits to be sent as is allowed: wait until some is acknowledged, or raise maxQueued or maxQueuedBytes' },
  ERR_RELAY_NOT_ACCEPTED: { origin: 'remote', fatal: false, sentence: 'the peer is not one that this client accepts' },
  ERR_RELAY_LONG_MAIL: { origin: 'remote', fatal: false, sentence: 'the mail is longer, sealed, than any message that this client takes: raise maxMessage for more' },
  ERR_RELAY_STREAM: { origin: 'remote', fatal: false, sentence: 'the head of a stream between peers is malformed' },
  ERR_RELAY_STREAMS: { origin: 'local', fatal: false, sentence: 'as many streams are open as are allowed: end one first, or raise maxStreams' },
  ERR_RELAY_WATCHED: { origin: 'local', fatal: false, sentence: 'as many peers are watched as are allowed' },
  ERR_OFFER_TEXT: { origin: 'remote', fatal: false, sentence: 'the text is not an offer of pairing' },
  ERR_OFFER_VERSION: { origin: 'remote', fatal: false, sentence: 'the offer of pairing is of another version' },
  ERR_OFFER_EXPIRED: { origin: 'remote', fatal: false, sentence: 'the time of the offer is over: ask for a new one, and see that the clock is right' },
  ERR_OFFER_RELAY: { origin: 'local', fatal: false, sentence: 'the offer of pairing is for another relay' },
  ERR_OFFER_PEER: { origin: 'remote', fatal: false, sentence: 'the key of the peer is not the one of the offer' },
  ERR_OFFER_TOKEN: { origin: 'remote', fatal: false, sentence: 'the token of an offer is unknown, used up or too late' },
  ERR_OFFER_REFUSED: { origin: 'remote', fatal: false, sentence: 'who made the offer does not accept it: it is used up or too late, so ask for a new one' },
  ERR_OFFER_UNANSWERED: { origin: 'remote', fatal: false, sentence: 'who made the offer has not answered yet: it may be away, or the offer is used up; its key is trusted, and the same offer can be tried again' },
  ERR_OFFER_LIMIT: { origin: 'local', fatal: false, sentence: 'as many offers are open as are allowed, or as many answers are waited for' },
  ERR_CONTACT_LIMIT: { origin: 'local', fatal: false, sentence: 'there are as many contacts as are allowed' }
} as const satisfies ErrorTable

/** Makes an error of {@link RELAY_CLIENT_ERRORS}. */
export const clientError = errorsOf('relay.client', RELAY_CLIENT_ERRORS)
