import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { CreditBudget, GOAWAY_CODES, RESET_CODES, resetError, type NovaLink, type RoutedPacket } from '../../lib/nova/index.js'
import { Channel, deferred } from '../../lib/stream/index.js'
import { ALICE, bodyOf, later, nextPacket, stackPair } from './support.js'
import { codeOf, pattern, silence } from '../support/sources.js'

const HEADER = { target: NIL_UUID, source: ALICE.id, kind: 1n }

test('a source that fails resets its packet for its reader, with its code, and nothing else', async t => {
  const [left, right] = await stackPair()
  const go = deferred()
  const sent = [resetError(RESET_CODES.limit), new Error('disk')].map(error => codeOf(left.send(HEADER, (async function * () {
    yield pattern(10)
    await go.promise
    throw error
  })())))
  const bodies = [await nextPacket(right.source), await nextPacket(right.source)].map(({ source }) => source[Symbol.asyncIterator]())
  for (const body of bodies) t.is((await body.next()).value?.byteLength, 10)
  go.resolve()
  t.deepEqual(await Promise.all(sent), ['ERR_RESET_LIMIT', 'disk'])
  t.deepEqual(await Promise.all(bodies.map(async body => codeOf(body.next()))), ['ERR_RESET_LIMIT', 'ERR_RESET_FAILED'])
  await left.send(HEADER, pattern(5))
  t.is((await bodyOf(await nextPacket(right.source))).length, 5)
  await Promise.all([left.close(), right.close()])
})

test('a reader that stops tells the sender, and lets go of its source', async t => {
  const [left, right] = await stackPair()
  const gone = deferred()
  async function * endless (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield pattern(1000)
    } finally {
      gone.resolve()
    }
  }
  const sent = codeOf(left.send(HEADER, endless()))
  const packet = await nextPacket(right.source)
  packet.stop(RESET_CODES.refused)
  t.is(await sent, 'ERR_RESET_REFUSED')
  await gone.promise
  // once more changes nothing
  packet.stop(RESET_CODES.limit)
  await Promise.all([left.close(), right.close()])
})

test('a stalled reader of one packet holds up neither ninety-nine others nor a ping, whatever it holds', async t => {
  const [left, right] = await stackPair()
  const stalled = codeOf(left.send(HEADER, endless()))
  const packets = right.source[Symbol.asyncIterator]()
  const { value: first } = await packets.next() as IteratorResult<RoutedPacket, never>
  const others = Array.from({ length: 99 }, (_, index) => left.send(HEADER, pattern(100_000 + index)))
  const bodies = await Promise.all(others.map(async (_, index) => {
    const { value } = await packets.next() as IteratorResult<RoutedPacket, never>
    t.true(await left.ping() >= 0)
    return [index, (await bodyOf(value)).length]
  }))
  t.deepEqual(bodies.map(([, length]) => length), others.map((_, index) => 100_000 + index))
  await Promise.all(others)
  t.true(await right.ping() >= 0)
  first.stop(RESET_CODES.stalled)
  t.is(await stalled, 'ERR_RESET_STALLED')
  await Promise.all([left.close(), right.close()])

  async function * endless (): AsyncGenerator<Uint8Array> {
    for (;;) yield pattern(65_536)
  }
})

test('packets that nobody takes stop their sender at what was granted, and heartbeats go on', async t => {
  const [left, right] = await stackPair({ right: { offer: { maxPackets: 8 } } })
  const sent = Array.from({ length: 20 }, () => left.send(HEADER, pattern(100)))
  await Promise.all(sent.slice(0, 8))
  t.true(await left.ping() >= 0)
  t.is(await Promise.race([Promise.race(sent.slice(8)), turn('waiting')]), 'waiting')
  let read = 0
  for await (const packet of right.source) {
    t.is((await bodyOf(packet)).length, 100)
    if (++read === 20) break
  }
  await Promise.all(sent)
  await Promise.all([left.close(), right.close()])
})

test('packets that are over and that nobody takes count as well: empty ones, and ones that were reset', async t => {
  const [left, right] = await stackPair()
  let sent = 0
  const all = Array.from({ length: 2000 }, async (_, index) => {
    await left.send(HEADER, index % 2 === 0 ? new Uint8Array(0) : failing()).catch(() => {})
    sent++
  })
  for (let i = 0; i < 200; i++) await turn()
  t.true(await left.ping() >= 0)
  const before = sent
  t.true(before > 0 && before <= 512, `${before}`)
  const packets = right.source[Symbol.asyncIterator]()
  const read = (async () => { while ((await packets.next()).done !== true) continue })()
  await Promise.all(all)
  t.is(sent, 2000)
  await Promise.all([left.close(), right.close(), read])
})

async function * failing (): AsyncGenerator<Uint8Array> {
  yield pattern(1)
  await turn()
  throw new Error('given up')
}

test('both directions close while both still send: everything comes, whatever credit it needs', async t => {
  const [left, right] = await stackPair()
  const bytes = pattern(3_000_000)
  const ends = [left, right] as const
  const sent = ends.map(end => end.send(HEADER, bytes))
  const reading = ends.map(async end => (await bodyOf(await nextPacket(end.source))).length)
  await Promise.all(ends.map(end => end.close()))
  t.deepEqual(await Promise.all(reading), [3_000_000, 3_000_000])
  await Promise.all(sent)
})

