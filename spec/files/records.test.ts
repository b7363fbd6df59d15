import test from 'ava'
import fc from 'fast-check'
import { encodeData, encodeRecord, MAX_DATA_BYTES, RECEIVERS, RecordReader, SENDERS, type FilesRecord } from '../../lib/files/records.js'
import { join } from '../../lib/stream/index.js'

const index = fc.nat(0xffff_ffff)
const length = fc.maxSafeNat()
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const code = fc.nat(255)
const bytes = fc.uint8Array({ minLength: 1, maxLength: 50 })
const said: fc.Arbitrary<FilesRecord> = fc.oneof(
  fc.record({ type: fc.constant('offer' as const), version: code, manifest: fc.uint8Array({ maxLength: 100 }) }),
  fc.record({ type: fc.constant('file' as const), index, from: length }),
  fc.record({ type: fc.constant('data' as const), bytes }),
  fc.record({ type: fc.constant('sum' as const), hash }),
  fc.record({ type: fc.constant('skip' as const), index, code }),
  fc.constant({ type: 'end' as const }),
  fc.constant({ type: 'alive' as const })
)
const answered: fc.Arbitrary<FilesRecord> = fc.oneof(
  fc.record({ type: fc.constant('accept' as const), done: fc.uint8Array({ maxLength: 9 }), parts: fc.array(fc.record({ index, bytes: length, hash }), { maxLength: 4 }) }),
  fc.record({ type: fc.constant('refuse' as const), code, index }),
  fc.record({ type: fc.constant('done' as const), index }),
  fc.record({ type: fc.constant('failed' as const), index, code }),
  fc.constant({ type: 'finished' as const }),
  fc.constant({ type: 'alive' as const })
)

/** All records of pieces, content that follows content joined, and copies of all bytes. */
function read (pieces: readonly Uint8Array[], expected = SENDERS, max = 1000): FilesRecord[] {
  const reader = new RecordReader(expected, max)
  const records: FilesRecord[] = []
  for (const piece of pieces) {
    const own = piece.slice()
    reader.push(own)
    for (let record = reader.read(); record !== undefined; record = reader.read()) {
      const last = records.at(-1)
      if (record.type === 'data' && last?.type === 'data') records[records.length - 1] = { type: 'data', bytes: join([last.bytes, record.bytes]) }
      else records.push(structuredClone(record))
    }
    // a piece is its producer's again
    own.fill(0xee)
  }
  reader.end()
  return records
}

function cut (whole: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const each of lengths) {
    pieces.push(whole.subarray(at, at + each))
    at += each
  }
  return [...pieces, whole.subarray(at)]
}

function merged (records: readonly FilesRecord[]): FilesRecord[] {
  const all: FilesRecord[] = []
  for (const record of records) {
    const last = all.at(-1)
    if (record.type === 'data' && last?.type === 'data') all[all.length - 1] = { type: 'data', bytes: join([last.bytes, record.bytes]) }
    else all.push(record)
  }
  return all
}

for (const [name, records, expected] of [['sender', said, SENDERS], ['receiver', answered, RECEIVERS]] as const) {
  test(`what a ${name} says is read as it was said, however it is cut`, t => {
    fc.assert(fc.property(fc.array(records, { maxLength: 12 }), fc.array(fc.nat(60), { maxLength: 30 }), (all, lengths) => {
      const wire = join(all.map(record => record.type === 'data' ? encodeData(record.bytes) : encodeRecord(record)))
      t.deepEqual(read(cut(wire, lengths), expected), merged(all))
    }))
  })
}

test('content is given out as it comes: nothing waits for the end of its record', t => {
  const reader = new RecordReader(SENDERS, 100)
  const record = encodeData(new Uint8Array(MAX_DATA_BYTES).fill(3))
  reader.push(record.subarray(0, 105))
  t.deepEqual(reader.read(), { type: 'data', bytes: new Uint8Array(100).fill(3) })
  t.is(reader.read(), undefined)
  t.throws(() => { reader.end() }, { code: 'ERR_FILES_PROTOCOL' })
})

test('lengths and types are refused from the header on', t => {
  const header = (type: number, size: number): Uint8Array => {
    const made = new Uint8Array(5)
    made[0] = type
    new DataView(made.buffer).setUint32(1, size)
    return made
  }
  for (const [what, bytes] of [
    ['a manifest that is too long', header(1, 101)], ['content that is too long', header(3, MAX_DATA_BYTES + 1)], ['no content', header(3, 0)], ['4 GiB', header(4, 0xffff_ffff)],
    ['an unknown type', header(0, 0)], ['another unknown type', header(255, 0)], ['what only a receiver says', header(18, 4)],
    ['a hash that is too short', join([header(4, 31), new Uint8Array(31)])], ['a hash that is too long', join([header(4, 33), new Uint8Array(33)])],
    ['an end with content', join([header(6, 1), new Uint8Array(1)])], ['a length above 2^53', join([header(2, 12), new Uint8Array(12).fill(255)])], ['an offer without a version', header(1, 0)]
  ] as const) t.throws(() => read([bytes], SENDERS, 100), { code: 'ERR_FILES_PROTOCOL' }, what)
  t.throws(() => read([join([header(16, 8), Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255)])], RECEIVERS, 100), { code: 'ERR_FILES_PROTOCOL' }, 'parts that are not there')
})

test('any bytes are records or ERR_FILES_PROTOCOL', t => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), fc.boolean(), (pieces, sender) => {
    try {
      read(pieces, sender ? SENDERS : RECEIVERS, 64)
    } catch (error) {
      t.is((error as { code: string }).code, 'ERR_FILES_PROTOCOL')
    }
  }))
  t.pass()
})
