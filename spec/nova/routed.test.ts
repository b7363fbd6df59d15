import test from 'ava'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { decodeRoutedHeader, encodeRoutedHeader, routed, ROUTED_LENGTH, type Frame, type OpenedFrame, type RoutedHeader, type RoutedPacket } from '../../lib/nova/index.js'
import { Channel, join } from '../../lib/stream/index.js'
import { bodyOf, flat, frame, packetFrames, type FlatFrame } from './support.js'
import { codeOf, items, pattern } from '../support/sources.js'

const HEADER: RoutedHeader = { target: pattern(16), source: pattern(32).subarray(16), kind: 7n }

/** The packets of these frames, with what was lost on the way. */
async function received (frames: OpenedFrame[], options: { onLostPacket?: boolean } = {}): Promise<{ packets: Array<{ header: RoutedHeader, body: Uint8Array | string }>, lost: string[] }> {
  const lost: string[] = []
  const endpoint = routed(options.onLostPacket === false ? {} : { onLostPacket: error => { lost.push(error.code) } })
  const running = endpoint.run(items(...frames.map(each => [each])))
  const packets: Array<Promise<{ header: RoutedHeader, body: Uint8Array | string }>> = []
  for await (const packet of endpoint.face.source) packets.push(read(packet))
  await running
  return { packets: await Promise.all(packets), lost }
}

async function read (packet: RoutedPacket): Promise<{ header: RoutedHeader, body: Uint8Array | string }> {
  return { header: packet.header, body: await bodyOf(packet) }
}

async function sent (header: RoutedHeader, body: Uint8Array): Promise<FlatFrame[]> {
  const endpoint = routed()
  const wire = endpoint.outbound[Symbol.asyncIterator]()
  const done = endpoint.face.send(header, body)
  const frames: FlatFrame[] = []
  while (frames.at(-1)?.terminating !== true) frames.push(...(await wire.next() as IteratorResult<Frame[], never>).value.map(one => flat(one)))
  void wire.next()
  await done
  return frames
}

test('header and first bytes of the body are one frame', async t => {
  const [first, last] = await sent(HEADER, pattern(100))
  t.deepEqual(first?.content, join([encodeRoutedHeader(HEADER), pattern(100)]))
  t.true(last?.terminating)
})

test('kinds of 64 bits, from 2^63 up as well; others are refused', async t => {
  for (const kind of [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 63n + 2n, 2n ** 64n - 1n]) {
    t.is(decodeRoutedHeader(encodeRoutedHeader({ ...HEADER, kind })).kind, kind)
    const { packets: [packet] } = await received((await sent({ ...HEADER, kind }, pattern(3))).map(each => frame(each.packetNonce, each.frameNonce, each.content, each.terminating)))
    t.deepEqual(packet, { header: { ...HEADER, kind }, body: pattern(3) })
  }
  const endpoint = routed()
  for (const kind of [-1n, 2n ** 64n]) t.is(await codeOf(endpoint.face.send({ ...HEADER, kind }, pattern(3))), 'ERR_ROUTED_HEADER')
})

test('ids of another length than 16 are refused before anything is sent', async t => {
  const endpoint = routed()
  for (const length of [0, 15, 17, 32]) {
    t.is(await codeOf(endpoint.face.send({ ...HEADER, target: new Uint8Array(length) }, pattern(3))), 'ERR_ROUTED_HEADER')
    t.is(await codeOf(endpoint.face.send({ ...HEADER, source: new Uint8Array(length) }, pattern(3))), 'ERR_ROUTED_HEADER')
  }
  const next = endpoint.outbound[Symbol.asyncIterator]().next()
  void endpoint.face.send({ ...HEADER, target: NIL_UUID }, pattern(3))
  t.is((await next as IteratorResult<Array<{ packetNonce: number }>, never>).value[0]?.packetNonce, 1)
})

test('a header cut over frames at every byte, and in frames of one byte', async t => {
  const body = join([encodeRoutedHeader(HEADER), pattern(5)])
  for (let at = 0; at <= body.byteLength; at++) {
    t.deepEqual(await received(packetFrames(1, body.subarray(0, at), body.subarray(at))), { packets: [{ header: HEADER, body: pattern(5) }], lost: [] })
  }
  t.deepEqual(await received(packetFrames(1, ...Array.from(body, byte => Uint8Array.of(byte)))), { packets: [{ header: HEADER, body: pattern(5) }], lost: [] })
})

test('a body of every length below 44 is lost alone, also without anybody to tell', async t => {
  const frames: OpenedFrame[] = []
  for (let length = 0; length < ROUTED_LENGTH; length++) frames.push(...packetFrames(length + 1, encodeRoutedHeader(HEADER).subarray(0, length)))
  frames.push(...packetFrames(99, encodeRoutedHeader(HEADER)))
  const whole = [{ header: HEADER, body: new Uint8Array(0) }]
  t.deepEqual(await received(frames), { packets: whole, lost: Array.from({ length: ROUTED_LENGTH }, () => 'ERR_ROUTED_SHORT') })
  t.deepEqual(await received(frames, { onLostPacket: false }), { packets: whole, lost: [] })
})

test('packets that do not start with the magic are lost alone, many in a row as well', async t => {
  const bad = encodeRoutedHeader(HEADER).with(0, 0)
  const frames: OpenedFrame[] = []
  for (let index = 0; index < 2000; index++) frames.push(...packetFrames(index + 1, join([bad, pattern(10)])))
  frames.push(...packetFrames(5000, join([encodeRoutedHeader(HEADER), pattern(4)])))
  const { packets, lost } = await received(frames)
  t.deepEqual(packets, [{ header: HEADER, body: pattern(4) }])
  t.is(lost.length, 2000)
  t.true(lost.every(code => code === 'ERR_ROUTED_MAGIC'))
  for (let byte = 0; byte < 4; byte++) t.is(await codeOf(Promise.resolve().then(() => decodeRoutedHeader(encodeRoutedHeader(HEADER).with(byte, 0xFF)))), 'ERR_ROUTED_MAGIC')
  for (let length = 0; length < ROUTED_LENGTH; length++) t.is(await codeOf(Promise.resolve().then(() => decodeRoutedHeader(bad.subarray(0, length)))), 'ERR_ROUTED_SHORT')
})

test('the rest of a packet without magic is dropped as it comes', async t => {
  const bad = encodeRoutedHeader(HEADER).with(1, 0)
  const endpoint = routed({ limits: { stallTimeout: 0 } })
  const inbound = new Channel<OpenedFrame[]>({ sizeOf: () => 0 })
  const running = endpoint.run(inbound)
  const next = endpoint.face.source[Symbol.asyncIterator]().next()
  void inbound.push([frame(1, 1, bad), ...Array.from({ length: 40 }, (_, index) => frame(1, index + 2, new Uint8Array(65_536)))])
  void inbound.push(packetFrames(2, encodeRoutedHeader(HEADER)))
  t.deepEqual((await next as IteratorResult<RoutedPacket, never>).value.header, HEADER)
  inbound.end()
  await running
})
