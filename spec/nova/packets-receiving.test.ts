import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { HARDENED_RULES, SEED_RULES, type Frame, type OpenedFrame, type Packet, type PacketsOptions } from '../../lib/nova/index.js'
import { novaError } from '../../lib/nova/errors.js'
import { join } from '../../lib/stream/index.js'
import { bodiesOf, bodyOf, frame, later, loose, nextPacket, packetFrames, sealed } from './support.js'
import { codeOf, collect, pattern } from '../support/sources.js'

const KIB = 1024

/** The bodies of the packets of these batches, and how the link ended. */
async function received (batches: OpenedFrame[][], options: PacketsOptions = {}): Promise<{ bodies: Array<Uint8Array | string>, end: string }> {
  const link = loose(options)
  for (const batch of batches) void link.inbound.push(batch)
  link.inbound.end()
  const bodies = await bodiesOf(link.face.source).catch((error: unknown) => [(error as { code: string }).code])
  return { bodies, end: await codeOf(link.running) }
}

test('packets interleaved frame by frame', async t => {
  const one = packetFrames(1, pattern(10), pattern(20), pattern(30))
  const two = packetFrames(2, pattern(7))
  const frames = [one[0], two[0], one[1], two[1], one[2], one[3]] as Frame[]
  for (const batches of [[frames], frames.map(each => [each])]) {
    t.deepEqual(await received(batches), { bodies: [join([pattern(10), pattern(20), pattern(30)]), pattern(7)], end: 'resolved' })
  }
})

test('a packet is there with its first frame', async t => {
  const link = loose()
  void link.inbound.push([frame(1, 1, pattern(5))])
  const packet = await nextPacket(link.face.source)
  const reader = packet.source[Symbol.asyncIterator]()
  t.deepEqual((await reader.next()).value, pattern(5))
  const next = reader.next()
  void link.inbound.push([frame(1, 2, pattern(6)), frame(1, 3, undefined, true)])
  t.deepEqual((await next).value, pattern(6))
  t.true((await reader.next()).done)
  link.fail(new Error('over'))
})

test('what is yielded is the reader\'s: plain content is copied from a batch that is only lent', async t => {
  const link = loose()
  const lent = pattern(100)
  void link.inbound.push([frame(1, 1, lent), frame(1, 2, undefined, true)])
  const packet = await nextPacket(link.face.source)
  await turn()
  lent.fill(0)
  t.deepEqual(await bodyOf(packet), pattern(100))
  link.fail(new Error('over'))
})

test('an empty packet, and an empty frame that ends nothing', async t => {
  t.deepEqual(await received([[frame(1, 1, undefined, true)]]), { bodies: [new Uint8Array(0)], end: 'resolved' })
  t.deepEqual(await received([[frame(1, 1), frame(1, 2, pattern(3)), frame(1, 3), frame(1, 4, undefined, true)]]), { bodies: [pattern(3)], end: 'resolved' })
})

const failures: Array<[what: string, frames: OpenedFrame[], code: string]> = [
  ['a gap', [frame(1, 1, pattern(3)), frame(1, 3, pattern(3))], 'ERR_PACKET_SEQUENCE'],
  ['a repeat', [frame(1, 1, pattern(3)), frame(1, 2, pattern(3)), frame(1, 2, pattern(3))], 'ERR_PACKET_SEQUENCE'],
  ['its first frame again', [frame(1, 1, pattern(3)), frame(1, 1, pattern(3))], 'ERR_PACKET_SEQUENCE'],
  ['frame 0', [frame(1, 1, pattern(3)), frame(1, 0, pattern(3))], 'ERR_PACKET_SEQUENCE'],
  ['content in the terminating frame', [frame(1, 1, pattern(3)), frame(1, 2, pattern(3), true)], 'ERR_PACKET_TERMINATOR'],
  ['a frame that does not open', [frame(1, 1, pattern(3)), { packetNonce: 1, error: novaError('ERR_CIPHER_OPEN') }], 'ERR_CIPHER_OPEN'],
  ['the end of the stream', [frame(1, 1, pattern(3))], 'ERR_PACKET_TRUNCATED']
]

