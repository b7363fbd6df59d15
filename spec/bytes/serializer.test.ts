import test from 'ava'
import fc from 'fast-check'
import { array, bool, bytes, decode, encode, fixedBytes, float32, float64, int, int16, int32, int64, int8, pointer, slice, string, struct, uint, uint16, uint32, uint64, uint8, type Infer, type Schema } from '../../lib/bytes/index.js'
import { HushwireError } from '../../lib/index.js'

/** A schema with a source of its values. */
interface Sample { readonly schema: Schema<unknown>, readonly value: fc.Arbitrary<unknown> }

const whole = (schema: Schema<number>, min: number, max: number): Sample => ({ schema, value: fc.integer({ min, max }) })
const signed: Sample = { schema: int64, value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }
const unsigned: Sample = { schema: uint64, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.constantFrom<Sample[]>(
    { schema: bool, value: fc.boolean() },
    whole(int8, -128, 127), whole(int16, -32_768, 32_767), whole(int32, -(2 ** 31), 2 ** 31 - 1),
    whole(uint8, 0, 255), whole(uint16, 0, 65_535), whole(uint32, 0, 2 ** 32 - 1),
    signed, unsigned,
    { schema: float32, value: fc.float() },
    { schema: float64, value: fc.double() },
    { schema: string, value: fc.string({ unit: 'binary', maxLength: 20 }) },
    { schema: bytes, value: fc.uint8Array({ maxLength: 20 }) }
  ),
  fc.nat({ max: 8 }).map(length => ({ schema: fixedBytes(length), value: fc.uint8Array({ minLength: length, maxLength: length }) }))
)

const { sample } = fc.letrec<{ sample: Sample }>(tie => ({
  sample: fc.oneof({ maxDepth: 3, withCrossShrink: true },
    leaf,
    tie('sample').map(({ schema, value }) => ({ schema: slice(schema), value: fc.array(value, { maxLength: 6 }) })),
    fc.tuple(tie('sample'), fc.nat({ max: 4 })).map(([{ schema, value }, length]) => ({ schema: array(schema, length), value: fc.array(value, { minLength: length, maxLength: length }) })),
    tie('sample').map(({ schema, value }) => ({ schema: pointer(schema), value })),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('sample'), { maxKeys: 5, noNullPrototype: true }).map(fields => ({
      schema: struct(Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]))),
      value: fc.record(Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value])), { noNullPrototype: true })
    })))
}))

const sampleWithValue = sample.chain(({ schema, value }) => fc.tuple(fc.constant(schema), value))

test('values of any schema come back, and no cut or longer form of their bytes is taken', t => {
  fc.assert(fc.property(sampleWithValue, fc.integer({ min: 0, max: 255 }), ([schema, value], more) => {
    const encoded = encode(schema, value)
    t.true(encoded.byteLength >= schema.minBytes)
    t.deepEqual(decode(schema, encoded), value)
    t.throws(() => decode(schema, Uint8Array.of(...encoded, more)), { code: 'ERR_TRAILING_BYTES' })
    for (let length = 0; length < encoded.byteLength; length++) t.throws(() => decode(schema, encoded.subarray(0, length)), { code: 'ERR_SHORT_INPUT' })
  }), { numRuns: 300 })
})

test('input in the midst of a larger buffer is read where it lies, and not changed', t => {
  fc.assert(fc.property(sampleWithValue, fc.nat({ max: 9 }), ([schema, value], before) => {
    const encoded = encode(schema, value)
    const room = Buffer.alloc(before + encoded.byteLength + 3, 0xee)
    room.set(encoded, before)
    const copy = room.toString('hex')
    t.deepEqual(decode(schema, room.subarray(before, before + encoded.byteLength)), value)
    t.is(room.toString('hex'), copy)
  }))
})

test('whatever the bytes are, a read gives a value that they paid for or a coded error', t => {
  const input = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60, max: 3 }))
  fc.assert(fc.property(sample, input, fc.constantFrom(0, 1024), ({ schema }, random, maxEmptyElements) => {
    let value: unknown
    try {
      value = decode(schema, random, { maxEmptyElements })
    } catch (error) {
      t.true(error instanceof HushwireError && error.origin === 'remote')
      return
    }
    // a byte counts once in each of the levels that it lies in
    if (maxEmptyElements === 0) t.true(weight(value) <= 5 * random.byteLength)
    if (!hasNaN(value)) t.deepEqual(encode(schema, value), random)
  }), { numRuns: 2000 })
})

