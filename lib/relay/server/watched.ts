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
