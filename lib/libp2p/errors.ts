import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that `hushwire/libp2p` raises; libp2p is given its own errors, which have these as their cause. */
export const LIBP2P_ERRORS = {
  ERR_LIBP2P_PAYLOAD: { origin: 'remote', fatal: true, sentence: 'the handshake payload is not one of libp2p' },
  ERR_LIBP2P_IDENTITY: { origin: 'remote', fatal: true, sentence: 'the identity key of the other side cannot be read' },
  ERR_LIBP2P_SIGNATURE: { origin: 'remote', fatal: true, sentence: 'the identity of the other side has not signed its Noise key' },
  ERR_LIBP2P_PEER: { origin: 'remote', fatal: true, sentence: 'the other side is not the peer that was expected' },
  ERR_LIBP2P_MUXERS: { origin: 'remote', fatal: true, sentence: 'the two sides have no stream muxer in common' }
} as const satisfies ErrorTable

/** Makes an error of {@link LIBP2P_ERRORS}. */
export const libp2pError = errorsOf('libp2p', LIBP2P_ERRORS)
