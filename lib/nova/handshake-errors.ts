import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes of the handshakes of links and peers, beside those of `hushwire/noise` and of identities. Fatal ones have wiped the handshake. */
export const HANDSHAKE_ERRORS = {
  ERR_HANDSHAKE_TURN: { origin: 'local', fatal: true, sentence: 'a handshake message out of turn' },
  ERR_HANDSHAKE_DESTROYED: { origin: 'local', fatal: true, sentence: 'the handshake was destroyed, or has failed before' },
  ERR_HANDSHAKE_OPTION: { origin: 'local', fatal: false, sentence: 'the options of the handshake do not go together' },
  ERR_HANDSHAKE_MESSAGE: { origin: 'remote', fatal: true, sentence: 'the handshake message does not have its length' },
  ERR_HANDSHAKE_VERSION: { origin: 'remote', fatal: true, sentence: 'the other side speaks another version of the link' },
  ERR_HANDSHAKE_OFFER: { origin: 'remote', fatal: true, sentence: 'the window or the number of packets that the other side offers cannot be' },
  ERR_HANDSHAKE_PEER: { origin: 'remote', fatal: true, sentence: 'the peer is another one than was addressed' },
  ERR_HANDSHAKE_LOW_ORDER: { origin: 'remote', fatal: true, sentence: 'a public key of low order' },
  ERR_HANDSHAKE_REFLECTED: { origin: 'remote', fatal: true, sentence: 'our own public key came back' }
} as const satisfies ErrorTable

/** Makes an error of {@link HANDSHAKE_ERRORS}. */
export const handshakeError = errorsOf('nova.handshake', HANDSHAKE_ERRORS)
