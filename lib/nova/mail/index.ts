/**
 * Mail for a peer that is away: prekeys, which it leaves with a relay, and messages sealed to them.
 *
 * @module nova/mail
 */
export { createPrekey, exportPrekey, importPrekey, PREKEY_ID_BYTES, STORED_PREKEY_BYTES, VerifiedPrekey, verifyPrekey, type Prekey, type PublicPrekey } from './prekey.js'
export { sealMail, type SealMailParties } from './seal-mail.js'
export { openMail, openMailBytes, type MailOrigin, type OpenedMail, type OpenMailEnvelope } from './open-mail.js'
export { MAIL_HEADER_BYTES, MAIL_VERSION, MARK_BYTES } from './envelope.js'
export { SEALED_MAIL_ERRORS } from './errors.js'
