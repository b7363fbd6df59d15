import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { HARDENED_RULES, SEED_RULES, type Frame, type Packet } from '../../lib/nova/index.js'
import { bodyOf, frame, loose, nextPacket, packetFrames, sealed } from './support.js'
import { codeOf, collect, pattern } from '../support/sources.js'

const KIB = 1024

/** Batches of one frame each until the link reads no more, or `most` of them. */
async function readUntilItStops (link: ReturnType<typeof loose>, frames: Iterable<Frame>, most: number): Promise<number> {
  let pushed = 0
  for (const each of frames) {
    void link.inbound.push([each])
    pushed++
    await turn()
    if (link.inbound.length > 1 || pushed === most) break
  }
  return pushed - link.inbound.length
}

function * contents (packetNonce: number, size: number): Generator<Frame> {
  for (let frameNonce = 1; ; frameNonce++) yield sealed(frame(packetNonce, frameNonce, new Uint8Array(size)))
}

test('a packet that nobody reads stops the wire at its limit, and reading lets it go on', async t => {
  const link = loose({ limits: { stallTimeout: 0 } })
  const taken = await readUntilItStops(link, contents(1, 32 * KIB), 40)
  t.is(taken, 256 / 32)
  const packet = await nextPacket(link.face.source)
  const reader = packet.source[Symbol.asyncIterator]()
  for (let index = 0; index < 3; index++) await reader.next()
  await turn()
  t.is(link.inbound.length, 0)
  link.fail(new Error('over'))
})

test('a flood of one-byte frames is held to a count and to what it costs', async t => {
  const one = loose({ limits: { stallTimeout: 0 } })
  t.true(await readUntilItStops(one, contents(1, 1), 2000) <= 1024)
  one.fail(new Error('over'))
  // many packets, each below its own limit
  const many = loose({ limits: { stallTimeout: 0, linkBytes: 100_000 } })
  const frames = function * (): Generator<Frame> {
    for (let frameNonce = 1; ; frameNonce++) for (let packet = 1; packet <= 50; packet++) yield sealed(frame(packet, frameNonce, new Uint8Array(1)))
  }
  t.true(await readUntilItStops(many, frames(), 1000) < 400)
  many.fail(new Error('over'))
})

test('children of a link hold linkBytes together', async t => {
  const link = loose({ limits: { stallTimeout: 0, linkBytes: 300 * KIB } })
  const whole = function * (): Generator<Frame> {
    for (let packet = 1; ; packet++) yield * packetFrames(packet, new Uint8Array(50 * KIB)).map(sealed)
  }
  const taken = await readUntilItStops(link, whole(), 100)
  t.is(Math.ceil(taken / 2), 6)
  // reading the first one makes room for one more
  t.is((await bodyOf(await nextPacket(link.face.source)) as Uint8Array).byteLength, 50 * KIB)
  await turn()
  t.is(link.inbound.length, 0)
  link.fail(new Error('over'))
})

test('packets that nobody takes stop the wire at maxUnread', async t => {
  const link = loose({ limits: { stallTimeout: 0, maxUnread: 5 } })
  const empty = function * (): Generator<Frame> {
    for (let packet = 1; ; packet++) yield frame(packet, 1, undefined, true)
  }
  t.is(await readUntilItStops(link, empty(), 100), 5)
  await nextPacket(link.face.source)
  await turn()
  // of the two that wait, one
  t.is(link.inbound.length, 1)
  link.fail(new Error('over'))
})

test('fail-packet: a full packet fails at once, its bytes are let go, and the others go on', async t => {
  const link = loose({ slowConsumer: 'fail-packet', limits: { stallTimeout: 0, linkBytes: 600 * KIB } })
  const stuck: Packet[] = []
  const source = link.face.source[Symbol.asyncIterator]()
  // more of them than the link could hold
  for (let packet = 1; packet <= 20; packet++) {
    for (let frameNonce = 1; frameNonce <= 10; frameNonce++) void link.inbound.push([sealed(frame(packet, frameNonce, new Uint8Array(32 * KIB)))])
    stuck.push((await source.next() as IteratorResult<Packet, Packet>).value)
    await turn()
  }
  t.is(link.inbound.length, 0)
  void link.inbound.push(packetFrames(21, pattern(10)).map(sealed))
  t.deepEqual(await bodyOf((await source.next() as IteratorResult<Packet, Packet>).value), pattern(10))
  for (const packet of stuck) t.is(await codeOf(collect(packet.source)), 'ERR_PACKET_SLOW')
  link.fail(new Error('over'))
})

test('a packet that keeps the link from reading fails after stallTimeout, and the link goes on', async t => {
  for (const rules of [SEED_RULES, HARDENED_RULES]) {
    const link = loose({ rules, limits: { stallTimeout: 20 } })
    const source = link.face.source[Symbol.asyncIterator]()
    void link.inbound.push([...Array.from({ length: 9 }, (_, index) => sealed(frame(1, index + 1, new Uint8Array(32 * KIB)))), ...packetFrames(2, pattern(10)).map(sealed).slice(0, 1), sealed(frame(2, 2, pattern(1), rules === HARDENED_RULES))])
    const [stuck, other] = [(await source.next() as IteratorResult<Packet, Packet>).value, (await source.next() as IteratorResult<Packet, Packet>).value]
    t.is(await codeOf(collect(stuck.source)), 'ERR_PACKET_STALLED')
    t.deepEqual((await other.source[Symbol.asyncIterator]().next()).value, pattern(10))
    link.fail(new Error('over'))
  }
})

test('when one stalled packet was not enough, the next one fails as well', async t => {
  const link = loose({ limits: { stallTimeout: 20, linkBytes: 100 * KIB, packetBytes: 200 * KIB } })
  const source = link.face.source[Symbol.asyncIterator]()
  // finished ones hold 80 KiB, one open one 15, the last one 30
  void link.inbound.push([...packetFrames(1, new Uint8Array(80 * KIB)), frame(2, 1, new Uint8Array(15 * KIB)), frame(3, 1, new Uint8Array(110 * KIB)), ...packetFrames(4, pattern(3))].map(sealed))
  const packets: Packet[] = []
  for (let index = 0; index < 4; index++) packets.push((await source.next() as IteratorResult<Packet, Packet>).value)
  t.deepEqual(await bodyOf(packets[3] as Packet), pattern(3))
  t.is(await bodyOf(packets[2] as Packet), 'ERR_PACKET_STALLED')
  t.is((await bodyOf(packets[0] as Packet) as Uint8Array).byteLength, 80 * KIB)
  link.fail(new Error('over'))
})
