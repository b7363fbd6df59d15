import { streamError } from '../stream/index.js'
import { type CodecOptions, Input, Output } from './cursor.js'
import { bytesError } from './errors.js'
import type { Schema } from './schema.js'

/** Bytes that a schema alone can ask for; beyond, room is made as a value fills it. */
const MOST_AT_ONCE = 65_536

/**
 * The bytes of a value, big-endian, fields and elements back to back without padding.
 *
 * @returns a new array, the caller's; it shares nothing with the value
 * @throws ERR_VALUE when something in the value is of another type than its schema names
 * @throws ERR_VALUE_RANGE when something does not fit: a number, a length, a string that is not well formed
 * @throws ERR_SLICE_COUNT for too many elements without bytes; ERR_LIMIT_OPTION
 * @example
 * ```ts
 * import { encode, struct, uint8, uint64 } from 'hushwire/bytes'
 *
 * encode(struct({ version: uint8, counter: uint64 }), { version: 1, counter: 7n }).byteLength // 9
 * ```
 */
export function encode<T> (schema: Schema<T>, value: T, options: CodecOptions = {}): Uint8Array<ArrayBuffer> {
  const output = new Output(Math.min(schema.minBytes, MOST_AT_ONCE), options)
  schema.write(output, value)
  return output.finish()
}

/**
 * The value of some bytes, all of them.
 *
 * @param input - is not changed; what the value has of `bytes` and `fixedBytes` are views on it
 * @throws ERR_SHORT_INPUT when the value does not end within the input, or something announces more than is left
 * @throws ERR_TRAILING_BYTES when it ends before the input does
 * @throws ERR_BOOL, ERR_UTF8, ERR_SLICE_COUNT, ERR_LIMIT_OPTION, ERR_ARGUMENT when the input is no Uint8Array
 * @example
 * ```ts
 * import { decode, uint16 } from 'hushwire/bytes'
 *
 * decode(uint16, Uint8Array.of(1, 0)) // 256
 * ```
 */
export function decode<T> (schema: Schema<T>, input: Uint8Array, options: CodecOptions = {}): T {
  // plain JavaScript may bring anything, such as an ArrayBuffer
  if (!(input instanceof Uint8Array)) throw streamError('ERR_ARGUMENT', 'the input is a Uint8Array')
  const from = new Input(input, options)
  const value = schema.read(from)
  if (from.left > 0) throw bytesError('ERR_TRAILING_BYTES', `${from.left} bytes`)
  return value
}