for (const [what, frames, code] of failures) {
  test(`seed: ${what} fails its packet, and the others go on`, async t => {
    const other = [frame(2, 1, pattern(50)), frame(2, 2, pattern(60))]
    const after = code === 'ERR_PACKET_TRUNCATED' ? [] : [frame(1, 4, pattern(9)), frame(1, 5, undefined, true)]
    const { bodies, end } = await received([[...other.slice(0, 1), ...frames, ...other.slice(1), ...after, frame(2, 3, undefined, true), ...packetFrames(3, pattern(4))]])
    t.deepEqual(bodies, [join([pattern(50), pattern(60)]), code, pattern(4)])
    t.is(end, 'resolved')
  })
}

test('the failure of a packet is thrown at every later read, after what had come', async t => {
  const link = loose()
  void link.inbound.push([frame(1, 1, pattern(3)), frame(1, 3)])
  const reader = (await nextPacket(link.face.source)).source[Symbol.asyncIterator]()
  t.deepEqual((await reader.next()).value, pattern(3))
  for (let round = 0; round < 3; round++) t.is(await codeOf(reader.next()), 'ERR_PACKET_SEQUENCE')
  link.fail(new Error('over'))
  t.is(await codeOf(reader.next()), 'ERR_PACKET_SEQUENCE')
})

test('seed: a frame that does not open creates no packet; frames that belong to none are passed over', async t => {
  const lost: OpenedFrame = { packetNonce: 7, error: novaError('ERR_CIPHER_OPEN') }
  t.deepEqual(await received([[lost, frame(7, 2, pattern(3)), frame(7, 3, undefined, true), frame(8, 5), ...packetFrames(9, pattern(2))]]), { bodies: [pattern(2)], end: 'resolved' })
})

test('seed: first frames come in any order; packetNonce 0 is fatal', async t => {
  t.deepEqual(await received([[frame(9, 1, pattern(9), false), frame(2, 1, pattern(2)), frame(9, 2, undefined, true), frame(2, 2, undefined, true)]]), { bodies: [pattern(9), pattern(2)], end: 'resolved' })
  t.is((await received([[frame(0, 1, pattern(3))]])).end, 'ERR_PACKET_PROTOCOL')
})

const GOAWAY = Uint8Array.of(6, 255, 255, 255, 255, 0, 0, 0, 0)
const violations: Array<[what: string, frames: OpenedFrame[], code: string]> = [
  ['a gap in a packet', [frame(1, 1, pattern(3)), frame(1, 3, pattern(3))], 'ERR_PACKET_PROTOCOL'],
  ['a repeat in a packet', [frame(1, 1, pattern(3)), frame(1, 1, pattern(3))], 'ERR_PACKET_PROTOCOL'],
  ['a packet out of order', [frame(2, 1, pattern(3))], 'ERR_PACKET_PROTOCOL'],
  ['a packet again', [frame(1, 1, pattern(3), true), frame(1, 1, pattern(3), true)], 'ERR_PACKET_PROTOCOL'],
  ['a frame of no packet', [frame(1, 2, pattern(3))], 'ERR_PACKET_PROTOCOL'],
  ['an empty frame that ends nothing', [frame(1, 1)], 'ERR_PACKET_PROTOCOL'],
  ['a terminating control frame', [frame(0, 1, GOAWAY, true)], 'ERR_PACKET_PROTOCOL'],
  ['a control frame out of order', [frame(0, 2, GOAWAY)], 'ERR_PACKET_PROTOCOL'],
  ['a control frame again', [frame(0, 1, GOAWAY), frame(0, 1, GOAWAY)], 'ERR_PACKET_PROTOCOL'],
  ['an empty control frame', [frame(0, 1)], 'ERR_CONTROL_RECORD'],
  ['a control record that is cut', [frame(0, 1, GOAWAY.subarray(0, 8))], 'ERR_CONTROL_RECORD'],
  ['a rekey that is not the last record', [frame(0, 1, join([Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0), GOAWAY]))], 'ERR_CONTROL_RECORD'],
  ['an end without goaway', [frame(1, 1, pattern(3), true)], 'ERR_LINK_TRUNCATED'],
  ['nothing at all', [], 'ERR_LINK_TRUNCATED']
]

