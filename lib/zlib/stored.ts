import { zlibError } from './errors.js'

/** Bytes before the content of a stored block (RFC 1951, 3.2.4): the flag of the last one, the length and its complement. */
const HEADER_BYTES = 5
const MAX_CONTENT = 65_535

/** The last block of a stream, with nothing in it. */
export function lastBlock (): Uint8Array {
  return block(new Uint8Array(0), true)
}

/** `bytes` as stored blocks, none of them the last, that share nothing with it. They begin and end with a whole byte. */
export function storedBlocks (bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += MAX_CONTENT) blocks.push(block(bytes.subarray(at, at + MAX_CONTENT), false))
  return blocks
}

/** How much content follows the length and its complement, which are at `at`. @throws ERR_ZLIB_DATA when they do not fit together */
export function storedLength (bytes: Uint8Array, at: number): number {
  const [one, two, three, four] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number]
  if ((one ^ three) !== 0xff || (two ^ four) !== 0xff) throw zlibError('ERR_ZLIB_DATA')
  return one | two << 8
}

function block (content: Uint8Array, last: boolean): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + content.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, last ? 1 : 0)
  view.setUint16(1, content.byteLength, true)
  view.setUint16(3, ~content.byteLength & 0xffff, true)
  bytes.set(content, HEADER_BYTES)
  return bytes
}
