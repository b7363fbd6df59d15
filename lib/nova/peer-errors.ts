import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes of conversations between peers over one link. */
export const PEER_ERRORS = {
  ERR_PEER_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the peer did not finish the handshake in time' },
  ERR_PEER_REFUSED: { origin: 'remote', fatal: true, sentence: 'the peer does not take up the conversation' },
  ERR_PEER_UNREACHABLE: { origin: 'remote', fatal: true, sentence: 'the server cannot reach the peer' },
  ERR_PEER_GREETING: { origin: 'remote', fatal: true, sentence: 'a handshake packet between peers is malformed' },
  ERR_PEER_LIMIT: { origin: 'local', fatal: false, sentence: 'as many conversations or handshakes are under way as are allowed' },
  ERR_PEER_CLOSED: { origin: 'local', fatal: true, sentence: 'the peers of this link are closed' }
} as const satisfies ErrorTable

/** Makes an error of {@link PEER_ERRORS}. */
export const peerError = errorsOf('nova.peers', PEER_ERRORS)
