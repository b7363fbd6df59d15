import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that `hushwire/zlib` raises. Each of them ends the stream that it is about, and nothing else. */
export const ZLIB_ERRORS = {
  ERR_ZLIB_DATA: { origin: 'remote', fatal: false, sentence: 'not a zlib stream, or one that was damaged' },
  ERR_ZLIB_TRUNCATED: { origin: 'remote', fatal: false, sentence: 'the zlib stream is cut short' },
  ERR_ZLIB_TRAILING: { origin: 'remote', fatal: false, sentence: 'the zlib stream is followed by more bytes' },
  ERR_ZLIB_DICTIONARY: { origin: 'remote', fatal: false, sentence: 'the zlib stream asks for a preset dictionary' },
  ERR_ZLIB_OUTPUT_LIMIT: { origin: 'remote', fatal: false, sentence: 'the zlib stream holds more than the receiver takes' },
  ERR_ZLIB_RATIO: { origin: 'remote', fatal: false, sentence: 'the zlib stream expands more than the receiver takes' },
  ERR_ZLIB_LEVEL: { origin: 'local', fatal: false, sentence: 'a compression level is not an integer from 0 to 9' },
  ERR_ZLIB_DESTROYED: { origin: 'local', fatal: false, sentence: 'the zlib stream was destroyed' },
  ERR_ZLIB_BACKEND: { origin: 'local', fatal: false, sentence: 'the zlib backend failed' }
} as const satisfies ErrorTable

/** Makes an error of {@link ZLIB_ERRORS}. */
export const zlibError = errorsOf('zlib', ZLIB_ERRORS)
