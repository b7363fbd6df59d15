import { join } from '../../lib/stream/index.js'

/** A source of these items; bytes are copied, so that nobody has a vector's own array in hand. */
export async function * sourceOf<T> (...items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item instanceof Uint8Array ? item.slice() as T & Uint8Array : item
}

/** Bytes in chunks of a length; lengths that do not divide units are of interest. */
export async function * chunksOf (bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.slice(at, at + length)
}

/** Everything of a source of bytes, in one piece. Copies each item before it asks for the next one. */
export async function collectBytes (source: AsyncIterable<{ subarray(): Uint8Array }>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece.subarray().slice())
  return join(pieces)
}
