import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { CONTROL, decodeRecords, encodeRecords, MAX_CREDIT, type ControlRecord } from '../../lib/nova/control.js'
import { CreditBudget, GOAWAY_CODES, HARDENED_RULES, LAST_NONCE, RESET_CODES, RESET_ERRORS, resetCodeOf, resetError, type Frame, type PacketRules, type PacketsOptions } from '../../lib/nova/index.js'
import { join, leave } from '../../lib/stream/index.js'
import { bodyOf, flat, frame, later, loose, nextPacket, type FlatFrame, type Loose } from './support.js'
import { codeOf, pattern, silence } from '../support/sources.js'

const WINDOW = 1024
const RULES: PacketRules = { ...HARDENED_RULES, credit: { send: WINDOW, receive: WINDOW }, maxOutgoing: 4 }
const LIMITS = { maxIncoming: 4, maxWindow: WINDOW, poolBytes: 0 }

function credited (options: PacketsOptions = {}): Loose {
  return loose({ rules: RULES, ...options, limits: { ...LIMITS, ...options.limits } })
}

/** A control frame as it comes in. */
function control (frameNonce: number, ...records: Array<[type: number, packetNonce: number, value: number]>): Frame {
  return { ...frame(0, frameNonce, encodeRecords(records.map(([type, packetNonce, value]) => ({ type, packetNonce, value })))), encrypted: true }
}

function data (packetNonce: number, frameNonce: number, bytes: number, terminating = false): Frame {
  return { ...frame(packetNonce, frameNonce, pattern(bytes), terminating), encrypted: true }
}

/** Frames that go out until there are `count`. */
async function take (link: Loose, count: number): Promise<FlatFrame[]> {
  const found: FlatFrame[] = []
  while (found.length < count) {
    const { value, done } = await link.next() as IteratorResult<Frame[], undefined>
    if (done === true) return found
    found.push(...value.map(one => flat(one)))
  }
  return found
}

function recordsOf (one: FlatFrame | undefined): Array<[number, number, number]> {
  return one === undefined ? [] : decodeRecords({ ...one, content: [one.content] }).map(({ type, packetNonce, value }: ControlRecord) => [type, packetNonce, value])
}

test('a packet stops where its credit ends, in frames of a quarter of its window, and goes on with more', async t => {
  const link = credited()
  void link.face.send(pattern(3000))
  t.deepEqual((await take(link, 4)).map(one => one.size), [256, 256, 256, 256])
  const more = take(link, 1)
  void link.inbound.push([control(1, [CONTROL.credit, 1, 300])])
  t.deepEqual((await more).map(one => [one.size, one.terminating]), [[256, false]])
  // 44 are left, less than a frame that is worth sending
  const last = take(link, 2)
  void link.inbound.push([control(2, [CONTROL.credit, 1, 5000])])
  t.deepEqual((await last).map(one => [one.size, one.terminating]), [[1261, false], [3000 - 5 * 256 - 1261, true]])
  link.fail(new Error('over'))
})

test('what is left of a packet goes out in the last of its credit', async t => {
  const link = credited()
  const sent = later(link.face.send(pattern(WINDOW)))
  const frames = await take(link, 4)
  t.deepEqual(frames.map(one => [one.size, one.terminating]), [[256, false], [256, false], [256, false], [256, true]])
  void later(link.next())
  t.is(await codeOf(sent), 'resolved')
  link.fail(new Error('over'))
})

test('so many packets begin as were granted, and as many more as are given back', async t => {
  const link = credited()
  const sent = Array.from({ length: 6 }, () => later(link.face.send(pattern(1))))
  t.deepEqual((await take(link, 4)).map(one => one.packetNonce), [1, 2, 3, 4])
  const more = take(link, 1)
  void link.inbound.push([control(1, [CONTROL.credit, 0, 1])])
  t.deepEqual((await more).map(one => one.packetNonce), [5])
  void later(link.next())
  t.deepEqual(await Promise.all(sent.slice(0, 5).map(codeOf)), Array(5).fill('resolved'))
  link.fail(new Error('over'))
  t.is(await codeOf(sent[5] as Promise<void>), 'over')
})

