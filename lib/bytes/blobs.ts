import { bytesError } from './errors.js'
import type { Schema } from './schema.js'

const encoder = new TextEncoder()
// a byte order mark is a character like others: ignoreBOM keeps it
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes behind a u32 length. What is decoded is a view on the input. */
export const bytes: Schema<Uint8Array> = {
  minBytes: 4,
  read: input => input.takeView(input.takeCount(1)),
  write: (output, value) => {
    checkBytes('bytes', value)
    output.appendCount(value.byteLength)
    output.append(value)
  }
}

/**
 * Text as UTF-8 behind a u32 length in bytes. Strict both ways: neither invalid UTF-8 nor a lone surrogate is
 * replaced by something else.
 */
export const string: Schema<string> = {
  minBytes: 4,
  read: input => {
    const utf8 = input.takeView(input.takeCount(1))
    try {
      return decoder.decode(utf8)
    } catch (error) {
      throw bytesError('ERR_UTF8', undefined, error)
    }
  },
  write: (output, value) => {
    if (typeof value !== 'string') throw bytesError('ERR_VALUE', 'string')
    if (!value.isWellFormed()) throw bytesError('ERR_VALUE_RANGE', 'a string with half of a surrogate pair')
    bytes.write(output, encoder.encode(value))
  }
}

/**
 * Exactly `length` bytes, nothing before them. What is decoded is a view on the input.
 *
 * @throws ERR_SCHEMA when the length is not a whole number from 0 to 2^32 - 1
 * @example
 * ```ts
 * import { encode, fixedBytes } from 'hushwire/bytes'
 *
 * encode(fixedBytes(2), Uint8Array.of(7, 8)).byteLength // 2
 * ```
 */
export function fixedBytes (length: number): Schema<Uint8Array> {
  checkLength(length)
  return {
    minBytes: length,
    read: input => input.takeView(length),
    write: (output, value) => {
      checkBytes('fixed bytes', value)
      if (value.byteLength !== length) throw bytesError('ERR_VALUE_RANGE', `${value.byteLength} instead of ${length} bytes`)
      output.append(value)
    }
  }
}

/** Refuses a length that a schema cannot have. */
export function checkLength (length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > 0xffffffff) throw bytesError('ERR_SCHEMA', 'a length is a whole number from 0 to 2^32 - 1')
}

function checkBytes (name: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw bytesError('ERR_VALUE', name)
}
