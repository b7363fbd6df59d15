import { ByteQueue, letGo } from '../../stream/index.js'

/** The first bytes of a source in one piece, and what follows them. */
export interface Headed {
  readonly head: Uint8Array
  /** The rest; `return()` takes effect at once. */
  readonly rest: AsyncIterableIterator<Uint8Array>
}

/** Reads the first `length` bytes of a source. Undefined when it ends before; it is let go of then. @throws what the source throws */
export async function readHead (source: AsyncIterable<Uint8Array>, length: number): Promise<Headed | undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const queue = new ByteQueue()
  while (queue.length < length) {
    const result = await iterator.next()
    if (result.done === true) return undefined
    queue.push(result.value)
  }
  const head = new Uint8Array(queue.takeJoined(length))
  const left = queue.length > 0 ? queue.take(queue.length) : []
  const rest: AsyncIterableIterator<Uint8Array> = {
    next: () => {
      const value = left.shift()
      return value === undefined ? iterator.next() : Promise.resolve({ value, done: false })
    },
    return: () => {
      letGo(iterator)
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]: () => rest
  }
  return { head, rest }
}
