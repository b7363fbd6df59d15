import { errorsOf, type ErrorTable } from '../../stream/index.js'

/**
 * The codes that sealed mail and prekeys raise. What is wrong with the chunks has the codes of `SESSION_ERRORS`, what is
 * wrong with the zlib stream inside them those of `ZLIB_ERRORS`. Each ends the one message that it is about.
 */
export const SEALED_MAIL_ERRORS = {
  ERR_SEALED_MAIL_VERSION: { origin: 'remote', fatal: false, sentence: 'the body is no mail of the version that is known' },
  ERR_SEALED_MAIL_LENGTH: { origin: 'remote', fatal: false, sentence: 'the Noise message of the mail announces a length that none has' },
  ERR_SEALED_MAIL_UNKNOWN_PREKEY: { origin: 'remote', fatal: false, sentence: 'the mail names a prekey that is not held: it was used already, has run out, or is lost' },
  ERR_SEALED_MAIL_AUTH: { origin: 'remote', fatal: false, sentence: 'the Noise message is not what was sealed to this prekey, for this recipient, from this sender, of this kind' },
  ERR_SEALED_MAIL_PROOF: { origin: 'remote', fatal: false, sentence: 'the mail does not prove whose the key of its sender is' },
  ERR_SEALED_MAIL_SENDER: { origin: 'remote', fatal: false, sentence: 'the mail was sealed by somebody else than it is said to be from' },
  ERR_SEALED_MAIL_ROUTE: { origin: 'local', fatal: false, sentence: 'the mail would not open: it is not from this identity, not to the owner of the prekey, or of no kind' },
  ERR_PREKEY_SIGNATURE: { origin: 'remote', fatal: false, sentence: 'the prekey is not signed by the identity that it should be of' },
  ERR_PREKEY_UNVERIFIED: { origin: 'local', fatal: false, sentence: 'the prekey is not one that verifyPrekey has given' },
  ERR_PREKEY_STORED: { origin: 'local', fatal: false, sentence: 'not the stored form of a prekey' }
} as const satisfies ErrorTable

/** Makes an error of {@link SEALED_MAIL_ERRORS}. */
export const sealedMailError = errorsOf('nova.mail', SEALED_MAIL_ERRORS)
