import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { GOAWAY_CODES, HARDENED_RULES, type Frame } from '../../lib/nova/index.js'
import { Channel, deferred, join } from '../../lib/stream/index.js'
import { flat, flood, frame, later, loose, packetFrames, take } from './support.js'
import { codeOf, pattern, silence } from '../support/sources.js'

test('a source that fails before anything of it was sent fails its send alone', async t => {
  const link = loose()
  const thrown = new Error('no such file')
  // eslint-disable-next-line require-yield -- it is to throw before it yields
  const sent = link.face.send((async function * (): AsyncGenerator<Uint8Array> { throw thrown })(), { head: pattern(44) })
  t.is(await codeOf(sent), thrown.message)
  void link.face.send(pattern(3))
  t.deepEqual(await take(link, 2), packetFrames(1, pattern(3)).map(flat))
})

test('a source that fails later aborts the link, unless the packet is to be truncated', async t => {
  for (const onSourceError of ['abort-link', 'truncate', undefined] as const) {
    const link = loose()
    const thrown = new Error('disk gone')
    const open = deferred()
    const sent = later(link.face.send((async function * () {
      yield pattern(10)
      await open.promise
      throw thrown
    })(), { onSourceError }))
    const other = later(link.face.send(silence()))
    await link.next()
    const next = later(link.next())
    open.resolve()
    t.is(await codeOf(sent), thrown.message)
    if (onSourceError === 'truncate') {
      t.deepEqual(((await next).value as Frame[]).map(flat), [flat(frame(1, 2, undefined, true))])
      link.fail(new Error('over'))
    } else {
      t.is(await codeOf(link.running), 'ERR_PACKET_SOURCE')
      t.is(await codeOf(next), 'ERR_PACKET_SOURCE')
      t.is(await codeOf(other), 'ERR_PACKET_SOURCE')
      t.is(await codeOf(link.face.send(pattern(1))), 'ERR_PACKET_SOURCE')
    }
  }
})

test('a failed link settles every send once with the cause, also what was handed over last, and lets go of the sources', async t => {
  const link = loose({ limits: { maxOutgoing: 3 } })
  const cause = new Error('the cause')
  const waiting = silence()
  const bulk = flood(1024)
  const sent = [link.face.send(pattern(10)), link.face.send(waiting), link.face.send(bulk), link.face.send(silence()), link.face.send(pattern(5))]
  await link.next()
  const counted = sent.map(() => 0)
  for (const [index, promise] of sent.entries()) {
    const count = (): void => { counted[index] = (counted[index] ?? 0) + 1 }
    void promise.then(count, count)
  }
  link.fail(cause)
  link.fail(new Error('another'))
  t.deepEqual(await Promise.all(sent.map(codeOf)), sent.map(() => cause.message))
  await turn()
  t.deepEqual(counted, sent.map(() => 1))
  t.true(waiting.returned)
  t.deepEqual(await bulk.next(), { value: undefined, done: true })
  for (let round = 0; round < 3; round++) {
    t.is(await codeOf(link.next()), cause.message)
    t.is(await codeOf(link.face.send(pattern(1))), cause.message)
    t.is(await codeOf(link.face.close()), cause.message)
  }
})

test('close finishes what is under way, what waits included, and takes no more', async t => {
  const link = loose({ limits: { maxOutgoing: 1 } })
  const sent = [link.face.send(pattern(1)), link.face.send(pattern(2))]
  const closed = later(link.face.close())
  t.is(link.face.close(), closed)
  t.is(await codeOf(link.face.send(pattern(3))), 'ERR_LINK_CLOSING')
  const frames: object[] = []
  for (let batch = await link.next(); batch.done !== true; batch = await link.next()) frames.push(...batch.value.map(flat))
  t.deepEqual(frames, [...packetFrames(1, pattern(1)), ...packetFrames(2, pattern(2))].map(flat))
  t.deepEqual(await Promise.all(sent.map(codeOf)), ['resolved', 'resolved'])
  link.inbound.end()
  t.is(await codeOf(closed), 'resolved')
  t.is(await codeOf(link.running), 'resolved')
})

test('close has a limit: a source that never ends, or an other side that never does', async t => {
  for (const sends of [true, false]) {
    const link = loose({ limits: { closeTimeout: 20 } })
    const sent = sends ? later(link.face.send(silence())) : undefined
    const out = later(link.next())
    t.is(await codeOf(link.face.close()), 'ERR_LINK_CLOSE_TIMEOUT')
    t.is(await codeOf(link.running), 'ERR_LINK_CLOSE_TIMEOUT')
    if (sent !== undefined) t.is(await codeOf(sent), 'ERR_LINK_CLOSE_TIMEOUT')
    t.is(await codeOf(out), sends ? 'ERR_LINK_CLOSE_TIMEOUT' : 'resolved')
  }
})

test('a goaway refuses new packets and those above its nonce; what is below finishes', async t => {
  let code: number | undefined
  const link = loose({ rules: HARDENED_RULES, onGoaway: value => { code = value }, limits: { maxOutgoing: 3 } })
  const parts = [new Channel<Uint8Array>(), new Channel<Uint8Array>()]
  const sent = [...parts.map(part => link.face.send(part)), link.face.send(silence()), link.face.send(pattern(3))].map(later)
  for (const part of parts) void part.push(pattern(1))
  await take(link, 2)
  // goaway, last packet 1, code 2
  void link.inbound.push([frame(0, 1, Uint8Array.of(6, 0, 0, 0, 1, 0, 0, 0, GOAWAY_CODES.shutdown))])
  t.deepEqual(await Promise.all(sent.slice(1).map(codeOf)), ['ERR_LINK_GOAWAY', 'ERR_LINK_GOAWAY', 'ERR_LINK_GOAWAY'])
  t.is(code, GOAWAY_CODES.shutdown)
  t.is(await codeOf(link.face.send(pattern(1))), 'ERR_LINK_GOAWAY')
  parts[0]?.end()
  t.deepEqual(await take(link, 1), [flat(frame(1, 2, undefined, true))])
  void later(link.next())
  t.is(await codeOf(sent[0] as Promise<void>), 'resolved')
  link.fail(new Error('over'))
})

test('rekeys come first in a batch, and never after the goaway', async t => {
  let due = true
  const link = loose({ rules: { ...HARDENED_RULES, rekeyDue: () => due } })
  void link.face.send(pattern(3))
  const { value } = await link.next() as { value: Frame[] }
  t.deepEqual(value.map(one => [one.packetNonce, one.frameNonce]), [[0, 1], [1, 1]])
  t.deepEqual([...join(value[0]?.content ?? [])], [7, 0, 0, 0, 0, 0, 0, 0, 0])
  due = false
  void later(link.face.close())
  t.deepEqual((await take(link, 1)).map(one => one.content[0]), [6])
  due = true
  t.deepEqual(await link.next(), { value: undefined, done: true })
  link.fail(new Error('over'))
})
