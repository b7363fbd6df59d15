import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that the relay and its clients raise. */
export const RELAY_ERRORS = {
  ERR_RELAY_FULL: { origin: 'local', fatal: true, sentence: 'the relay takes no more connections for now' },
  ERR_RELAY_TAKEN_OVER: { origin: 'remote', fatal: true, sentence: 'another connection of the same identity has taken over' },
  ERR_RELAY_IDLE: { origin: 'remote', fatal: false, sentence: 'nothing more came of a packet while others waited for its place' },
  ERR_RELAY_CLOSED: { origin: 'local', fatal: true, sentence: 'the relay has been closed' },
  ERR_RELAY_PROOF: { origin: 'remote', fatal: false, sentence: 'the relay answered a lookup with a proof of somebody else, or with none' },
  ERR_RELAY_PROTOCOL: { origin: 'remote', fatal: false, sentence: 'what came from the relay is malformed' }
} as const satisfies ErrorTable

/** Makes an error of {@link RELAY_ERRORS}. */
export const relayError = errorsOf('relay', RELAY_ERRORS)
