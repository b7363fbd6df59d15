import { errorsOf, type ErrorTable } from '../../../stream/index.js'

/** The codes of a ring of prekeys. Each is about one message, which is not to be delivered. */
export const PREKEY_RING_ERRORS = {
  ERR_PREKEY_RING_REPLAYED: { origin: 'remote', fatal: false, sentence: 'the mail was opened before' },
  ERR_PREKEY_RING_USED: { origin: 'remote', fatal: false, sentence: 'the prekey of the mail is not held any more: other mail has used it up, or it has run out' },
  ERR_PREKEY_RING_FULL: { origin: 'remote', fatal: false, sentence: 'as much mail was opened under this prekey of last resort as may be' }
} as const satisfies ErrorTable

/** Makes an error of {@link PREKEY_RING_ERRORS}. */
export const prekeyRingError = errorsOf('relay.prekeys', PREKEY_RING_ERRORS)
