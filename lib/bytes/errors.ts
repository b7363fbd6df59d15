import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that `hushwire/bytes` raises. None of them ends a connection by itself: the caller knows what its bytes were. */
export const BYTES_ERRORS = {
  ERR_HEX: { origin: 'local', fatal: false, sentence: 'not a text of pairs of hex digits' },
  ERR_UUID: { origin: 'local', fatal: false, sentence: 'not a UUID' },
  ERR_SHORT_INPUT: { origin: 'remote', fatal: false, sentence: 'the input ends before the value does' },
  ERR_TRAILING_BYTES: { origin: 'remote', fatal: false, sentence: 'the input goes on after the value' },
  ERR_SLICE_COUNT: { origin: 'remote', fatal: false, sentence: 'a slice of elements without bytes announces too many of them' },
  ERR_BOOL: { origin: 'remote', fatal: false, sentence: 'a bool is neither 0 nor 1' },
  ERR_UTF8: { origin: 'remote', fatal: false, sentence: 'a string is not valid UTF-8' },
  ERR_VALUE: { origin: 'local', fatal: false, sentence: 'a value is not of the type that its schema names' },
  ERR_VALUE_RANGE: { origin: 'local', fatal: false, sentence: 'a value does not fit its schema' },
  ERR_SCHEMA: { origin: 'local', fatal: false, sentence: 'a schema cannot be laid out' }
} as const satisfies ErrorTable

/** Makes an error of {@link BYTES_ERRORS}. */
export const bytesError = errorsOf('bytes', BYTES_ERRORS)
