import { deepEqual } from 'node:assert/strict'
import { array, bool, bytes, decode, encode, fixedBytes, float32, float64, fromHex, int, int16, int32, int64, int8, pointer, slice, string, struct, toHex, uint, uint16, uint32, uint64, uint8, type Infer } from '../../lib/bytes/index.js'
import type { Case, CaseContext } from '../harness/peer.js'

const NESTED = struct({ Number: uint8, Text: string })

/** The record of interop/nova-go/serializer.go, under its field names, so that JSON of both sides compares. */
const RECORD = struct({
  Fixed: struct({
    Bool: bool,
    Int8: int8,
    Int16: int16,
    Int32: int32,
    Int64: int64,
    Uint8: uint8,
    Uint16: uint16,
    Uint32: uint32,
    Uint64: uint64,
    Int: int,
    Uint: uint,
    Float32: float32,
    Float64: float64,
    Bytes: fixedBytes(4),
    Numbers: array(int16, 3)
  }),
  Text: string,
  Blob: bytes,
  Slice: slice(uint16),
  Structs: slice(NESTED),
  Inner: NESTED,
  Pointer: pointer(uint32)
})

type Record = Infer<typeof RECORD>

/** Only what is looked at by name. */
interface RecordJson {
  readonly Fixed: { readonly Float32: number }
}

/** Records of theirs with their bytes, then those that it has read. */
interface SerializerReport {
  readonly serialized: readonly RecordJson[]
  readonly bytes: readonly string[]
  readonly error?: string
}

/** As Go's JSON has it: bigints as decimals, bytes as hex, an array of bytes as numbers. */
function json (record: Record): RecordJson {
  const { Fixed, Blob, ...rest } = record
  const { Bytes, ...fixed } = Fixed
  return JSON.parse(JSON.stringify({ ...rest, Blob: toHex(Blob), Fixed: { ...fixed, Bytes: [...Bytes] } }, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value)) as RecordJson
}

/** A record of theirs in JSON; Go writes a float32 with as few digits as tell it from other ones of 32 bits. */
function exact (record: RecordJson): RecordJson {
  return { ...record, Fixed: { ...record.Fixed, Float32: Math.fround(record.Fixed.Float32) } }
}

/** Records of ours for theirs to read. */
const OURS: readonly Record[] = [0, 1, 2].map(seed => ({
  Fixed: {
    Bool: seed === 1,
    Int8: -seed,
    Int16: -300 * seed,
    Int32: -70_000 * seed,
    Int64: -(2n ** 53n) * BigInt(seed) - 1n,
    Uint8: 255 - seed,
    Uint16: 65_535 - seed,
    Uint32: 0xffff_ffff - seed,
    Uint64: 2n ** 64n - 1n - BigInt(seed),
    Int: -(2n ** 63n) + BigInt(seed),
    Uint: 2n ** 63n + BigInt(seed),
    Float32: seed / 4 - 1,
    Float64: Math.PI * 10 ** (100 * seed),
    Bytes: Uint8Array.of(seed, 1, 2, 255),
    Numbers: [-32_768, seed, 32_767]
  },
  Text: 'ключ 🔑'.repeat(seed),
  Blob: new Uint8Array(seed * 1000).fill(seed),
  Slice: Array.from({ length: seed * 100 }, (_, index) => index),
  Structs: Array.from({ length: seed }, (_, index) => ({ Number: index, Text: `struct ${index}` })),
  Inner: { Number: seed, Text: '' },
  Pointer: seed * 0x7fff_ffff
}))

/** Each side reads what the other one wrote, and has the same values. */
async function serializer (context: CaseContext): Promise<void> {
  const written = OURS.map(record => toHex(encode(RECORD, record)))
  const peer = await context.start({ records: written })
  await peer.connection.close()
  const report = (await peer.end()).report as SerializerReport
  deepEqual(report.error, undefined)
  const theirs = report.bytes.map(hex => decode(RECORD, fromHex(hex)))
  const values = report.serialized.map(exact)
  deepEqual(theirs.map(json), values.slice(0, theirs.length))
  deepEqual(theirs.map(record => toHex(encode(RECORD, record))), report.bytes)
  deepEqual(values.slice(theirs.length), OURS.map(json))
}

export const SERIALIZER_CASES: readonly Case[] = [{ name: 'a struct of every type, each way', run: serializer }]
