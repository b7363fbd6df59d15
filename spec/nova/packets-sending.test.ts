import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { GOAWAY_CODES, HARDENED_RULES, LAST_NONCE, MAX_PLAINTEXT, packets, SEED_RULES, type Frame, type PacketLimits, type PacketsOptions } from '../../lib/nova/index.js'
import { Channel, deferred, join } from '../../lib/stream/index.js'
import { flat, flood, frame, later, loose, packetFrames, packetPair, take, type FlatFrame, type Loose } from './support.js'
import { codeOf, items, pattern, silence } from '../support/sources.js'

/** Frames of 64 or 256 KiB have this much room beside, for what heads them. */
const HEADS = 1024
const SHARED = 65_536 + HEADS
const ALONE = 262_144 + HEADS
const MIB = 1_048_576

/** The first `count` frames as packet nonce and size, without their content. */
async function order (link: Loose, count: number): Promise<Array<[nonce: number, size: number, terminating: boolean]>> {
  return (await take(link, count)).map(one => [one.packetNonce, one.size, one.terminating])
}

test('a packet is its frames and a terminating one; an empty packet is that one alone', async t => {
  const link = loose()
  void link.face.send(pattern(10))
  void link.face.send(new Uint8Array(0))
  void link.face.send([pattern(3), pattern(4)])
  void link.face.send(items<Uint8Array>())
  const all = [...packetFrames(1, pattern(10)), ...packetFrames(2), ...packetFrames(3, join([pattern(3), pattern(4)])), ...packetFrames(4)]
  const found = await take(link, all.length)
  const byNonce = (one: FlatFrame): number => one.packetNonce * 10 + one.frameNonce
  t.deepEqual(found.sort((a, b) => byNonce(a) - byNonce(b)).map(one => one.size), [10, 0, 0, 7, 0, 0])
})

test('a hardened packet ends in its last content', async t => {
  const link = loose({ rules: HARDENED_RULES })
  void link.face.send(pattern(10))
  void link.face.send(new Uint8Array(0))
  t.deepEqual(await take(link, 2), [flat(frame(1, 1, pattern(10), true)), flat(frame(2, 1, undefined, true))])
})

test('packets that are finished in one turn go out in one write, in the order of their sends', async t => {
  const link = loose()
  const first = link.next()
  for (let index = 0; index < 100; index++) void link.face.send(pattern(index + 1))
  const { value } = await first as IteratorResult<Frame[], undefined>
  t.is(value?.length, 200)
  t.deepEqual(value?.map(one => one.packetNonce), Array.from({ length: 200 }, (_, index) => (index >> 1) + 1))
})

test('small chunks of an open packet are one frame as soon as the microtasks have run dry', async t => {
  const link = loose()
  const open = deferred()
  async function * source (): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 50; index++) yield pattern(10)
    await open.promise
    yield pattern(5)
  }
  const sent = link.face.send(source())
  const { value: [one, ...more] } = await link.next() as { value: [Frame, ...Frame[]] }
  t.is(one.size, 500)
  t.is(more.length, 0)
  const next = link.next()
  open.resolve()
  t.deepEqual(((await next).value as Frame[]).map(frame => [frame.frameNonce, frame.size, frame.terminating]), [[2, 5, false], [3, 0, true]])
  void link.next()
  await sent
})

test('frames are 256 KiB while one packet flows alone and 64 KiB while packets share the link', async t => {
  const link = loose()
  void link.face.send(flood(4))
  const alone = await order(link, 3)
  t.deepEqual(alone.map(([, size]) => size), [ALONE, ALONE, ALONE])
  void link.face.send(silence())
  // a packet that waits for its source takes no turn, but is there
  t.deepEqual((await order(link, 2)).map(([, size]) => size).filter(size => size > SHARED), [])
})

test('a packet that is started beside one of 1 GiB is on the wire next after the frame that was under way', async t => {
  const link = loose()
  void later(link.face.send(flood(1024)))
  await order(link, 5)
  for (let round = 0; round < 20; round++) {
    const sent = link.face.send(pattern(100))
    const next = await order(link, 4)
    const at = next.findIndex(([nonce]) => nonce === round + 2)
    t.true(at === 0 || at === 1, `round ${round}: frame ${at}`)
    t.deepEqual(next[at], [round + 2, 100, false])
    const more = link.next()
    await sent
    await more
  }
  link.fail(new Error('enough'))
})

test('packets share the wire frame by frame', async t => {
  const link = loose()
  for (let index = 0; index < 8; index++) void later(link.face.send(new Uint8Array(2 * MIB)))
  const frames = await order(link, 8 * 20)
  const seen = frames.map(([nonce]) => nonce)
  for (let start = 8; start + 8 <= seen.length; start += 8) t.is(new Set(seen.slice(start, start + 8)).size, 8, `frames ${start} and on: ${seen.slice(start, start + 8).join(' ')}`)
  t.true(frames.every(([, size]) => size <= SHARED))
  link.fail(new Error('enough'))
})

