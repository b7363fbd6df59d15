import { collect, Reader } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { holds, same, type Target } from '../target.js'

const MAX_BYTES = 300

/** Exact reads: the first bytes say how long they are, the rest is the stream. What was read and what is left is what came. */
export const reader: Target = {
  name: 'stream.reader',
  valid: random => {
    const lengths = random.many(6, () => random.nat(40))
    return Uint8Array.of(lengths.length, ...lengths, ...random.bytes(lengths.reduce((sum, length) => sum + length, random.nat(30))))
  },
  decode: async input => {
    const count = (input.bytes[0] ?? 0) % 8
    const lengths = input.bytes.subarray(1, 1 + count)
    const stream = input.bytes.subarray(1 + count)
    const reader = new Reader(input.source(stream), { maxBytes: MAX_BYTES })
    const read: Uint8Array[] = []
    // 255 stands for a length beyond the limit
    for (const length of lengths) read.push(await reader.read(length === 255 ? MAX_BYTES + 1 : length))
    for await (const piece of reader.rest()) read.push(new Uint8Array(piece))
    same('what was read', join(read), stream)
  },
  codes: ['ERR_TRUNCATED', 'ERR_READ_LIMIT'],
  first: [],
  edges: [255],
  largest: bytes => 2 * bytes + 16_384,
  total: bytes => 10 * 16_384 + 8 * bytes
}

/** A short source in one piece. */
export const collecting: Target = {
  name: 'stream.collect',
  valid: random => random.content(MAX_BYTES + 20),
  decode: async input => {
    const whole = await collect(input.source(), MAX_BYTES)
    if (whole === undefined) holds('given up above the limit alone', input.bytes.byteLength > MAX_BYTES)
    else same('what was collected', whole, input.bytes)
    return whole !== undefined
  },
  codes: [],
  first: [],
  largest: bytes => 2 * bytes + 16_384
}