test('one that is given up before its first frame leaves its place to another', async t => {
  const link = credited()
  const failing = Array.from({ length: 4 }, () => codeOf(link.face.send({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('disk')) }) })))
  t.deepEqual(await Promise.all(failing), Array(4).fill('disk'))
  for (let index = 0; index < 4; index++) void later(link.face.send(pattern(1)))
  t.deepEqual((await take(link, 4)).map(one => one.packetNonce), [1, 2, 3, 4])
  link.fail(new Error('over'))
})

test('credit is given back as the reader reads, not as frames come', async t => {
  const link = credited({ rules: { ...RULES, credit: { send: WINDOW, receive: 8192 } }, limits: { maxWindow: 8192 } })
  void link.inbound.push([data(1, 1, 2048), data(1, 2, 2048), data(1, 3, 2048)])
  const packet = await nextPacket(link.face.source)
  const next = later(link.next())
  const reader = packet.source[Symbol.asyncIterator]()
  await reader.next()
  t.is(await Promise.race([next, turn('nothing')]), 'nothing')
  await reader.next()
  const { value } = await next as IteratorResult<Frame[], undefined>
  t.deepEqual(recordsOf(flat((value as Frame[])[0] as Frame)), [[CONTROL.credit, 1, 4096]])
  link.fail(new Error('over'))
})

test('packets are given back when they are done with: read to the end, left, or reset', async t => {
  const link = credited()
  void link.inbound.push([data(1, 1, 10, true), data(2, 1, 10), data(3, 1, 10)])
  const [one, two, three] = [await nextPacket(link.face.source), await nextPacket(link.face.source), await nextPacket(link.face.source)]
  t.is((await bodyOf(one)).length, 10)
  // of four places one was never used and two are in use: half of the rest is given back at once
  t.deepEqual((await take(link, 1)).flatMap(recordsOf), [[CONTROL.credit, 0, 1]])
  leave(two.source)
  t.deepEqual((await take(link, 1)).flatMap(recordsOf), [[CONTROL.stop, 2, RESET_CODES.cancelled]])
  void link.inbound.push([control(1, [CONTROL.reset, 2, RESET_CODES.cancelled], [CONTROL.reset, 3, RESET_CODES.limit])])
  t.deepEqual((await take(link, 1)).flatMap(recordsOf), [[CONTROL.credit, 0, 2]])
  t.is(await bodyOf(three), 'ERR_RESET_LIMIT')
  link.fail(new Error('over'))
})

test('windows grow while readers keep up, out of the pool of the link and the budget of the server', async t => {
  const budget = new CreditBudget(WINDOW + 100)
  const link = credited({ budget, limits: { maxWindow: 4 * WINDOW, poolBytes: 10 * WINDOW } })
  void link.inbound.push([data(1, 1, 512)])
  const packet = await nextPacket(link.face.source)
  const reader = packet.source[Symbol.asyncIterator]()
  await reader.next()
  t.deepEqual((await take(link, 1)).flatMap(recordsOf), [[CONTROL.credit, 1, 512 + WINDOW]])
  t.is(budget.left, 100)
  void link.inbound.push([data(1, 2, 1024)])
  await reader.next()
  t.deepEqual((await take(link, 1)).flatMap(recordsOf), [[CONTROL.credit, 1, 1024 + 100]])
  t.is(budget.left, 0)
  void link.inbound.push([data(1, 3, 1, true)])
  await reader.next()
  t.true((await reader.next()).done)
  t.is(budget.left, WINDOW + 100)
  link.fail(new Error('over'))
})

test('a link that fails gives its part of the budget back', async t => {
  const budget = new CreditBudget(WINDOW)
  const link = credited({ budget, limits: { maxWindow: 4 * WINDOW, poolBytes: 10 * WINDOW } })
  void link.inbound.push([data(1, 1, 512)])
  await (await nextPacket(link.face.source)).source[Symbol.asyncIterator]().next()
  t.is(budget.left, 0)
  link.fail(new Error('over'))
  t.is(budget.left, WINDOW)
  t.throws(() => new CreditBudget(NaN), { code: 'ERR_LIMIT_OPTION' })
})

