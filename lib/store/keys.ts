import { join } from '../stream/index.js'
import type { KeyRange } from './interface.js'

const ascii = new TextEncoder()

/**
 * A key of a name and what follows it: bytes as they are, numbers as 8 bytes, big-endian, so that keys of one name and
 * fields of fixed lengths lie in the order of their fields.
 *
 * @param name - of those records, such as `mail/header/`
 * @example
 * ```ts
 * import { storeKey } from 'hushwire/store'
 *
 * storeKey('message/', new Uint8Array(16), 7).byteLength // 32
 * ```
 */
export function storeKey (name: string, ...fields: ReadonlyArray<Uint8Array | number>): Uint8Array {
  return join([ascii.encode(name), ...fields.map(field => typeof field === 'number' ? u64(field) : field)])
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
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(value / 2 ** 32))
  view.setUint32(4, value >>> 0)
  return bytes
}
