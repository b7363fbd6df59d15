import { ByteQueue, type Bytes } from '../stream/index.js'

/**
 * A small body in one piece, new memory. Undefined when it is longer than `maxBytes`; the rest is dropped then.
 *
 * @throws what the packet throws
 */
export async function readBody (source: AsyncIterable<Bytes>, maxBytes: number): Promise<Uint8Array | undefined> {
  const queue = new ByteQueue()
  for await (const bytes of source) {
    if (queue.length + bytes.byteLength > maxBytes) return undefined
    queue.push(new Uint8Array(bytes.subarray()))
  }
  return queue.length === 0 ? new Uint8Array(0) : queue.takeJoined(queue.length)
}
