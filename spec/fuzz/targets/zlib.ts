import { deflate, inflating, MAX_RATIO, Unpacker } from '../../../lib/zlib/index.js'
import { inflateSync, deflateSync } from 'node:zlib'
import type { Random } from '../random.js'
import { holds, same, Violation, type Target } from '../target.js'
import { join } from '../../../lib/stream/pieces.js'

const MAX_INFLATED = 20_000
const CODES = ['ERR_ZLIB_DATA', 'ERR_ZLIB_TRUNCATED', 'ERR_ZLIB_TRAILING', 'ERR_ZLIB_OUTPUT_LIMIT', 'ERR_ZLIB_DICTIONARY']

const ZEROS = deflateSync(new Uint8Array(1_000_000))
const STREAM_OF_ZEROS = deflateSync(deflateSync(new Uint8Array(3_000_000)))

/** A zlib stream: of text, of noise, stored, with a dictionary, of zeros beyond the limit, of a stream of zeros. */
async function packed (random: Random): Promise<Uint8Array> {
  const content = random.bool() ? random.content(500) : new Uint8Array(random.nat(3000)).fill(random.nat(255))
  switch (random.nat(9)) {
    case 0: return ZEROS
    case 1: return STREAM_OF_ZEROS
    case 2: return deflateSync(content, { dictionary: new Uint8Array(32).fill(1) })
    case 3: return deflateSync(content, { windowBits: 9 })
    default: return deflate(content, { level: random.nat(9) })
  }
}

/** What Node says that a stream holds, if it is one. */
function expected (bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes)
  } catch (error) {
    throw new Violation(`accepted what is no zlib stream: ${String(error)}`)
  }
}

const LIMITS = { maxInflated: MAX_INFLATED, maxRatio: MAX_RATIO }

/** A stream that comes in chunks. Output goes no further than one buffer beyond its limit. */
export const stream: Target = {
  name: 'zlib.inflating',
  backends: true,
  valid: packed,
  decode: async input => {
    const out: Uint8Array[] = []
    for await (const piece of inflating(input.source(), LIMITS)) out.push(piece)
    const whole = join(out)
    holds('output within its limit', whole.byteLength <= MAX_INFLATED)
    same('what it holds', whole, expected(input.bytes))
  },
  codes: CODES,
  first: ['ERR_ZLIB_DATA'],
  // Node's output buffer, pako's window and tables
  largest: bytes => 262_144 + bytes,
  total: bytes => 2 * 1_048_576 + 64 * bytes
}

/** A whole stream without waiting, as short messages are opened. */
export const whole: Target = {
  name: 'zlib.whole',
  backends: true,
  valid: packed,
  decode: input => {
    const unpacker = new Unpacker(LIMITS)
    try {
      const out = unpacker.whole(input.bytes)
      holds('output within its limit', out.byteLength <= MAX_INFLATED)
      same('what it holds', out, expected(input.bytes))
    } finally {
      unpacker.destroy()
    }
  },
  codes: CODES,
  first: ['ERR_ZLIB_DATA'],
  largest: bytes => 262_144 + bytes,
  total: bytes => 2 * 1_048_576 + 64 * bytes
}