for (const [what, frames, code] of violations) {
  test(`hardened: ${what} is fatal`, async t => {
    t.is((await received([frames.map(each => 'error' in each ? each : sealed(each))], { rules: HARDENED_RULES })).end, code)
  })
}

test('hardened: all 256 types of control records', async t => {
  for (let type = 0; type < 256; type++) {
    const known = type === 6 || type === 7
    const record = GOAWAY.with(0, type)
    // a goaway after, so that the end is one
    const { end } = await received([[frame(0, 1, record), frame(0, 2, GOAWAY)]], { rules: HARDENED_RULES })
    t.is(end, known ? 'resolved' : 'ERR_CONTROL_RECORD', `type ${type}`)
  }
})

test('hardened: an end at every frame boundary is truncated but after the goaway', async t => {
  const frames = [frame(1, 1, pattern(3)), frame(2, 1, pattern(4)), frame(1, 2, pattern(3), true), frame(2, 2, undefined, true), frame(0, 1, GOAWAY)]
  for (let count = 0; count <= frames.length; count++) {
    const link = loose({ rules: HARDENED_RULES })
    void link.inbound.push(frames.slice(0, count))
    link.inbound.end()
    const bodies: Array<Promise<Uint8Array | string>> = []
    const source = link.face.source[Symbol.asyncIterator]()
    for (let packet = 0; packet < Math.min(count, 2); packet++) bodies.push(bodyOf((await source.next() as IteratorResult<Packet, Packet>).value))
    t.is(await codeOf(source.next()), count === frames.length ? 'resolved' : 'ERR_LINK_TRUNCATED')
    t.is(await codeOf(link.running), count === frames.length ? 'resolved' : 'ERR_LINK_TRUNCATED')
    const whole = [count >= 3 ? join([pattern(3), pattern(3)]) : 'ERR_LINK_TRUNCATED', count >= 4 ? pattern(4) : 'ERR_LINK_TRUNCATED']
    t.deepEqual(await Promise.all(bodies), whole.slice(0, Math.min(count, 2)), `after ${count} frames`)
  }
})

test('1,024 packets in flight, and one more is fatal; a packet that ends makes room', async t => {
  const begun = Array.from({ length: SEED_RULES.maxOutgoing }, (_, index) => frame(index + 1, 1, pattern(1)))
  const link = loose()
  void link.inbound.push([...begun, frame(1, 2, undefined, true), frame(1025, 1, pattern(1))])
  const reading = bodiesOf(link.face.source)
  await turn()
  void link.inbound.push([frame(1026, 1, pattern(1))])
  t.is(await codeOf(reading), 'ERR_PACKET_TOO_MANY')
  t.is(await codeOf(link.running), 'ERR_PACKET_TOO_MANY')
})

test('leaving a packet early discards its rest and nothing else', async t => {
  for (const rules of [SEED_RULES, HARDENED_RULES]) {
    const link = loose({ rules, limits: { stallTimeout: 0 } })
    const source = link.face.source[Symbol.asyncIterator]()
    void link.inbound.push([sealed(frame(1, 1, pattern(10))), sealed(frame(2, 1, pattern(5)))])
    const [left, kept] = [(await source.next() as IteratorResult<Packet, Packet>).value, (await source.next() as IteratorResult<Packet, Packet>).value]
    for await (const bytes of left.source) {
      t.is(bytes.byteLength, 10)
      break
    }
    // far more than a packet may hold
    for (let frameNonce = 2; frameNonce < 40; frameNonce++) void link.inbound.push([sealed(frame(1, frameNonce, new Uint8Array(64 * KIB)))])
    void link.inbound.push([sealed(frame(1, 40, rules.terminatorCarries ? pattern(1) : undefined, true)), sealed(frame(2, 2, pattern(6))), sealed(frame(2, 3, undefined, true))])
    t.deepEqual(await bodyOf(kept), join([pattern(5), pattern(6)]))
    t.deepEqual(await left.source[Symbol.asyncIterator]().next(), { value: undefined, done: true })
    link.fail(new Error('over'))
  }
})