test('no frame is larger than maxFrame, whatever the chunks', async t => {
  for (const [maxFrame, chunk] of [[1000, 10], [1000, 333], [1000, 70_000], [1, 5], [MAX_PLAINTEXT, 10]] as const) {
    for (const head of [undefined, pattern(2500)]) {
      const link = loose({ limits: { maxFrame } })
      const body = pattern(3 * 333 + chunk)
      void link.face.send((function * () {
        for (let at = 0; at < body.byteLength; at += chunk) yield body.slice(at, at + chunk)
      })(), { head })
      void link.face.close().catch(() => {})
      const frames: FlatFrame[] = []
      for (let batch = await link.next(); batch.done !== true; batch = await link.next()) frames.push(...batch.value.map(one => flat(one)))
      t.true(frames.every(one => one.size <= maxFrame))
      t.deepEqual(join(frames.map(one => one.content)), join([head ?? new Uint8Array(0), body]))
      link.fail(new Error('over'))
    }
  }
})

test('a head of any length comes first, and is copied', async t => {
  for (const length of [0, 1, 44, 300, 32_768, 70_000, 300_000]) {
    for (const body of [pattern(10), pattern(100_000)]) {
      const link = loose()
      const head = pattern(length).map(byte => byte ^ 0xFF)
      const sent = link.face.send(body, { head })
      const expected = join([head, body])
      head.fill(0)
      const frames: FlatFrame[] = []
      while (frames.at(-1)?.terminating !== true) frames.push(...await take(link, 1))
      t.deepEqual(join(frames.map(one => one.content)), expected)
      void link.next()
      await sent
    }
  }
})

test('a source may write over its chunk as soon as it is asked for the next one', async t => {
  for (const size of [1, 100, 5000, 32_767, 32_768, 65_536, 300_000]) {
    const link = loose()
    const count = Math.ceil(400_000 / size) > 3000 ? 3000 : Math.ceil(400_000 / size)
    async function * source (): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(size)
      for (let index = 0; index < count; index++) {
        for (let at = 0; at < size; at++) buffer[at] = (index * 7 + at) % 251
        yield buffer
        buffer.fill(0xEE)
        if (index % 50 === 49) await turn()
      }
    }
    void later(link.face.send(source()))
    // two more, so that frames are shared
    const frames: FlatFrame[] = []
    while (frames.at(-1)?.terminating !== true) {
      const { value } = await link.next() as { value: Frame[] }
      // held for some turns, as a slow wire would
      await turn()
      frames.push(...value.map(one => flat(one)))
    }
    const body = join(frames.map(one => one.content))
    t.is(body.byteLength, size * count)
    t.is(body.findIndex((byte, at) => byte !== (Math.floor(at / size) * 7 + at % size) % 251), -1, `chunks of ${size}`)
    link.fail(new Error('over'))
  }
})

test('a send resolves when its last frame was taken, not before', async t => {
  const link = loose()
  let settled = 0
  void link.face.send(pattern(10)).then(() => { settled++ })
  await link.next()
  await turn()
  t.is(settled, 0)
  const next = link.next()
  await turn()
  t.is(settled, 1)
  link.fail(new Error('over'))
  t.is(await codeOf(next), 'over')
})

test('1,024 packets are in flight at most: the others wait for their turn, in order', async t => {
  const link = loose()
  const parts = Array.from({ length: 1030 }, () => new Channel<Uint8Array>())
  const sent = parts.map(part => link.face.send(part))
  for (const part of parts) void part.push(pattern(1))
  const begun = new Set((await take(link, 1024)).map(one => one.packetNonce))
  t.is(begun.size, SEED_RULES.maxOutgoing)
  const idle = link.next()
  await turn()
  parts[7]?.end()
  t.deepEqual(((await idle).value as Frame[]).map(one => [one.packetNonce, one.terminating]), [[8, true]])
  t.deepEqual(((await link.next()).value as Frame[]).map(one => [one.packetNonce, one.frameNonce, one.terminating]), [[1025, 1, false]])
  await sent[7]
  link.fail(new Error('over'))
  t.true((await Promise.all(sent.map(codeOf))).every((code, index) => code === (index === 7 ? 'resolved' : 'over')))
})

test('sends beyond maxWaiting are refused', async t => {
  const link = loose({ limits: { maxOutgoing: 2, maxWaiting: 3 } })
  const sent = Array.from({ length: 7 }, () => link.face.send(silence()))
  t.deepEqual(await Promise.all(sent.slice(5).map(codeOf)), ['ERR_PACKET_QUEUE', 'ERR_PACKET_QUEUE'])
  link.fail(new Error('over'))
  t.deepEqual(await Promise.all(sent.slice(0, 5).map(codeOf)), Array.from({ length: 5 }, () => 'over'))
})

