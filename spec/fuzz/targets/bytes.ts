import { array, bool, bytes, decode, encode, fixedBytes, float64, formatUuid, fromHex, int16, int64, parseUuid, slice, string, struct, toHex, uint16, uint32, uint64, uint8, type Schema } from '../../../lib/bytes/index.js'
import type { Random } from '../random.js'
import { same, type Target } from '../target.js'

const latin = new TextDecoder('latin1')
const ascii = new TextEncoder()

interface Kind {
  readonly schema: Schema<unknown>
  readonly make: (random: Random) => unknown
}

/** A schema with values for it, and that its types fit each other. */
function kind<T> (schema: Schema<T>, make: (random: Random) => T): Kind {
  return { schema, make }
}

const text = (random: Random): string => random.pick(['', 'a', 'grüße', '\u{1F511} key', 'x'.repeat(random.nat(100))])
const note = struct({ id: uint64, text: string, tags: slice(string), at: int64 })
const KINDS: readonly Kind[] = [
  kind(string, text),
  kind(bytes, random => random.content(200)),
  kind(slice(uint16), random => random.many(40, () => random.nat(0xffff))),
  kind(slice(slice(uint8)), random => random.many(6, () => random.many(6, () => random.nat(255)))),
  kind(slice(struct({})), random => random.many(40, () => ({}))),
  kind(slice(array(struct({}), 30)), random => random.many(3, () => Array.from({ length: 30 }, () => ({})))),
  kind(array(bool, 5), random => Array.from({ length: 5 }, () => random.bool())),
  kind(struct({ a: int16, b: float64, c: bool, d: fixedBytes(7), e: uint32 }), random => ({ a: random.nat(9) - 5, b: random.nat(1e6) / 7, c: random.bool(), d: random.bytes(7), e: random.nat(2 ** 32 - 1) })),
  kind(note, random => ({ id: BigInt(random.nat(2 ** 32)), text: text(random), tags: random.many(4, () => text(random)), at: -1n })),
  kind(slice(note), random => random.many(4, () => ({ id: 1n, text: text(random), tags: [], at: 7n })))
]

/** Every kind of schema; the first byte chooses one. */
export const schema: Target = {
  name: 'bytes.schema',
  valid: random => {
    const chosen = random.nat(KINDS.length - 1)
    const { schema, make } = KINDS[chosen] as Kind
    return Uint8Array.of(chosen, ...encode(schema, make(random)))
  },
  decode: input => {
    const { chosen, rest } = input.choice(KINDS.length)
    const { schema } = KINDS[chosen] as Kind
    const value = decode(schema, rest)
    // which NaN it was is not kept
    if (!hasNaN(value)) same('written again', encode(schema, value), rest)
  },
  codes: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES', 'ERR_SLICE_COUNT', 'ERR_BOOL', 'ERR_UTF8'],
  first: ['ERR_SHORT_INPUT'],
  edges: [30, 1024],
  largest: bytes => 2 * bytes + 1024
}

function hasNaN (value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return Number.isNaN(value)
  return Object.values(value).some(hasNaN)
}

/** Hex as text of any characters. */
export const hex: Target = {
  name: 'bytes.hex',
  valid: random => ascii.encode(toHex(random.content(60))),
  decode: input => {
    const text = latin.decode(input.bytes)
    const read = fromHex(text)
    same('written again', ascii.encode(toHex(read)), ascii.encode(text.toLowerCase()))
  },
  codes: ['ERR_HEX'],
  first: [],
  largest: bytes => 2 * bytes + 64
}

/** The text form of UUIDs, and their bytes. */
export const uuid: Target = {
  name: 'bytes.uuid',
  valid: random => random.bool() ? random.bytes(16) : ascii.encode(formatUuid(random.bytes(16))),
  decode: input => {
    // 16 bytes are a UUID; everything else is taken for text
    if (input.bytes.byteLength === 16) {
      same('parsed again', parseUuid(formatUuid(input.bytes)), input.bytes)
      return
    }
    const text = latin.decode(input.bytes)
    same('written again', ascii.encode(formatUuid(parseUuid(text))), ascii.encode(text.toLowerCase()))
  },
  codes: ['ERR_UUID'],
  first: [],
  edges: [16, 36],
  largest: bytes => 2 * bytes + 128
}
