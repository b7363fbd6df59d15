import { errorsOf, type ErrorTable } from '../../stream/index.js'

/**
 * The codes that session bodies raise. What is wrong with the zlib stream inside them has the codes of
 * `ZLIB_ERRORS`. Each ends the one message that it is about, and nothing else.
 */
export const SESSION_ERRORS = {
  ERR_SESSION_EMPTY: { origin: 'remote', fatal: false, sentence: 'the body of the message is empty' },
  ERR_SESSION_TRUNCATED: { origin: 'remote', fatal: false, sentence: 'the body ends inside a header or a chunk' },
  ERR_SESSION_NO_FINAL: { origin: 'remote', fatal: false, sentence: 'the body ends before its final chunk' },
  ERR_SESSION_CHUNK_SIZE: { origin: 'remote', fatal: false, sentence: 'a chunk announces a length that no chunk has' },
  ERR_SESSION_FINAL_FLAG: { origin: 'remote', fatal: false, sentence: 'the final byte of a chunk is neither 0 nor 1' },
  ERR_SESSION_TRAILING: { origin: 'remote', fatal: false, sentence: 'bytes follow the final chunk' },
  ERR_SESSION_AUTH: { origin: 'remote', fatal: false, sentence: 'a chunk does not open' },
  ERR_SESSION_VERSION: { origin: 'remote', fatal: false, sentence: 'the body has a version that is not known' },
  ERR_SESSION_UNKNOWN_KEY: { origin: 'remote', fatal: false, sentence: 'the body names a key that is not held' },
  ERR_SESSION_REPLAYED: { origin: 'remote', fatal: false, sentence: 'the counter of the body was used before, or is too old' },
  ERR_SESSION_COUNTER: { origin: 'remote', fatal: false, sentence: 'the counter of the body is out of range' },
  ERR_SESSION_TOO_LONG: { origin: 'local', fatal: false, sentence: 'a message would need more chunks than it may have' },
  ERR_SESSION_KEY_EXHAUSTED: { origin: 'local', fatal: true, sentence: 'the key has sealed as many messages as it may' },
  ERR_SESSION_KEY: { origin: 'local', fatal: false, sentence: 'a session key is not 32 bytes, or not of the wire that the session speaks' },
  ERR_SESSION_NO_KEY: { origin: 'local', fatal: false, sentence: 'the session has no key yet' },
  ERR_SESSION_PEER: { origin: 'remote', fatal: false, sentence: 'the packet is not from the peer of this session, or not for us' },
  ERR_SESSION_DESTROYED: { origin: 'local', fatal: true, sentence: 'the session key was destroyed' }
} as const satisfies ErrorTable

/** Makes an error of {@link SESSION_ERRORS}. */
export const sessionError = errorsOf('nova.session', SESSION_ERRORS)
