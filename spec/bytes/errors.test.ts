import test from 'ava'
import { array, bool, bytes, BYTES_ERRORS, decode, encode, fixedBytes, float32, float64, formatUuid, fromHex, int16, int32, int64, int8, slice, string, struct, uint16, uint32, uint64, uint8, type Schema } from '../../lib/bytes/index.js'
import { HushwireError } from '../../lib/index.js'

type Case = readonly [code: keyof typeof BYTES_ERRORS, what: string, run: () => unknown]

/** Encodes something that the types would not let through. */
function wrongly (schema: unknown, value: unknown): unknown {
  return encode(schema as Schema<unknown>, value)
}

const hex = (schema: unknown, text: string): unknown => decode(schema as Schema<unknown>, fromHex(text))

const ranges: ReadonlyArray<readonly [string, unknown, ...unknown[]]> = [
  ['int8', int8, -129, 128, 0.5, NaN], ['int16', int16, -32_769, 32_768, Infinity], ['int32', int32, -(2 ** 31) - 1, 2 ** 31],
  ['int64', int64, -(2n ** 63n) - 1n, 2n ** 63n], ['uint8', uint8, -1, 256, 0.5], ['uint16', uint16, -1, 65_536],
  ['uint32', uint32, -1, 2 ** 32, NaN], ['uint64', uint64, -1n, 2n ** 64n], ['float32', float32, 3.5e38, -3.5e38]
]
const types: ReadonlyArray<readonly [string, unknown, ...unknown[]]> = [
  ['int8', int8, 1n, '1', undefined], ['int64', int64, 1, '1'], ['uint64', uint64, 0], ['float32', float32, 1n], ['float64', float64, '1'],
  ['bool', bool, 1, 0, null], ['string', string, Uint8Array.of(1), undefined], ['bytes', bytes, 'ab', [1, 2], new ArrayBuffer(1)],
  ['fixedBytes', fixedBytes(1), 'a', [1]], ['slice', slice(uint8), 'ab', Uint8Array.of(1), { length: 1 }, Array(1)], ['array', array(uint8, 1), '1', null],
  ['struct', struct({ a: uint8 }), null, 1, undefined, {}]
]

const cases: readonly Case[] = [
  ['ERR_HEX', 'a letter', () => fromHex('0z')],
  ['ERR_UUID', '15 bytes', () => formatUuid(new Uint8Array(15))],
  ['ERR_SHORT_INPUT', 'no bytes', () => hex(uint8, '')],
  ['ERR_SHORT_INPUT', 'half a number', () => hex(uint64, '00000000')],
  ['ERR_SHORT_INPUT', 'a string of 2 with 1', () => hex(string, '0000000261')],
  ['ERR_SHORT_INPUT', 'a slice of 2 with 1', () => hex(slice(uint16), '000000020001')],
  ['ERR_SHORT_INPUT', 'the second field', () => hex(struct({ a: uint8, b: uint8 }), '01')],
  ['ERR_TRAILING_BYTES', 'one more', () => hex(uint8, '0102')],
  ['ERR_SLICE_COUNT', '1,025 empty structs', () => hex(slice(struct({})), '00000401')],
  ['ERR_BOOL', '2', () => hex(bool, '02')],
  ['ERR_BOOL', '255', () => hex(bool, 'ff')],
  ['ERR_UTF8', 'a byte that starts nothing', () => hex(string, '00000001ff')],
  ['ERR_UTF8', 'a surrogate', () => hex(string, '00000003eda080')],
  ['ERR_VALUE_RANGE', 'half of a surrogate pair', () => encode(string, 'a\ud800')],
  ['ERR_VALUE_RANGE', 'fixed bytes too short', () => encode(fixedBytes(3), new Uint8Array(2))],
  ['ERR_VALUE_RANGE', 'fixed bytes too long', () => encode(fixedBytes(3), new Uint8Array(4))],
  ['ERR_VALUE_RANGE', 'an array too short', () => encode(array(uint8, 2), [1])],
  ['ERR_VALUE_RANGE', 'an array too long', () => encode(array(uint8, 2), [1, 2, 3])],
  ['ERR_SCHEMA', 'a negative length', () => fixedBytes(-1)],
  ['ERR_SCHEMA', 'half a length', () => array(uint8, 0.5)],
  ['ERR_SCHEMA', 'a length above u32', () => fixedBytes(2 ** 32)],
  ['ERR_SCHEMA', 'more bytes than can be counted', () => array(array(uint64, 2 ** 32 - 1), 2 ** 32 - 1)],
  ['ERR_SCHEMA', 'a field of digits', () => struct({ a: uint8, 0: uint8 })],
  ['ERR_SCHEMA', 'a field __proto__', () => struct({ ['__proto__']: uint8 })],
  ...ranges.flatMap(([name, schema, ...values]) => values.map((value): Case => ['ERR_VALUE_RANGE', `${String(value)} as ${name}`, () => wrongly(schema, value)])),
  ...types.flatMap(([name, schema, ...values]) => values.map((value, at): Case => ['ERR_VALUE', `${typeof value} ${at} as ${name}`, () => wrongly(schema, value)]))
]

for (const [code, what, run] of cases) {
  test(`${code}: ${what}`, t => {
    const error = t.throws(run, { instanceOf: HushwireError, code })
    t.is(error.layer, 'bytes')
    t.is(error.origin, BYTES_ERRORS[code].origin)
    t.false(error.fatal)
    t.true(error.message.startsWith(BYTES_ERRORS[code].sentence))
  })
}

test('every code of the table is raised by a case', t => {
  t.deepEqual([...new Set(cases.map(([code]) => code))].sort(), Object.keys(BYTES_ERRORS).sort())
})
