import test from 'ava'
import fc from 'fast-check'
import { Reader } from '../../lib/stream/index.js'
import { encodeAnswer, encodeHead, isServiceName, readAnswer, readHead, STATUS, TUNNEL_KIND, type Status } from '../../lib/tunnel/head.js'
import { encodeData, encodeReset, RecordReader } from '../../lib/tunnel/records.js'
import { codeOf } from '../relay/codes.js'
import { collect } from '../support/sources.js'

const NAMES = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
const never = new AbortController().signal

function cut (bytes: Uint8Array, size: number): Reader {
  return new Reader((async function * () { for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size) })())
}

test('a head reads as it was written, wherever it is cut, and what follows is left', async t => {
  await fc.assert(fc.asyncProperty(fc.option(NAMES, { nil: '' }), fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 30 }), async (name, behind, size) => {
    const reader = cut(Uint8Array.from([...encodeHead(name), ...behind]), size)
    t.is(await readHead(reader, never), name)
    t.deepEqual(await collect(reader.rest()), behind)
  }))
})

test('the bytes are those of docs/protocol.md', t => {
  t.deepEqual(Buffer.from(encodeHead('web')), Buffer.from('\u0001\u0003web', 'latin1'))
  t.deepEqual([...encodeHead('')], [1, 0])
  t.deepEqual([...encodeAnswer(STATUS.timeout)], [1, 4])
  t.deepEqual([...encodeData(Uint8Array.of(7, 8))], [0, 0, 0, 2, 7, 8])
  t.deepEqual([...encodeReset()], [0, 0, 0, 0])
  t.is(TUNNEL_KIND, BigInt(`0x${Buffer.from('tunl').toString('hex')}`))
})

test('any other head is refused, whatever it is', async t => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 30 }), async (bytes, size) => {
    const outcome = await readHead(cut(bytes, size), never).then(name => {
      t.deepEqual([...encodeHead(name)], [...bytes.subarray(0, 2 + name.length)])
      t.true(name === '' || isServiceName(name))
      return undefined
    }, codeOfError)
    t.true([undefined, 'ERR_TUNNEL_HEAD', 'ERR_TUNNEL_VERSION'].includes(outcome))
  }))
  const head = (...bytes: number[]): Promise<string> => codeOf(readHead(cut(Uint8Array.from(bytes), 3), never))
  t.is(await head(2, 0), 'ERR_TUNNEL_VERSION')
  t.is(await head(0), 'ERR_TUNNEL_VERSION')
  t.is(await head(1, 65), 'ERR_TUNNEL_HEAD')
  t.is(await head(1, 3, 97, 97), 'ERR_TUNNEL_HEAD')
  t.is(await head(1, 2, 97, 27), 'ERR_TUNNEL_HEAD')
  t.is(await head(1, 2, 46, 97), 'ERR_TUNNEL_HEAD')
  t.is(await head(1, 2, 0xc3, 0xa9), 'ERR_TUNNEL_HEAD')
  t.is(await head(), 'ERR_TUNNEL_HEAD')
})

test('what a service may be called', t => {
  for (const name of ['web', 'a', '0', 'git.private-2_x', 'x'.repeat(64)]) t.true(isServiceName(name), name)
  for (const name of ['', '.a', '-a', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(65), 7, undefined]) t.false(isServiceName(name), String(name))
})

test('each answer is told with its code, and any other is malformed', async t => {
  const codes: Readonly<Record<Status, string>> = {
    [STATUS.connected]: 'resolved',
    [STATUS.unknownService]: 'ERR_TUNNEL_SERVICE',
    [STATUS.refused]: 'ERR_TUNNEL_REFUSED',
    [STATUS.unreachable]: 'ERR_TUNNEL_UNREACHABLE',
    [STATUS.timeout]: 'ERR_TUNNEL_TIMEOUT',
    [STATUS.version]: 'ERR_TUNNEL_VERSION'
  }
  for (let status = 0; status < 256; status++) {
    t.is(await codeOf(readAnswer(cut(encodeAnswer(status as Status), 1), never)), codes[status as Status] ?? 'ERR_TUNNEL_HEAD')
  }
  t.is(await codeOf(readAnswer(cut(Uint8Array.of(3, 0), 1), never)), 'ERR_TUNNEL_VERSION')
  t.is(await codeOf(readAnswer(cut(Uint8Array.of(1), 1), never)), 'ERR_TUNNEL_HEAD')
})

test('records come apart as they were put together, wherever they are cut; a reset is behind what came before it', t => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }), fc.boolean(), fc.integer({ min: 1, max: 400 }), (chunks, reset, size) => {
    const wire = Buffer.concat([...chunks.map(encodeData), ...reset ? [encodeReset()] : []])
    const records = new RecordReader()
    const content: Uint8Array[] = []
    for (let at = 0; at < wire.byteLength; at += size) {
      t.false(records.reset)
      content.push(...records.read(wire.subarray(at, at + size)))
    }
    t.deepEqual(Buffer.concat(content), Buffer.concat(chunks))
    t.is(records.reset, reset)
    records.end()
    if (reset) t.throws(() => records.read(Uint8Array.of(0)), { code: 'ERR_TUNNEL_RECORD' })
  }))
})

test('a direction that ends inside a record is malformed', t => {
  const wire = encodeData(Uint8Array.of(1, 2, 3))
  for (let length = 1; length < wire.byteLength; length++) {
    const records = new RecordReader()
    records.read(wire.subarray(0, length))
    t.throws(() => { records.end() }, { code: 'ERR_TUNNEL_RECORD' })
  }
})

function codeOfError (error: unknown): string {
  return (error as { code: string }).code
}

test('tiny records do not become as many arrays', t => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index)
  const wire = Buffer.alloc(5 * bytes.byteLength)
  for (const [index, byte] of bytes.entries()) wire.set([0, 0, 0, 1, byte], 5 * index)
  for (const size of [wire.byteLength, 1_048_576, 60_001]) {
    const records = new RecordReader()
    const content: Uint8Array[] = []
    for (let at = 0; at < wire.byteLength; at += size) {
      const views = records.read(wire.subarray(at, at + size))
      t.true(views.length <= 17)
      content.push(...views)
    }
    t.deepEqual(Buffer.concat(content), Buffer.from(bytes))
    records.end()
  }
})
