import { crc32 } from 'node:zlib'
import { u64 } from '../keys.js'

/** Over the length of the key, the key and the value: CRC-32 finds every change of up to 32 bits in a row, and others but for one in 2^32. */
export function checksum (key: Uint8Array, value: Uint8Array): number {
  const head = crc32(key, crc32(u64(key.byteLength)))
  // of no bytes, zlib gives 0 or what it was given, as their address is null or not
  return value.byteLength === 0 ? head : crc32(value, head)
}
