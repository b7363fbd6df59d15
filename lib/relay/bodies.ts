import { ignore, join } from '../stream/index.js'

/** A body as one array; undefined when it is longer than `limit` bytes, and then no more of it is read. */
export async function collect (source: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of source) {
    length += piece.byteLength
    if (length > limit) return undefined
    pieces.push(new Uint8Array(piece))
  }
  return join(pieces, length)
}

/** Lets the rest of a body go, so that it keeps nobody waiting. */
export function discard (source: AsyncIterable<Uint8Array>): void {
  source[Symbol.asyncIterator]().return?.().catch(ignore)
}

/** Shows each piece before it is passed on. */
export function watched (source: AsyncIterable<Uint8Array>, look: (bytes: Uint8Array) => void): AsyncIterable<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const watcher: AsyncIterableIterator<Uint8Array> = {
    next: () => iterator.next().then(result => {
      if (result.done !== true) look(result.value)
      return result
    }),
    return: async () => {
      iterator.return?.().catch(ignore)
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => watcher
  }
  return watcher
}
