import test from 'ava'
import fc from 'fast-check'
import { randomUuid } from '../../lib/bytes/index.js'
import { RELAY_CODES } from '../../lib/nova/index.js'
import { ADMISSION_LIMITS, rateAdmission, type AdmissionLimits, type RateAdmission } from '../../lib/relay/server/index.js'
import { addressKey } from '../../lib/relay/server/limits/address.js'
import { Bucket } from '../../lib/relay/server/limits/bucket.js'
import { Table } from '../../lib/relay/server/limits/table.js'
import { throttled } from '../../lib/relay/server/limits/throttled.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf, items, pattern } from '../support/sources.js'
import { member, nextOf, rawClient, text } from './raw.js'
import { serve } from './server-support.js'

const REASON = new Error('the reason')

/** An admission with a clock that stands until it is set. */
function timed (limits: AdmissionLimits = {}): { admission: RateAdmission, pass: (milliseconds: number) => void } {
  let now = 0
  return { admission: rateAdmission(limits, () => now), pass: milliseconds => { now += milliseconds } }
}

test('a bucket holds its burst, fills at its rate and no further, whatever is taken when (property)', t => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2000 }), fc.array(fc.tuple(fc.nat(5000), fc.nat(300)), { maxLength: 60 }), (perSecond, burst, steps) => {
    let now = 0
    const bucket = new Bucket({ perSecond, burst }, () => now)
    let taken = 0
    for (const [wait, tries] of steps) {
      now += wait
      for (let i = 0; i < tries; i++) if (bucket.take()) taken++
      t.true(taken <= burst + now * perSecond / 1000 + 1e-6)
    }
    now += burst * 1000 / perSecond + 1
    for (let i = 0; i < burst; i++) t.true(bucket.take())
    t.false(bucket.take())
  }))
})

test('a clock that stands, goes back or leaps: never more than a burst', t => {
  let now = 1000
  const bucket = new Bucket({ perSecond: 10, burst: 5 }, () => now)
  for (let i = 0; i < 5; i++) t.true(bucket.take())
  t.false(bucket.take())
  now = -86_400_000
  t.false(bucket.take())
  now = 86_400_000
  for (let i = 0; i < 5; i++) t.true(bucket.take())
  t.false(bucket.take())
  const lifted = new Bucket({ perSecond: Infinity, burst: Infinity }, () => now)
  t.is(lifted.charge(1e12), 0)
  t.true(lifted.take())
})

test('a debt is waited for as long as the rate takes to pay it', t => {
  let now = 0
  const bucket = new Bucket({ perSecond: 1000, burst: 2000 }, () => now)
  t.is(bucket.charge(2000), 0)
  t.is(bucket.charge(500), 500)
  now = 500
  t.is(bucket.charge(0), 0)
})

test('IPv6 is counted by 64 bits, IPv4 within it as IPv4', t => {
  t.is(addressKey('203.0.113.9'), '203.0.113.9')
  t.is(addressKey('::ffff:203.0.113.9'), '203.0.113.9')
  t.is(addressKey(undefined), '')
  for (const one of ['2001:db8:0:7::1', '2001:DB8:0:7:ffff::2', '2001:0db8:0000:0007:1:2:3:4', '2001:db8::7:0:0:0:9', '2001:db8:0:7::1%eth0']) t.is(addressKey(one), '2001:db8:0:7::/64', one)
  t.is(addressKey('::1'), '0:0:0:0::/64')
  t.is(addressKey('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64')
  t.not(addressKey('2001:db8:0:8::1'), addressKey('2001:db8:0:7::1'))
})

test('a table forgets what was unused for longest, and never what is in use (property)', t => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 300 }), steps => {
    const table = new Table<{ idle: boolean }>(8, () => ({ idle: true }))
    const held = new Map<string, { idle: boolean }>()
    for (const [number, hold] of steps) {
      const key = String(number)
      const entry = table.of(key)
      const before = held.get(key)
      if (before !== undefined) t.is(entry, before)
      if (hold && held.size < 6) {
        entry.idle = false
        held.set(key, entry)
      }
      t.true(table.size <= 8)
    }
  }))
})