test('thousands of packets whose sources have failed while they waited harm nobody', async t => {
  const link = loose({ limits: { maxOutgoing: 1 } })
  const first = new Channel<Uint8Array>()
  const sent = [link.face.send(first)]
  for (let index = 0; index < 5000; index++) {
    const gone = new Channel<Uint8Array>()
    gone.fail(new Error('gone'))
    sent.push(link.face.send(gone))
  }
  const last = link.face.send(pattern(3))
  first.end()
  t.deepEqual((await take(link, 3)).map(one => one.packetNonce), [1, 2, 2])
  void later(link.next())
  t.deepEqual(await Promise.all(sent.map(codeOf)), ['resolved', ...Array.from({ length: 5000 }, () => 'gone')])
  t.is(await codeOf(last), 'resolved')
  link.fail(new Error('over'))
})

test('a source that cannot be begun, or answers nothing, is a packet that fails alone, at once or when its turn comes', async t => {
  const refuses = (): never => { throw new Error('no') }
  const nothing = (): never => ({ next: () => undefined }) as never
  const sources = [{ [Symbol.asyncIterator]: refuses }, { [Symbol.iterator]: refuses }, { [Symbol.asyncIterator]: nothing }, { [Symbol.iterator]: nothing }]
  const codes = ['no', 'no', 'ERR_ARGUMENT', 'ERR_PACKET_BODY']
  const link = loose({ limits: { maxOutgoing: 1 } })
  for (const [index, source] of sources.entries()) t.is(await codeOf(link.face.send(source)), codes[index] ?? '')
  const first = new Channel<Uint8Array>()
  const sent = [first, ...sources].map(source => link.face.send(source))
  first.end()
  await take(link, 1)
  const next = take(link, 1)
  t.deepEqual(await Promise.all(sent.map(codeOf)), ['resolved', ...codes])
  void later(link.face.send(pattern(3)))
  t.is((await next)[0]?.size, 3)
  link.fail(new Error('over'))
})

test('maxWaiting 0: nothing waits, and what need not wait is sent', async t => {
  const link = loose({ limits: { maxOutgoing: 1, maxWaiting: 0 } })
  const sent = Array.from({ length: 2 }, () => link.face.send(silence()))
  t.is(await codeOf(sent[1] as Promise<void>), 'ERR_PACKET_QUEUE')
  link.fail(new Error('over'))
  t.is(await codeOf(sent[0] as Promise<void>), 'over')
})

test('packet nonces run out in order: a warning, the last packet, then the end of the direction', async t => {
  for (const rules of [SEED_RULES, HARDENED_RULES]) {
    let warned = 0
    const link = loose({ rules: { ...rules, firstNonce: LAST_NONCE - 3, warnNonce: LAST_NONCE - 3, onExhausting: () => { warned++ } } })
    const sent = [1, 2, 3].map(size => link.face.send(pattern(size)))
    t.is(warned, 1)
    t.is(await codeOf(link.face.send(pattern(1))), 'ERR_PACKET_EXHAUSTED')
    t.is(await codeOf(link.face.send(pattern(1))), 'ERR_PACKET_EXHAUSTED')
    const frames: Frame[] = []
    for (let batch = await link.next(); batch.done !== true; batch = await link.next()) frames.push(...batch.value)
    t.deepEqual([...new Set(frames.map(one => one.packetNonce))], [LAST_NONCE - 3, LAST_NONCE - 2, LAST_NONCE - 1, ...rules.goaway ? [0] : []])
    if (rules.goaway) t.deepEqual([...join(frames.at(-1)?.content ?? [])], [6, 255, 255, 255, 255, 0, 0, 0, GOAWAY_CODES.exhausted])
    t.deepEqual(await Promise.all(sent.map(codeOf)), ['resolved', 'resolved', 'resolved'])
    t.is(warned, 1)
  }
})

test('a warning that was due before the first packet is given all the same', async t => {
  let warned = 0
  const link = loose({ rules: { ...SEED_RULES, firstNonce: 10, warnNonce: 5, onExhausting: () => { warned++ } } })
  void later(link.face.send(pattern(1)))
  void later(link.face.send(pattern(1)))
  t.is(warned, 1)
  link.fail(new Error('over'))
})

test('limits out of their range are refused at construction', async t => {
  const wrong: PacketLimits[] = [{ maxFrame: 0 }, { maxOutgoing: 0 }, { maxIncoming: -1 }, { closeTimeout: Infinity }, { stallTimeout: 2 ** 31 }, { packetBytes: NaN }, { linkBytes: 0.5 }, { maxUnread: 0 }, { maxWaiting: -1 }]
  for (const limits of wrong) {
    const options: PacketsOptions = { limits }
    t.is(await codeOf(Promise.resolve().then(() => packets(options))), 'ERR_LIMIT_OPTION', JSON.stringify(limits))
  }
})

test('a body that is not bytes is refused, not sent as none', async t => {
  const [left] = packetPair()
  for (const body of ['text', undefined, 7, {}]) t.is(await codeOf(left.send(body as never)), 'ERR_PACKET_BODY')
  t.is(await codeOf(left.send(['text'] as never)), 'ERR_PACKET_BODY')
  left.abort()
})