for (const how of ['break', 'return', 'throw'] as const) {
  test(`leaving the source of packets by ${how}: what waits and what comes is dropped, sending goes on`, async t => {
    const link = loose({ limits: { stallTimeout: 0 } })
    void link.inbound.push([1, 2, 3].map(packet => sealed(frame(packet, 1, pattern(10)))))
    await turn()
    if (how === 'return') await link.face.source[Symbol.asyncIterator]().return?.()
    else t.is(await codeOf((async () => { for await (const packet of link.face.source) if (how === 'throw') throw new Error('mine'); else if (packet !== undefined) break })()), how === 'throw' ? 'mine' : 'resolved')
    for (let packet = 4; packet < 60; packet++) void link.inbound.push([sealed(frame(packet, 1, new Uint8Array(200 * KIB)))])
    await turn()
    t.is(link.inbound.length, 0)
    t.deepEqual(await link.face.source[Symbol.asyncIterator]().next(), { value: undefined, done: true })
    const sent = link.face.send(pattern(3))
    t.is((await link.next()).value?.length, 2)
    void later(link.next())
    await sent
    void later(link.face.close())
    link.inbound.end()
    t.is(await codeOf(link.running), 'resolved')
    link.fail(new Error('over'))
  })
}

test('a failed link: what is whole stays readable, every open reader gets the cause, now and at each later read', async t => {
  const link = loose()
  const cause = new Error('the cause')
  void link.inbound.push([...packetFrames(1, pattern(4)), frame(2, 1, pattern(5)), frame(3, 1)])
  const source = link.face.source[Symbol.asyncIterator]()
  const packets: Packet[] = []
  for (let index = 0; index < 3; index++) packets.push((await source.next() as IteratorResult<Packet, Packet>).value)
  const waiting = codeOf((packets[2] as Packet).source[Symbol.asyncIterator]().next())
  const next = codeOf(source.next())
  link.fail(cause)
  link.fail(new Error('another'))
  t.is(await waiting, cause.message)
  t.is(await next, cause.message)
  t.deepEqual(await bodyOf(packets[0] as Packet), pattern(4))
  t.is(await codeOf(collect((packets[1] as Packet).source)), cause.message)
  for (const packet of packets.slice(1)) t.is(await codeOf(packet.source[Symbol.asyncIterator]().next()), cause.message)
  t.is(await codeOf(source.next()), cause.message)
})

test('a link that fails while readers are behind waits for nobody', async t => {
  for (const limits of [{ linkBytes: 10 * KIB }, { packetBytes: 10 * KIB }, { maxUnread: 1 }]) {
    const link = loose({ limits })
    void link.inbound.push([frame(1, 1, new Uint8Array(20 * KIB)), frame(2, 1, pattern(3)), frame(3, 1, pattern(3))])
    await turn()
    link.fail(new Error('the cause'))
    // the read loop is done, whatever still waits for readers
    t.is(await codeOf(link.running), 'the cause', JSON.stringify(limits))
    const packet = await nextPacket(link.face.source)
    t.is(await bodyOf(packet), 'Error: the cause')
  }
})

test('a head is kept apart, however it is cut; a packet that ends before it is lost', async t => {
  const lost: string[] = []
  const link = loose({ headSize: 8, onLostPacket: error => { lost.push(error.code) } })
  const source = link.face.source[Symbol.asyncIterator]()
  for (let at = 0; at <= 12; at++) {
    void link.inbound.push(packetFrames(at + 1, pattern(12).subarray(0, at), pattern(12).subarray(at)))
    const packet = (await source.next() as IteratorResult<Packet, Packet>).value
    t.deepEqual(packet.head, pattern(8))
    t.deepEqual(await bodyOf(packet), pattern(12).subarray(8))
  }
  for (let size = 0; size < 8; size++) void link.inbound.push(packetFrames(100 + size, pattern(size)))
  void link.inbound.push([frame(200, 1, pattern(3)), frame(200, 5)])
  void link.inbound.push([frame(201, 1, pattern(3))])
  link.inbound.end()
  t.true((await source.next()).done)
  t.deepEqual(lost, [...Array.from({ length: 8 }, () => 'ERR_ROUTED_SHORT'), 'ERR_PACKET_SEQUENCE', 'ERR_PACKET_TRUNCATED'])
})
