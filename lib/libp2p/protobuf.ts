import { join } from '../stream/index.js'

// As much of protocol buffers as the Noise payload needs: messages whose fields are bytes, strings or messages.

/** Wire type 2: a length, and so many bytes. */
const LENGTH_DELIMITED = 2
/** Bytes of the wire types that say nothing of their length: fixed 64 and 32 bits. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 }
/** Bytes of the longest varint, 64 bits in sevens. */
const LONGEST_VARINT = 10

/** A length-delimited field of a message. */
export interface Field {
  readonly number: number
  /** A view of what was read. */
  readonly bytes: Uint8Array
}

/** A field as it lies in a message. Its number is at most 15, so that its key is one byte. */
export function encodeField (number: number, bytes: Uint8Array): Uint8Array {
  const key = number << 3 | LENGTH_DELIMITED
  return join([Uint8Array.of(key, ...varint(bytes.byteLength)), bytes])
}

/**
 * The length-delimited fields of a message, in their order; those of other types are passed over, as unknown fields
 * are. Every length is checked before it is used.
 *
 * @throws RangeError when the bytes are no message
 */
export function * decodeFields (message: Uint8Array): Generator<Field, void> {
  let at = 0
  /** The next `length` bytes. */
  const take = (length: number): Uint8Array => {
    if (length > message.byteLength - at) throw new RangeError('a field is longer than its message')
    at += length
    return message.subarray(at - length, at)
  }
  const readVarint = (): number => {
    let value = 0
    for (let index = 0; index < LONGEST_VARINT; index++) {
      const byte = take(1)[0] as number
      // a product, since shifts are of 32 bits; what is above 2^53 is inexact, and too large for any use of it
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw new RangeError('a varint of more than 64 bits')
  }
  while (at < message.byteLength) {
    const key = readVarint()
    const [number, type] = [Math.floor(key / 8), key % 8]
    if (number === 0 || number > 0x1fff_ffff) throw new RangeError('no field has that number')
    const fixed = FIXED[type]
    if (type === LENGTH_DELIMITED) yield { number, bytes: take(readVarint()) }
    else if (fixed !== undefined) take(fixed)
    else if (type === 0) readVarint()
    else throw new RangeError(`wire type ${type}`)
  }
}

function varint (value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 0x80)
  bytes.push(rest)
  return bytes
}
