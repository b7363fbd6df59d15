import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that identities raise. */
export const IDENTITY_ERRORS = {
  ERR_IDENTITY_PROOF: { origin: 'remote', fatal: true, sentence: 'the peer did not prove that its static key belongs to its identity' },
  ERR_IDENTITY_REFUSED: { origin: 'remote', fatal: true, sentence: 'the identity of the peer is not accepted' },
  ERR_IDENTITY_STORED: { origin: 'local', fatal: false, sentence: 'not the stored form of an identity' }
} as const satisfies ErrorTable

/** Makes an error of {@link IDENTITY_ERRORS}. */
export const identityError = errorsOf('nova.identity', IDENTITY_ERRORS)
