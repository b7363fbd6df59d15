import { join, streamError } from '../stream/index.js'
import type { KeyRange } from './interface.js'

/**
 * A key of a name and what follows it: bytes as they are, numbers as 8 bytes, big-endian, so that keys of one name and
 * fields of fixed lengths lie in the order of their fields.
 *
 * @param name - of those records, such as `mail/header/`, in ASCII
 * @throws ERR_ARGUMENT for a name that is not
 * @example
 * ```ts
 * import { storeKey } from 'hushwire/store'
 *
 * storeKey('message/', new Uint8Array(16), 7).byteLength // 32
 * ```
 */
export function storeKey (name: string, ...fields: ReadonlyArray<Uint8Array | number>): Uint8Array {
  let length = name.length
  for (const field of fields) length += typeof field === 'number' ? 8 : field.byteLength
  const key = new Uint8Array(length)
  let at = 0
  for (; at < name.length; at++) {
    const unit = name.charCodeAt(at)
    if (unit > 127) throw streamError('ERR_ARGUMENT', 'the name of a key is ASCII')
    key[at] = unit
  }
  for (const field of fields) {
    if (typeof field === 'number') writeU64(key, at, field)
    else key.set(field, at)
    at += typeof field === 'number' ? 8 : field.byteLength
  }
  return key
}

/** Every key that begins with these bytes, but for those that have 64 bytes of 255 after them. */
export function keysUnder (prefix: Uint8Array): KeyRange {
  return { from: prefix, to: join([prefix, new Uint8Array(64).fill(255)]) }
}

/** The number in 8 bytes of a key, from `at` on. */
export function numberIn (bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)
}

/** A whole number from 0 to 2^53 - 1 as 8 bytes. */
export function u64 (value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  writeU64(bytes, 0, value)
  return bytes
}

function writeU64 (bytes: Uint8Array, at: number, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8)
  view.setUint32(0, Math.floor(value / 2 ** 32))
  view.setUint32(4, value >>> 0)
}
