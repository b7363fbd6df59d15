import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that the relay and its clients raise. */
export const RELAY_ERRORS = {
  ERR_RELAY_FULL: { origin: 'local', fatal: true, sentence: 'the relay takes no more connections for now: try again later, or raise its maxConnections or maxPending' },
  ERR_RELAY_RATE: { origin: 'remote', fatal: true, sentence: 'more comes from one address or identity than is allowed: try again later, or raise the limits of its admission' },
  ERR_RELAY_NOT_LISTED: { origin: 'remote', fatal: true, sentence: 'the identity is none of those that the relay lets in: add its id to the allowlist' },
  ERR_RELAY_HELLO: { origin: 'remote', fatal: true, sentence: 'the connection did not say hello in time' },
  ERR_RELAY_SILENT: { origin: 'remote', fatal: true, sentence: 'the other side did not answer a ping in time' },
  ERR_RELAY_SLOW: { origin: 'remote', fatal: true, sentence: 'the other side has taken nothing of what waits for it for too long' },
  ERR_RELAY_TAKEN_OVER: { origin: 'remote', fatal: true, sentence: 'another connection of the same identity has taken over' },
  ERR_RELAY_IDLE: { origin: 'remote', fatal: false, sentence: 'nothing more came of a packet while others waited for its place' },
  ERR_RELAY_CROWDED: { origin: 'remote', fatal: false, sentence: 'as many packets wait for the target as may: it takes them too slowly, or somebody floods it' },
  ERR_RELAY_METRICS: { origin: 'local', fatal: true, sentence: 'the page of metrics cannot listen at that address' },
  ERR_RELAY_CLOSED: { origin: 'local', fatal: true, sentence: 'the relay has been closed' },
  ERR_RELAY_PROOF: { origin: 'remote', fatal: false, sentence: 'the relay answered a lookup with a proof of somebody else, or with none' },
  ERR_RELAY_PROTOCOL: { origin: 'remote', fatal: false, sentence: 'what came from the relay is malformed' }
} as const satisfies ErrorTable

/** Makes an error of {@link RELAY_ERRORS}. */
export const relayError = errorsOf('relay', RELAY_ERRORS)
