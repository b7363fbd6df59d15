import test from 'ava'
import type { Stream, StreamMuxer } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import fc from 'fast-check'
import { novaMuxer } from '../../lib/libp2p/index.js'
import { encodeId, encodeRecord, RecordReader, RECORD } from '../../lib/libp2p/muxer-records.js'
import { ResetRate } from '../../lib/libp2p/muxer-resets.js'
import type { Frame } from '../../lib/nova/index.js'
import { join } from '../../lib/stream/pieces.js'
import { cut, frame, wireOf } from '../nova/support.js'
import { closed, hostile, muxerPair } from './muxer-support.js'

const SOME = Uint8Array.of(1, 2, 3, 4, 5)
const bytes = (...parts: Uint8Array[]): Uint8Array => join(parts)
const data = (content: Uint8Array): Uint8Array => bytes(encodeRecord(RECORD.data, content.byteLength), content)
/** The first frame of a stream's packet, with these records behind its id. */
const begin = (id: number, ...records: Uint8Array[]): Frame => frame(1, 1, bytes(encodeId(id), ...records))

/** The next stream that comes. */
function next (muxer: StreamMuxer): Promise<unknown> {
  return new Promise(resolve => { muxer.addEventListener('stream', resolve, { once: true }) })
}

const WRONG: ReadonlyArray<readonly [string, string, Frame[]]> = [
  ['a sealed frame', 'ERR_MUXER_SEALED', [{ ...begin(5), packetNonce: 3, encrypted: true }]],
  ['stream 0', 'ERR_MUXER_STREAM', [frame(3, 1, encodeId(0))]],
  ['an answer to nothing', 'ERR_MUXER_STREAM', [frame(3, 1, encodeId(2))]],
  ['an id that is open', 'ERR_MUXER_STREAM', [frame(3, 1, encodeId(1))]],
  ['a packet that ends within its id', 'ERR_MUXER_STREAM', [frame(3, 1, SOME.subarray(0, 3), true)]],
  ['an unknown record', 'ERR_MUXER_RECORD', [frame(1, 2, encodeRecord(5, 1))]],
  ['a data record of nothing', 'ERR_MUXER_RECORD', [frame(1, 2, encodeRecord(RECORD.data, 0))]],
  ['a credit of nothing', 'ERR_MUXER_RECORD', [frame(1, 2, encodeRecord(RECORD.credit, 0))]],
  ['an end with a value', 'ERR_MUXER_RECORD', [frame(1, 2, encodeRecord(RECORD.end, 1))]],
  ['a second end', 'ERR_MUXER_RECORD', [frame(1, 2, bytes(encodeRecord(RECORD.end, 0), encodeRecord(RECORD.end, 0)))]],
  ['data behind the end', 'ERR_MUXER_RECORD', [frame(1, 2, bytes(encodeRecord(RECORD.end, 0), data(SOME)))]],
  ['a record behind a reset', 'ERR_MUXER_RECORD', [frame(1, 2, bytes(encodeRecord(RECORD.reset, 0), encodeRecord(RECORD.credit, 1)))]],
  ['an end within a record', 'ERR_MUXER_RECORD', [frame(1, 2, Uint8Array.of(1, 0), true)]],
  ['an end within data', 'ERR_MUXER_RECORD', [frame(1, 2, data(SOME).subarray(0, 6), true)]],
  ['more than the window', 'ERR_MUXER_CREDIT', [frame(1, 2, data(new Uint8Array(65_537)))]],
  ['credit without end', 'ERR_MUXER_CREDIT', [frame(1, 2, join(Array.from({ length: 129 }, () => encodeRecord(RECORD.credit, 0xFF_FFFF))))]],
  ['a frame that is missing', 'ERR_PACKET_PROTOCOL', [frame(1, 3, data(SOME))]],
  ['a packet out of turn', 'ERR_PACKET_PROTOCOL', [frame(4, 1, encodeId(5))]],
  ['an unknown control record', 'ERR_CONTROL_RECORD', [frame(0, 1, new Uint8Array(9).fill(9))]]
]

