import { streamError } from '../stream/index.js'
import { bytesError } from './errors.js'

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * Lower-case hex, two digits a byte.
 *
 * @throws ERR_ARGUMENT when they are no bytes
 * @example
 * ```ts
 * import { toHex } from 'hushwire/bytes'
 *
 * toHex(Uint8Array.of(0, 255)) // '00ff'
 * ```
 */
export function toHex (bytes: Uint8Array): string {
  // plain JavaScript may bring anything, such as a text, whose letters have no hex
  if (!(bytes instanceof Uint8Array)) throw streamError('ERR_ARGUMENT', 'bytes are a Uint8Array')
  let text = ''
  for (const byte of bytes) text += PAIRS[byte]
  return text
}

/**
 * The bytes of a hex text, in either case: a new array, the caller's.
 *
 * @throws ERR_HEX when the text has an odd length or anything but hex digits; the message does not repeat it
 * @example
 * ```ts
 * import { fromHex } from 'hushwire/bytes'
 *
 * fromHex('00FF') // Uint8Array [0, 255]
 * ```
 */
export function fromHex (text: string): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string') throw bytesError('ERR_HEX', 'not a string')
  if (text.length % 2 !== 0) throw bytesError('ERR_HEX', `${text.length} digits`)
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    const high = digit(text.charCodeAt(2 * at))
    const low = digit(text.charCodeAt(2 * at + 1))
    if (high < 0 || low < 0) throw bytesError('ERR_HEX', `at byte ${at}`)
    bytes[at] = high << 4 | low
  }
  return bytes
}

/** The value of a hex digit given as a UTF-16 code unit, or -1. */
function digit (unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const lower = unit | 0x20
  return lower >= 0x61 && lower <= 0x66 && unit < 0x80 ? lower - 0x57 : -1
}
