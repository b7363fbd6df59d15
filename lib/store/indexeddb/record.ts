import { keyOf } from '../memory-records.js'

/** A record as it is closed by the seal: length of the key (u16), key, value. */
export function encodeRecord (key: string, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + key.length + value.byteLength)
  new DataView(bytes.buffer).setUint16(0, key.length)
  bytes.set(keyOf(key), 2)
  bytes.set(value, 2 + key.length)
  return bytes
}

/** Key and value, which share memory with the bytes; undefined for what is no record. */
export function decodeRecord (bytes: Uint8Array): { readonly key: Uint8Array, readonly value: Uint8Array } | undefined {
  if (bytes.byteLength < 3) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(0)
  if (length === 0 || bytes.byteLength < 2 + length) return undefined
  return { key: bytes.subarray(2, 2 + length), value: bytes.subarray(2 + length) }
}