/** Elements and bytes that a decoded value holds. */
function weight (value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + 1 + weight(element), 0)
  if (typeof value === 'object' && value !== null) return Object.values(value).reduce<number>((sum, field) => sum + weight(field), 0)
  return 0
}

function hasNaN (value: unknown): boolean {
  if (value instanceof Uint8Array) return false
  if (typeof value === 'object' && value !== null) return Object.values(value).some(hasNaN)
  return Number.isNaN(value)
}

test('a count or length far beyond the input is refused before a single element is read', t => {
  let reads = 0
  const counting: Schema<number> = { ...uint8, read: input => { reads++; return uint8.read(input) } }
  const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3)
  t.throws(() => decode(slice(counting), huge), { code: 'ERR_SHORT_INPUT' })
  t.throws(() => decode(array(counting, 2 ** 32 - 1), huge), { code: 'ERR_SHORT_INPUT' })
  t.is(reads, 0)
  for (const schema of [bytes, string, fixedBytes(2 ** 32 - 1), slice(array(uint64, 1000))]) t.throws(() => decode<unknown>(schema, huge), { code: 'ERR_SHORT_INPUT' })
})

test('elements without bytes are bounded in all of one call, both ways', t => {
  const empties = slice(slice(struct({})))
  const lists = (count: number, each: number): Array<Array<Record<string, never>>> => Array.from({ length: count }, () => Array.from({ length: each }, () => ({})))
  t.is(decode(empties, encode(empties, lists(4, 256))).flat().length, 1024)
  t.throws(() => encode(empties, lists(5, 256)), { code: 'ERR_SLICE_COUNT' })
  const more = encode(empties, lists(5, 256), { maxEmptyElements: 1280 })
  t.throws(() => decode(empties, more), { code: 'ERR_SLICE_COUNT' })
  t.is(decode(empties, more, { maxEmptyElements: 1280 }).length, 5)
  // NaN would be no bound at all
  for (const maxEmptyElements of [NaN, -1, 0.5]) t.throws(() => decode(empties, more, { maxEmptyElements }), { code: 'ERR_LIMIT_OPTION' })
  t.throws(() => decode(slice(array(fixedBytes(0), 600)), Uint8Array.of(0, 0, 0, 2)), { code: 'ERR_SLICE_COUNT' })
  t.throws(() => decode(slice(fixedBytes(0)), Uint8Array.of(0xff, 0xff, 0xff, 0xff)), { code: 'ERR_SLICE_COUNT' })
})

test('an input that is no bytes is refused', t => {
  for (const none of ['\u0001', new ArrayBuffer(1), undefined]) t.throws(() => decode(uint8, none as never), { code: 'ERR_ARGUMENT' })
})

test('decoded bytes are plain views on the input; encoded ones share nothing with the value', t => {
  const schema = struct({ head: fixedBytes(2), body: bytes })
  const value = { head: Uint8Array.of(1, 2), body: Uint8Array.of(3, 4) }
  const encoded = encode(schema, value)
  value.body.fill(0)
  t.deepEqual([...encoded], [1, 2, 0, 0, 0, 2, 3, 4])
  const input = Buffer.from(encoded)
  const decoded = decode(schema, input)
  t.is(decoded.head.constructor, Uint8Array)
  t.is(decoded.body.constructor, Uint8Array)
  input.fill(9)
  t.deepEqual(decoded, { head: Uint8Array.of(9, 9), body: Uint8Array.of(9, 9) })
})

test('fields lie in the order of the schema, whatever the order in the value', t => {
  const schema = struct({ b: uint8, a: uint8 })
  const value: Infer<typeof schema> = { a: 1, b: 2 }
  t.deepEqual([...encode(schema, value)], [2, 1])
})

test('a byte order mark is a character of its string', t => {
  t.is(decode(string, encode(string, '\ufeffa')), '\ufeffa')
})

test('Go\'s int and uint take 8 bytes', t => {
  t.deepEqual([...encode(int, -1n)], Array.from({ length: 8 }, () => 0xff))
  t.deepEqual([...encode(uint, 1n)], [0, 0, 0, 0, 0, 0, 0, 1])
})
