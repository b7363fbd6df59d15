import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes of the stream muxer. */
export const MUXER_ERRORS = {
  ERR_MUXER_SEALED: { origin: 'remote', fatal: true, sentence: 'a frame of the muxer says that it is sealed, which is the encrypter\'s part' },
  ERR_MUXER_RECORD: { origin: 'remote', fatal: true, sentence: 'a record of a stream is malformed, unknown or out of place' },
  ERR_MUXER_STREAM: { origin: 'remote', fatal: true, sentence: 'a packet names a stream that cannot be its own' },
  ERR_MUXER_CREDIT: { origin: 'remote', fatal: true, sentence: 'a stream brings more than it was allowed, or allows more than there may be' },
  ERR_MUXER_FLOOD: { origin: 'remote', fatal: true, sentence: 'the other side opens streams faster than it takes the answers, or only to reset them' },
  ERR_MUXER_GONE: { origin: 'remote', fatal: false, sentence: 'the other side has closed the connection before it had everything' }
} as const satisfies ErrorTable

/** Makes an error of {@link MUXER_ERRORS}. */
export const muxerError = errorsOf('libp2p.muxer', MUXER_ERRORS)