test('a flood of tiny frames costs what its bytes cost', async t => {
  const link = loose({ rules: { ...RULES, credit: { send: WINDOW, receive: 65_536 } }, limits: { ...LIMITS } })
  const frames = Array.from({ length: 65_536 }, (_, index) => data(1, index + 1, 1))
  void link.inbound.push(frames)
  link.inbound.end()
  const packet = await nextPacket(link.face.source)
  t.is(await codeOf(link.running), 'ERR_LINK_TRUNCATED')
  const pieces: Uint8Array[] = []
  const reader = packet.source[Symbol.asyncIterator]()
  // what came before the end is there, in a few pieces
  for (let length = 0; length < 65_536;) {
    const { value } = await reader.next() as IteratorResult<Uint8Array, never>
    pieces.push(value)
    length += value.byteLength
  }
  t.true(pieces.length < 40, `${pieces.length} pieces`)
  t.deepEqual(join(pieces), join(Array.from({ length: 65_536 }, () => pattern(1))))
})

const wrong: Array<[what: string, frames: Frame[], code: string]> = [
  ['more bytes than credit', [data(1, 1, 1000), data(1, 2, 25)], 'ERR_PACKET_CREDIT'],
  ['more packets than credit', [1, 2, 3, 4, 5].map(nonce => data(nonce, 1, 1, true)), 'ERR_PACKET_CREDIT'],
  ['credit of nothing', [control(1, [CONTROL.credit, 0, 0])], 'ERR_CONTROL_RECORD'],
  ['credit above 2^31', [control(1, [CONTROL.credit, 0, MAX_CREDIT - 2])], 'ERR_CONTROL_RECORD'],
  ['credit for a packet that never was', [control(1, [CONTROL.credit, 2, 1])], 'ERR_CONTROL_RECORD'],
  ['a stop of a packet that never was', [control(1, [CONTROL.stop, 7, 1])], 'ERR_CONTROL_RECORD'],
  ['a reset of a packet that never was', [control(1, [CONTROL.reset, 1, 1])], 'ERR_CONTROL_RECORD'],
  ['a reset of the link', [control(1, [CONTROL.reset, 0, 1])], 'ERR_CONTROL_RECORD'],
  ['a stop of the link', [control(1, [CONTROL.stop, 0, 1])], 'ERR_CONTROL_RECORD'],
  ['a ping of a packet', [control(1, [CONTROL.ping, 1, 1])], 'ERR_CONTROL_RECORD'],
  ['type 0', [control(1, [0, 0, 0])], 'ERR_CONTROL_RECORD'],
  ['more records than a frame may have', [control(1, ...Array.from({ length: 4097 }, (): [number, number, number] => [CONTROL.credit, 0, 1]))], 'ERR_CONTROL_RECORD'],
  ['type 8', [control(1, [8, 0, 0])], 'ERR_CONTROL_RECORD'],
  ['pings whose answers are not taken', [control(1, ...Array.from({ length: 17 }, (_, index): [number, number, number] => [CONTROL.ping, 0, index]))], 'ERR_CONTROL_FLOOD'],
  ['data after a reset', [data(1, 1, 1), control(1, [CONTROL.reset, 1, 0]), data(1, 2, 1)], 'ERR_PACKET_PROTOCOL']
]

for (const [what, frames, code] of wrong) {
  test(`fatal: ${what}`, async t => {
    const link = credited()
    void later(link.face.send(silence()))
    void link.inbound.push(frames)
    t.is(await codeOf(link.running), code)
  })
}

test('all values of type are refused but those there are, on links with credit and without', async t => {
  for (let type = 0; type < 256; type++) {
    const known = type >= CONTROL.ping && type <= CONTROL.rekey
    const link = credited()
    void link.inbound.push([control(1, [type, 0, 5])])
    link.inbound.end()
    // without a goaway as the last, the end is an error of its own
    const expected = type === CONTROL.credit || known ? 'ERR_LINK_TRUNCATED' : 'ERR_CONTROL_RECORD'
    t.is(await codeOf(link.running), expected, `${type}`)
    const without = loose({ rules: HARDENED_RULES })
    void without.inbound.push([control(1, [type, 0, 5])])
    without.inbound.end()
    t.is(await codeOf(without.running), type === CONTROL.goaway ? 'resolved' : type === CONTROL.rekey ? 'ERR_LINK_TRUNCATED' : 'ERR_CONTROL_RECORD', `${type}`)
    without.fail(new Error('over'))
  }
})

