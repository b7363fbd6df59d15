import { letGo } from '../../stream/index.js'

/** Shows each piece before it is passed on. */
export function watched (source: AsyncIterable<Uint8Array>, look: (bytes: Uint8Array) => void): AsyncIterable<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const watcher: AsyncIterableIterator<Uint8Array> = {
    next: () => iterator.next().then(result => {
      if (result.done !== true) look(result.value)
      return result
    }),
    return: async () => {
      letGo(iterator)
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => watcher
  }
  return watcher
}

/** A source that counts what it has given. */
export interface Counted extends AsyncIterable<Uint8Array> {
  readonly bytes: number
}

export function counted (source: AsyncIterable<Uint8Array>): Counted {
  let bytes = 0
  const passing = watched(source, piece => { bytes += piece.byteLength })
  return { get bytes () { return bytes }, [Symbol.asyncIterator]: () => passing[Symbol.asyncIterator]() }
}