test('a side that has closed still takes what was begun, and the other one closes by itself', async t => {
  const [left, right] = await stackPair()
  const parts = new Channel<Uint8Array>()
  const sent = right.send(HEADER, parts)
  void parts.push(pattern(1))
  const packet = await nextPacket(left.source)
  const body = bodyOf(packet)
  const closed = left.close()
  t.is(await codeOf(left.send(HEADER, pattern(1))), 'ERR_LINK_CLOSING')
  for (let index = 0; index < 10; index++) await parts.push(pattern(100_000))
  parts.end()
  await sent
  t.is((await body).length, 1_000_001)
  await Promise.all([closed, left.closed, right.closed])
})

test('an early goaway: what has begun goes on both ways, what comes later is refused, and the link ends in order', async t => {
  const codes: number[] = []
  const [left, right] = await stackPair({ left: { onGoaway: code => { codes.push(code) } } })
  const parts = new Channel<Uint8Array>()
  const sent = left.send(HEADER, parts)
  void parts.push(pattern(1))
  const packets = right.source[Symbol.asyncIterator]()
  const { value: packet } = await packets.next() as IteratorResult<RoutedPacket, never>
  const crossed = codeOf(left.send(HEADER, pattern(1)))
  right.goaway(GOAWAY_CODES.shutdown)
  t.true(await left.ping() >= 0)
  t.deepEqual(codes, [GOAWAY_CODES.shutdown])
  // whole on the wire before it was heard
  t.is(await crossed, 'resolved')
  t.is(await codeOf(left.send(HEADER, pattern(1))), 'ERR_LINK_GOAWAY')
  // the other direction goes on, and so does what has begun
  const back = right.send(HEADER, pattern(10))
  t.is((await bodyOf(await nextPacket(left.source))).length, 10)
  await back
  let idle = false
  const drained = right.drained().then(() => { idle = true })
  await turn()
  t.false(idle)
  void parts.push(pattern(2))
  parts.end()
  t.is((await bodyOf(packet)).length, 3)
  await sent
  await drained
  await Promise.all([right.close(), left.closed])
})

test('drained resolves when a link fails', async t => {
  const [left, right] = await stackPair()
  void later(left.send(HEADER, silence()))
  const drained = left.drained()
  left.abort(new Error('cut'))
  await drained
  t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
})

/** What one end does in a run. */
interface Plan { size: number, chunk: number, end: 'whole' | 'fail' | 'stop' | 'leave', after: number }

const plan = fc.record<Plan>({
  size: fc.integer({ min: 0, max: 200_000 }),
  chunk: fc.integer({ min: 1, max: 50_000 }),
  end: fc.constantFrom('whole', 'whole', 'fail', 'stop', 'leave'),
  after: fc.integer({ min: 0, max: 5 })
})

test('any mix of packets that end, fail, are stopped and left: each has its own end, nothing hangs, all credit comes back', async t => {
  await fc.assert(fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 12 }), fc.integer({ min: 256, max: 70_000 }), fc.integer({ min: 1, max: 5 }), async (plans, window, maxPackets) => {
    const budget = new CreditBudget(100_000)
    const [left, right] = await stackPair({ right: { offer: { window, maxPackets }, budget } })
    const read = readAll(right, plans)
    const sent = await Promise.all(plans.map((one, index) => codeOf(left.send({ ...HEADER, kind: BigInt(index) }, bodyFor(one)))))
    await left.send({ ...HEADER, kind: 99n }, pattern(1))
    const ends = await read
    plans.forEach((one, index) => {
      const [outcome, seen] = [sent[index], ends.get(index)]
      if (one.end === 'whole') t.deepEqual([outcome, seen], ['resolved', one.size])
      else if (one.end === 'fail') t.true(outcome === 'disk' && (seen === undefined || seen === 'ERR_RESET_FAILED'), `${outcome} ${seen}`)
      else t.true(['resolved', 'ERR_RESET_CANCELLED', 'ERR_RESET_LIMIT'].includes(outcome as string), outcome)
    })
    await Promise.all([left.close(), right.close()])
    t.is(budget.left, 100_000)
  }), { numRuns: 60 })

  async function * bodyFor ({ size, chunk, end }: Plan): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < size; at += chunk) yield pattern(Math.min(chunk, size - at))
    if (end === 'fail') throw new Error('disk')
  }

  async function readAll (link: NovaLink, plans: readonly Plan[]): Promise<Map<number, number | string>> {
    const ends = new Map<number, number | string>()
    const reading: Array<Promise<void>> = []
    for await (const packet of link.source) {
      const index = Number(packet.header.kind)
      if (index === 99) break
      reading.push(readOne(packet, plans[index] as Plan).then(end => { ends.set(index, end) }))
    }
    await Promise.all(reading)
    return ends
  }

  async function readOne (packet: RoutedPacket, { end, after }: Plan): Promise<number | string> {
    if (end !== 'stop' && end !== 'leave') {
      const body = await bodyOf(packet)
      return typeof body === 'string' ? body : body.length
    }
    const reader = packet.source[Symbol.asyncIterator]()
    for (let count = 0; count < after; count++) if ((await reader.next()).done === true) break
    if (end === 'stop') packet.stop(RESET_CODES.limit)
    else void reader.return?.()
    return end
  }
})

test('a link ends at once when both sides have said that they take no more, and then close together', async t => {
  const [left, right] = await stackPair({ both: { limits: { closeTimeout: 2 ** 31 - 1 } } })
  left.goaway(GOAWAY_CODES.shutdown)
  right.goaway(GOAWAY_CODES.shutdown)
  // each has heard the other one
  await Promise.all([left.ping(), right.ping()])
  await Promise.all([left.close(), right.close()])
  await Promise.all([left.closed, right.closed])
  t.pass()
})

test('a ping without a limit of time waits for its answer', async t => {
  const [left, right] = await stackPair()
  t.true(await left.ping({ timeout: Infinity }) >= 0)
  await Promise.all([left.close(), right.close()])
})