test('records about packets that are over are passed over', async t => {
  const link = credited()
  void link.face.send(pattern(1))
  t.is((await take(link, 1)).length, 1)
  void link.inbound.push([data(1, 1, 1, true), control(1, [CONTROL.credit, 1, 5], [CONTROL.stop, 1, 0], [CONTROL.reset, 1, 0]), data(2, 1, 2, true)])
  t.is((await bodyOf(await nextPacket(link.face.source))).length, 1)
  t.is((await bodyOf(await nextPacket(link.face.source))).length, 2)
  link.fail(new Error('over'))
})

test('codes of resets and their errors name each other', t => {
  for (const [name, code] of Object.entries(RESET_CODES)) {
    t.is(resetError(code).code, `ERR_RESET_${name.toUpperCase()}`)
    t.is(resetCodeOf(resetError(code)), code)
  }
  t.is(Object.keys(RESET_ERRORS).length, Object.keys(RESET_CODES).length)
  t.is(resetError(99).code, 'ERR_RESET_FAILED')
  t.is(resetCodeOf(new Error('disk')), RESET_CODES.failed)
})

test('an end right behind an early goaway is not taken for the end of the link', async t => {
  const link = credited()
  void link.inbound.push([control(1, [CONTROL.goaway, 3, GOAWAY_CODES.shutdown])])
  link.inbound.end()
  t.is(await codeOf(link.running), 'ERR_LINK_TRUNCATED')
  const other = credited()
  void other.inbound.push([control(1, [CONTROL.goaway, LAST_NONCE, GOAWAY_CODES.done])])
  other.inbound.end()
  t.is(await codeOf(other.running), 'resolved')
  other.fail(new Error('over'))
})

test('pings: one at a time, each with its own patience; none without credit, none on a link that is gone', async t => {
  const link = credited()
  const both = [link.face.ping(), link.face.ping({ timeout: 60_000 })]
  const [asked] = (await take(link, 1)).flatMap(recordsOf)
  t.is(asked?.[0], CONTROL.ping)
  // an answer that nobody asked for is nothing
  void link.inbound.push([control(1, [CONTROL.pong, 0, ((asked?.[2] ?? 0) + 1) % 2 ** 32], [CONTROL.pong, 0, asked?.[2] ?? 0])])
  for (const time of await Promise.all(both)) t.true(time >= 0)
  t.is(await codeOf(link.face.ping({ timeout: 1 })), 'ERR_TIMEOUT')
  const waiting = codeOf(link.face.ping())
  link.fail(new Error('cut'))
  t.is(await waiting, 'cut')
  t.is(await codeOf(link.face.ping()), 'cut')
  t.is(await codeOf(loose().face.ping()), 'ERR_CONTROL_NONE')
})

test('a ping after one that was given up measures its own time; few are asked at once, whatever is given up', async t => {
  const link = credited()
  const pinged = async (): Promise<number> => (await take(link, 1)).flatMap(recordsOf)[0]?.[2] ?? 0
  t.is(await codeOf(link.face.ping({ timeout: 1 })), 'ERR_TIMEOUT')
  const given = await pinged()
  const next = link.face.ping()
  let settled = false
  next.then(() => { settled = true }, () => {})
  const own = await pinged()
  t.not(own, given)
  // the answer to the other one, which comes late, is not its own
  void link.inbound.push([control(1, [CONTROL.pong, 0, given])])
  t.is(await codeOf(link.face.ping({ timeout: 1 })), 'ERR_TIMEOUT')
  t.false(settled)
  void link.inbound.push([control(2, [CONTROL.pong, 0, own])])
  t.true(await next >= 0)
  for (let given = 0; given < 20; given++) t.is(await codeOf(link.face.ping({ timeout: 1 })), 'ERR_TIMEOUT')
  t.is((await take(link, 1)).flatMap(recordsOf).length, 8)
  link.fail(new Error('over'))
})

test('records as they are written', t => {
  t.deepEqual([...encodeRecords([{ type: 1, packetNonce: 258, value: 65_536 }])], [1, 0, 0, 1, 2, 0, 1, 0, 0])
})
