import { ByteQueue } from './byte-queue.js'
import type { Bytes } from './layer.js'

/**
 * A short source in one piece, new memory. Undefined when it has more than `maxBytes`; the rest is not read then.
 *
 * @throws what the source throws
 */
export async function collect (source: AsyncIterable<Bytes>, maxBytes: number): Promise<Uint8Array | undefined> {
  // a queue, not a list: a flood of tiny pieces must not cost more than its bytes
  const queue = new ByteQueue()
  for await (const bytes of source) {
    if (queue.length + bytes.byteLength > maxBytes) return undefined
    queue.push(new Uint8Array(bytes.subarray()))
  }
  return queue.takeJoined(queue.length)
}
