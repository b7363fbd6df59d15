import test from 'ava'
import fc from 'fast-check'
import { checkUuid, compareUuid, equalUuid, formatUuid, isNilUuid, NIL_UUID, parseUuid, randomUuid, stampUuid, uuidKey } from '../../lib/bytes/index.js'

const anyUuid = fc.uint8Array({ minLength: 16, maxLength: 16 })
const TEXT = '33f0a024-7c81-4339-2ac1-3ef2b3a31ab4'

test('the text form has its dashes where RFC 9562 puts them', t => {
  const uuid = parseUuid(TEXT)
  t.deepEqual([...uuid.subarray(0, 5)], [0x33, 0xf0, 0xa0, 0x24, 0x7c])
  t.is(formatUuid(uuid), TEXT)
  t.deepEqual(parseUuid(TEXT.toUpperCase()), uuid)
})

test('any 16 bytes come back from their text form', t => {
  fc.assert(fc.property(anyUuid, uuid => { t.deepEqual(parseUuid(formatUuid(uuid)), uuid) }))
})

for (const text of ['', TEXT.replaceAll('-', ''), `{${TEXT}}`, `urn:uuid:${TEXT}`, `${TEXT}\n`, ` ${TEXT}`, TEXT.replace('-', ''), TEXT.replace('3', 'g'), `${TEXT}0`]) {
  test(`${JSON.stringify(text)} is no UUID`, t => {
    t.throws(() => parseUuid(text), { code: 'ERR_UUID' })
  })
}

for (const length of [0, 15, 17, 32]) {
  test(`${length} bytes are no UUID`, t => {
    const bytes = new Uint8Array(length)
    for (const use of [checkUuid, formatUuid, uuidKey, isNilUuid, (uuid: Uint8Array) => stampUuid(uuid, 4), (uuid: Uint8Array) => equalUuid(uuid, NIL_UUID), (uuid: Uint8Array) => compareUuid(NIL_UUID, uuid)]) {
      t.throws(() => use(bytes), { code: 'ERR_UUID' })
    }
  })
}

test('order and equality are those of the text forms, and keys are equal for equal UUIDs alone', t => {
  const near = fc.uint8Array({ minLength: 16, maxLength: 16, max: 1 })
  fc.assert(fc.property(fc.oneof(fc.tuple(anyUuid, anyUuid), fc.tuple(near, near), anyUuid.map(uuid => [uuid, uuid.slice()] as const)), ([a, b]) => {
    const [textA, textB] = [formatUuid(a), formatUuid(b)]
    t.is(Math.sign(compareUuid(a, b)), textA < textB ? -1 : textA > textB ? 1 : 0)
    t.is(equalUuid(a, b), textA === textB)
    t.is(uuidKey(a) === uuidKey(b), textA === textB)
  }))
})

test('a random UUID is of version 4 and takes all its other bits from the source', t => {
  fc.assert(fc.property(anyUuid, bytes => {
    const uuid = randomUuid(target => { target.set(bytes) })
    t.regex(formatUuid(uuid), /^.{8}-.{4}-4.{3}-[89ab].{3}-.{12}$/)
    const kept = bytes.map((byte, at) => at === 6 ? byte & 0x0f : at === 8 ? byte & 0x3f : byte)
    t.deepEqual(uuid.map((byte, at) => at === 6 ? byte & 0x0f : at === 8 ? byte & 0x3f : byte), kept)
  }))
  t.regex(formatUuid(randomUuid()), /^.{8}-.{4}-4.{3}-[89ab].{3}-.{12}$/)
  t.notDeepEqual(randomUuid(), randomUuid())
})

test('the version of a UUIDv8 can be stamped', t => {
  t.is(formatUuid(stampUuid(new Uint8Array(16).fill(0xff), 8)), 'ffffffff-ffff-8fff-bfff-ffffffffffff')
})

test('nil is 16 zero bytes', t => {
  t.is(formatUuid(NIL_UUID), '00000000-0000-0000-0000-000000000000')
  t.true(isNilUuid(new Uint8Array(16)))
  t.false(isNilUuid(parseUuid('00000000-0000-0000-0000-000000000001')))
})