for (const [title, code, all] of WRONG) {
  test(`${title} ends the connection with ${code}`, async t => {
    const { wire, muxer, accepted, send } = hostile()
    const gone = closed(wire)
    await send(begin(1), frame(2, 1, encodeId(3)))
    while (accepted.length < 2) await next(muxer)
    const bystander = closed(accepted[1] as Stream)
    await send(...all)
    t.truthy(await gone)
    t.is(((await bystander) as { code?: string } | undefined)?.code, code)
  })
}

test('a packet that ends without an end, or with a reset, resets its stream alone', async t => {
  const { wire, muxer, accepted, send } = hostile()
  await send(begin(1, data(SOME)), frame(2, 1, encodeId(3)), frame(3, 1, encodeId(5)))
  while (accepted.length < 3) await next(muxer)
  const [one, two] = accepted.map(closed)
  await send(frame(1, 2, encodeRecord(RECORD.stop, 0), true), frame(2, 2, encodeRecord(RECORD.reset, 7), true))
  t.deepEqual([(await one)?.name, (await two)?.name], ['StreamResetError', 'StreamResetError'])
  t.is(accepted[2]?.status, 'open')
  wire.abort(new Error('done'))
})

test('a second packet of a stream, whose first still flows, is fatal to the opener too', async t => {
  const pair = muxerPair()
  const [here] = await pair.open()
  const gone = closed(here)
  pair.connections[1].send(await wireOf([frame(1, 1, encodeId(1)), frame(2, 1, encodeId(1))]))
  t.is(((await gone) as { code?: string } | undefined)?.code, 'ERR_MUXER_STREAM')
})

test('more streams than may wait for a listener close the muxer', async t => {
  const [wire, connection] = multiaddrConnectionPair()
  const muxer = novaMuxer({ limits: { maxEarlyStreams: 1, closeTimeout: 50 } })().createStreamMuxer(connection)
  const gone = closed(wire)
  wire.send(await wireOf([begin(1), frame(2, 1, encodeId(3))]))
  t.truthy(await gone)
  t.deepEqual([muxer.status, muxer.streams], ['closed', []])
})

test('packets in flight beyond maxLeaving are fatal', async t => {
  const { wire, send } = hostile({ limits: { maxInboundStreams: 1, maxOutboundStreams: 1, maxLeaving: 1 } })
  const gone = closed(wire)
  await send(...Array.from({ length: 5 }, (_, index) => frame(index + 1, 1, encodeId(index * 2 + 1))))
  t.truthy(await gone)
})

test('streams that are opened only to be reset are fatal in the end', async t => {
  const { wire, muxer, accepted, send } = hostile({ limits: { maxResets: 20 } })
  const gone = closed(wire)
  const opened = (id: number): Frame => frame(id, 1, bytes(encodeId(id * 2 - 1), encodeRecord(RECORD.reset, 0)), true)
  await send(...Array.from({ length: 20 }, (_, index) => opened(index + 1)), frame(21, 1, encodeId(41)))
  while (accepted.length < 21) await next(muxer)
  const bystander = closed(accepted[20] as Stream)
  await send(opened(22))
  t.truthy(await gone)
  t.is(((await bystander) as { code?: string } | undefined)?.code, 'ERR_MUXER_FLOOD')
})

test('resets count for ten seconds', t => {
  const rate = new ResetRate(2)
  t.deepEqual([0, 1, 9999, 10_000, 10_001, 19_999].map(now => rate.count(now)), [true, true, false, true, true, false])
})

