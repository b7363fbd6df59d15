import { randomBytes } from 'node:crypto'
import { join } from '../../lib/stream/index.js'
import { FLUSH } from '../../lib/zlib/index.js'
import { zlib as node } from '../../lib/zlib/node.js'
import { zlib as portable } from '../../lib/zlib/portable.js'

export const backends = [node, portable]

/** Bytes that do not shrink. */
export function noise (length: number): Uint8Array {
  return new Uint8Array(randomBytes(length))
}

/** Text that shrinks about as JSON does. */
export function text (length: number): Uint8Array {
  const lines: string[] = []
  for (let i = 0, size = 0; size < length; i++) {
    const line = `{"id":${i * 7919 % 100003},"name":"user ${i % 97}","ok":${i % 3 === 0}}\n`
    lines.push(line)
    size += line.length
  }
  return new TextEncoder().encode(lines.join('')).subarray(0, length)
}

export async function * each<T> (items: Iterable<T>): AsyncGenerator<T, void> {
  yield * items
}

/** Cuts bytes at the given places. */
export function cut (bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map(place => place % (bytes.byteLength + 1)).sort((a, b) => a - b)
  return [...sorted, bytes.byteLength].map((end, i) => bytes.subarray(i === 0 ? 0 : sorted[i - 1], end))
}

export async function collect (source: AsyncIterable<Uint8Array | typeof FLUSH>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const item of source) if (item !== FLUSH) pieces.push(item)
  return join(pieces)
}