test('a million addresses leave a table of its size', t => {
  const table = new Table<{ idle: boolean }>(1000, () => ({ idle: true }))
  for (let i = 0; i < 1_000_000; i++) table.of(String(i))
  t.is(table.size, 1000)
})

test('threats 3: of one address so many handshakes at once, while another one gets in', t => {
  const { admission } = timed()
  const { addressPending } = ADMISSION_LIMITS
  const pending = Array.from({ length: addressPending }, () => admission.connection('203.0.113.9'))
  t.throws(() => admission.connection('203.0.113.9'), { code: 'ERR_RELAY_RATE' })
  t.is(admission.enter('203.0.113.9'), undefined)
  t.notThrows(() => { admission.connection('203.0.113.10').closed() })
  pending[0]?.shook(randomUuid())
  t.notThrows(() => { admission.connection('203.0.113.9').closed() })
  pending[1]?.closed()
  pending[1]?.closed()
  const leave = admission.enter('203.0.113.9')
  const other = admission.enter('203.0.113.9')
  t.is(typeof leave, 'function')
  t.is(typeof other, 'function')
  t.is(admission.enter('203.0.113.9'), undefined)
  leave?.()
  leave?.()
  t.is(typeof admission.enter('203.0.113.9'), 'function')
})

test('connections of one address, and handshakes of one address a minute', t => {
  const { admission, pass } = timed({ addressConnections: 3, addressHandshakes: 6 })
  const come = () => {
    const admitted = admission.connection('2001:db8::1')
    admitted.shook(randomUuid())
    return admitted
  }
  const standing = [come(), come(), come()]
  t.throws(come, { code: 'ERR_RELAY_FULL' })
  t.is(admission.enter('2001:db8::2'), undefined)
  for (const { closed } of standing) closed()
  for (let i = 0; i < 3; i++) come().closed()
  t.throws(come, { code: 'ERR_RELAY_RATE' })
  pass(10_000)
  come().closed()
  t.throws(come, { code: 'ERR_RELAY_RATE' })
})

test('threats 24: packets over the rate are refused, and who sends on is cut off', t => {
  const { admission, pass } = timed({ identityPackets: 10, maxRefusals: 50 })
  const [flooder, honest] = [randomUuid(), randomUuid()]
  const admitted = admission.connection('203.0.113.9')
  const [left, right] = memoryPair()
  const aborted: Error[] = []
  admitted.duplex({ ...left, source: left.source, sink: source => left.sink(source), close: () => left.close(), abort: reason => { aborted.push(reason) } })
  admitted.shook(flooder)
  const outcomes = Array.from({ length: 70 }, () => admission.packet(flooder, '203.0.113.9'))
  t.is(outcomes.filter(Boolean).length, 20)
  t.is(aborted.length, 0)
  t.false(admission.packet(flooder, '203.0.113.9'))
  t.is((aborted[0] as Error & { code: string }).code, 'ERR_RELAY_RATE')
  t.true(admission.packet(honest, '203.0.113.9'))
  pass(1000)
  t.is(Array.from({ length: 20 }, () => admission.packet(flooder, '203.0.113.9')).filter(Boolean).length, 10)
  admitted.closed()
  left.abort(REASON)
  right.abort(REASON)
})

test('packets of one address, by however many identities', t => {
  const { admission } = timed({ addressPackets: 10 })
  const ids = Array.from({ length: 5 }, () => randomUuid())
  const outcomes = Array.from({ length: 50 }, (_, at) => admission.packet(ids[at % 5] ?? randomUuid(), '203.0.113.9'))
  t.is(outcomes.filter(Boolean).length, 20)
  t.true(admission.packet(ids[0] ?? randomUuid(), '203.0.113.10'))
})

test('threats 24: bytes over the rate are waited for, not lost; an abort ends the wait', async t => {
  const [left, right] = memoryPair()
  const waits: number[] = []
  const slow = throttled(right, bytes => {
    waits.push(bytes)
    return waits.length < 3 ? 1 : 2 ** 40
  })
  const writing = left.sink(items(pattern(100), pattern(200), pattern(300), pattern(400)))
  const reader = slow.source[Symbol.asyncIterator]()
  let came = 0
  while (waits.length < 3) came += ((await reader.next()).value as Uint8Array).byteLength
  t.is(came, waits.reduce((sum, bytes) => sum + bytes, 0))
  const stuck = codeOf(reader.next())
  slow.abort(REASON)
  t.is(await stuck, REASON.message)
  await codeOf(writing)
})