test('data in tiny pieces for an iterator that has stopped asking costs what it is', async t => {
  const { wire, muxer, accepted, send } = hostile()
  await send(begin(1))
  await next(muxer)
  const iterator = (accepted[0] as Stream)[Symbol.asyncIterator]()
  const first = iterator.next()
  for (let i = 0; i < 8; i++) await send(frame(1, i + 2, join(Array.from({ length: 8192 }, () => data(Uint8Array.of(i))))))
  await send(frame(2, 1, encodeId(3)))
  await next(muxer)
  let pieces = 1
  for (let left = 65_536 - ((await first).value as Uint8Array).byteLength; left > 0; pieces++) left -= ((await iterator.next()).value as Uint8Array).byteLength
  t.true(pieces < 1200, `${pieces}`)
  wire.abort(new Error('done'))
})

test('data in tiny pieces that nobody reads costs what it is', async t => {
  const { wire, muxer, accepted, send } = hostile()
  await send(begin(1))
  await next(muxer)
  for (let i = 0; i < 8; i++) await send(frame(1, i + 2, join(Array.from({ length: 8192 }, () => data(Uint8Array.of(i))))))
  wire.send(await wireOf([frame(2, 1, encodeId(3))]))
  await next(muxer)
  const stream = accepted[0] as Stream
  t.is(stream.readBufferLength, 65_536)
  t.true([...Reflect.get(stream, 'readBuffer') as Iterable<Uint8Array>].length < 1200)
  wire.abort(new Error('done'))
})

test('a conversation that is flipped or cut anywhere ends or goes on, and never hangs', async t => {
  const whole = await wireOf([begin(1, data(SOME), encodeRecord(RECORD.credit, 5)), frame(1, 2, data(SOME)), frame(2, 1, bytes(encodeId(3), data(SOME), encodeRecord(RECORD.end, 0))), frame(1, 3, encodeRecord(RECORD.end, 0), true)])
  for (let at = 0; at < whole.byteLength; at++) {
    for (const wrong of [whole.map((byte, index) => index === at ? byte ^ 0x81 : byte), whole.subarray(0, at)]) {
      const { wire, muxer, accepted } = hostile()
      wire.send(wrong)
      await wire.close()
      const after = new Promise<void>(resolve => {
        const look = (): void => { if (muxer.status === 'closed') resolve(); else setImmediate(look) }
        look()
      })
      await after
      t.true(accepted.every(stream => stream.status !== 'open'))
      t.is(muxer.streams.length, 0)
    }
  }
})

test('records come out the same however their bytes are cut', async t => {
  const record = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map(content => ({ kind: RECORD.data, content, value: 0 })),
    fc.integer({ min: 1, max: 0xFF_FFFF }).map(value => ({ kind: RECORD.credit, content: undefined, value })),
    fc.integer({ min: 0, max: 0xFF_FFFF }).map(value => ({ kind: RECORD.reset, content: undefined, value })),
    fc.constantFrom(RECORD.stop, RECORD.end).map(kind => ({ kind, content: undefined, value: 0 }))
  )
  await fc.assert(fc.asyncProperty(fc.array(record), fc.array(fc.integer({ min: 1, max: 9 })), async (records, lengths) => {
    const read: Uint8Array[] = []
    const reader = new RecordReader({
      data: content => { read.push(new Uint8Array(content)) },
      record: (kind, value) => { read.push(encodeRecord(kind, value)) }
    })
    const wire = join(records.map(({ kind, value, content }) => content === undefined ? encodeRecord(kind, value) : data(content)))
    for await (const piece of cut(wire, lengths)) reader.push(piece)
    reader.end()
    t.deepEqual(join(read), join(records.map(({ kind, value, content }) => content ?? encodeRecord(kind, value))))
  }))
})

test('any bytes for records are read or refused, and take no memory', t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), wire => {
    let come = 0
    const reader = new RecordReader({ data: content => { come += content.byteLength }, record: () => { come += 4 } })
    try {
      reader.push(wire)
      reader.end()
    } catch (error) {
      return (error as { code?: string }).code === 'ERR_MUXER_RECORD'
    }
    return come <= wire.byteLength
  }), { numRuns: 2000 })
  t.pass()
})