test('bytes are charged to the address, and after the handshake to the identity too', async t => {
  const { admission, pass } = timed({ addressBytes: 1000, identityBytes: 100 })
  const admitted = admission.connection('203.0.113.9')
  const [left, right] = memoryPair()
  const duplex = admitted.duplex(right)
  const id = randomUuid()
  void codeOf(left.sink(items(pattern(100), pattern(250), pattern(1))))
  const reader = duplex.source[Symbol.asyncIterator]()
  t.is((await reader.next()).value?.byteLength, 100)
  admitted.shook(id)
  // 250 of 200: half a second of debt, by which the third is held back
  t.is((await reader.next()).value?.byteLength, 250)
  pass(500)
  t.is((await reader.next()).value?.byteLength, 1)
  left.abort(REASON)
  admitted.closed()
})

test('limits out of their range', t => {
  for (const limits of [{ addressPending: 0 }, { identityBytes: 1.5 }, { maxRemembered: NaN }]) t.throws(() => rateAdmission(limits), { code: 'ERR_LIMIT_OPTION' })
  t.notThrows(() => rateAdmission({ identityPackets: Infinity }))
})

test('a relay refuses packets over the rate with limit, then cuts; the others are served', async t => {
  const { admission } = timed({ identityPackets: 10, maxRefusals: 20 })
  const server = await serve({ admission })
  const [flooder, honest, target] = [await member(server), await member(server), await member(server)]
  // hello was the first of twenty
  await Promise.allSettled(Array.from({ length: 30 }, () => flooder.live(target.id, text('again'))))
  t.is((await nextOf(flooder.errors)).code, RELAY_CODES.limit)
  await Promise.allSettled(Array.from({ length: 30 }, () => flooder.live(target.id, text('and again'))))
  const { id, error } = await server.happened('disconnected')
  t.deepEqual(id, flooder.id)
  t.is((error as Error & { code: string }).code, 'ERR_RELAY_RATE')
  await honest.live(target.id, text('and I'))
  for (let packet = await nextOf(target.packets); ; packet = await nextOf(target.packets)) {
    await packet.source[Symbol.asyncIterator]().return?.()
    if (packet.header.source.every((byte, at) => byte === honest.id[at])) break
  }
  t.true(server.events.filter(event => event.type === 'undelivered' && event.code === RELAY_CODES.limit).length >= 20)
  await Promise.all([honest.close(), target.close(), server.relay.close()])
})

test('threats 3: half-open handshakes of one address leave room for the others, and their places come back', async t => {
  const { admission } = timed({ addressPending: 4 })
  const server = await serve({ admission })
  const silent = Array.from({ length: 20 }, () => memoryPair())
  for (const [, right] of silent) void server.relay.accept(right, { address: '203.0.113.9' })
  t.is((await server.happened('refused', 16)).address, '203.0.113.9')
  t.is(server.relay.connections, 4)
  t.true(await codeOf(rawClient(server, { address: '203.0.113.9' })) !== 'resolved')
  const other = await member(server, { address: '203.0.113.10' })
  for (const [left] of silent) left.abort(REASON)
  await server.happened('refused', 21)
  const same = await member(server, { address: '203.0.113.9' })
  await Promise.all([other.close(), same.close(), server.relay.close()])
})

test('a relay whose bytes are held to a rate loses none', async t => {
  const server = await serve({ admission: rateAdmission({ identityBytes: 2_000_000 }) })
  const [from, to] = [await member(server), await member(server)]
  const sending = from.live(to.id, pattern(6_000_000))
  let came = 0
  for await (const bytes of (await nextOf(to.packets)).source) came += bytes.byteLength
  await sending
  t.is(came, 6_000_000)
  await Promise.all([from.close(), to.close(), server.relay.close()])
})
