import test from 'ava'
import type { Stream } from '@libp2p/interface'
import { MUXER_LIMITS, novaMuxer } from '../../lib/libp2p/index.js'
import { deferred } from '../../lib/stream/deferred.js'
import { leaksOf } from '../support/leaks.js'
import { closed, drained, length, muxerPair, sendAll } from './muxer-support.js'

const SOME = Uint8Array.of(1, 2, 3, 4, 5)

test('a stream that nobody reads holds no more than its window, and stops no other', async t => {
  const pair = muxerPair()
  const [stalled] = await pair.open()
  while (stalled.send(new Uint8Array(16_384))) { /* until it is full */ }
  stalled.send(new Uint8Array(1_000_000))
  const others = await Promise.all(Array.from({ length: 10 }, () => pair.open()))
  const received = await Promise.all(others.map(async ([here, there]) => {
    const [, bytes] = await Promise.all([sendAll(here, new Uint8Array(1_000_000)), length(there)])
    return bytes
  }))
  t.deepEqual(received, Array(10).fill(1_000_000))
  t.is(pair.accepted[0]?.readBufferLength, 65_536)
  // and it goes on when somebody reads
  const rest = length(pair.accepted[0] as Stream)
  await stalled.close()
  t.true(await rest > 1_000_000)
  await pair.close()
})

test('an iterator that is slow to ask holds no more than its window', async t => {
  const pair = muxerPair({ limits: { maxWindow: 65_536 } })
  const [here, there] = await pair.open()
  let sent = 0
  const iterator = there[Symbol.asyncIterator]()
  const first = iterator.next()
  while (here.send(new Uint8Array(1000))) sent += 1000
  await first
  // an answer goes through, so everything that could come before it has come
  there.send(SOME)
  await here[Symbol.asyncIterator]().next()
  t.true(sent + 1000 - here.writeBufferLength <= 65_536 + 131_072)
  const read = (async () => {
    let bytes = ((await first).value as Uint8Array).byteLength
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) bytes += next.value.byteLength
    return bytes
  })()
  await here.close()
  t.is(await read, sent + 1000)
  await pair.close()
})

test('windows grow while the reader keeps up, and not beyond what the pool has', async t => {
  for (const windowPool of [0, MUXER_LIMITS.windowPool]) {
    const pair = muxerPair({ limits: { windowPool } })
    const [here, there] = await pair.open()
    const received = length(there)
    await sendAll(here, new Uint8Array(4_000_000))
    t.is(await received, 4_000_000)
    await pair.close()
  }
})

for (const first of ['dialler', 'listener'] as const) {
  test(`half-close: the ${first} ends first, and is still answered`, async t => {
    const pair = muxerPair()
    const streams = await pair.open()
    const [one, two] = first === 'dialler' ? streams : [streams[1], streams[0]]
    const gone = Promise.all([closed(one), closed(two)])
    one.send(SOME)
    await one.close()
    t.is(await length(two), SOME.byteLength)
    t.is(one.status, 'open')
    const answer = length(one)
    await sendAll(two, new Uint8Array(300_000))
    t.is(await answer, 300_000)
    t.deepEqual(await gone, [undefined, undefined])
    t.deepEqual([pair.dialler.streams, pair.listener.streams], [[], []])
    await pair.close()
  })
}

for (const who of ['dialler', 'listener'] as const) {
  test(`an abort by the ${who} drops what was queued and resets the other end`, async t => {
    const pair = muxerPair()
    const streams = await pair.open()
    const [one, two] = who === 'dialler' ? streams : [streams[1], streams[0]]
    const reset = closed(two)
    one.send(new Uint8Array(1_000_000))
    one.abort(new Error('enough'))
    t.is((await reset)?.name, 'StreamResetError')
    t.is(one.writeBufferLength, 0)
    const [again, there] = await pair.open()
    again.send(SOME)
    t.is(((await there[Symbol.asyncIterator]().next()).value as Uint8Array).byteLength, SOME.byteLength)
    again.abort(new Error('enough'))
    await pair.close()
  })
}

test('who no longer reads stops the sender, who is not told that it failed', async t => {
  const pair = muxerPair()
  const [here, there] = await pair.open()
  here.send(new Uint8Array(1_000_000))
  await there.closeRead()
  if (here.writableNeedsDrain) await drained(here)
  t.is(here.remoteReadStatus, 'closed')
  t.true(here.send(new Uint8Array(1_000_000)))
  const gone = Promise.all([closed(here), closed(there)])
  await Promise.all([here.close(), there.close()])
  t.deepEqual(await gone, [undefined, undefined])
  await pair.close()
})

test('a stream beyond maxInboundStreams is reset, and another may be opened when one has gone', async t => {
  const pair = muxerPair({ limits: { maxInboundStreams: 2 } })
  const [[one]] = await Promise.all([pair.open(), pair.open()])
  const refused = await pair.dialler.createStream()
  t.is((await closed(refused))?.name, 'StreamResetError')
  const gone = closed(pair.accepted[0] as Stream)
  one.abort(new Error('enough'))
  await gone
  await pair.open()
  t.is(pair.accepted.length, 3)
  for (const stream of pair.dialler.streams) stream.abort(new Error('enough'))
  await pair.close()
})

test('own streams beyond maxOutboundStreams are refused to the caller', async t => {
  const pair = muxerPair({ limits: { maxOutboundStreams: 1 } })
  const [here] = await pair.open()
  await t.throwsAsync(() => pair.dialler.createStream(), { name: 'TooManyOutboundProtocolStreamsError' })
  here.abort(new Error('enough'))
  await t.notThrowsAsync(() => pair.dialler.createStream())
  await pair.close()
})

test('limits are checked when the muxer is chosen', t => {
  t.throws(() => novaMuxer({ limits: { maxWindow: -1 } }), { code: 'ERR_LIMIT_OPTION' })
  t.throws(() => novaMuxer({ limits: { maxInboundStreams: NaN } }), { code: 'ERR_LIMIT_OPTION' })
})

test('both sides open, end and abort in one turn: everything is told, in any mixture', async t => {
  const pair = muxerPair()
  const listened = deferred()
  let come = 0
  pair.dialler.addEventListener('stream', event => { void event.detail.close() })
  pair.listener.addEventListener('stream', event => { void event.detail.close(); if (++come === 40) listened.resolve() })
  const streams = await Promise.all(Array.from({ length: 120 }, (_, index) => (index % 3 === 0 ? pair.listener : pair.dialler).createStream()))
  const gone = streams.map(closed)
  streams.forEach((stream, index) => {
    if (index % 3 === 1) stream.send(SOME)
    if (index % 2 === 0) stream.abort(new Error('enough'))
    else void stream.close()
  })
  const errors = await Promise.all(gone)
  t.deepEqual(errors.map(error => error?.message), streams.map((_, index) => index % 2 === 0 ? 'enough' : undefined))
  await listened.promise
  await pair.close()
})

test('the end of a muxer is told to the other one, which opens no more', async t => {
  const pair = muxerPair()
  const [here, there] = await pair.open()
  const gone = Promise.all([closed(here), closed(there)])
  here.send(SOME)
  const bytes = length(there)
  await pair.dialler.close()
  t.is(await bytes, SOME.byteLength)
  await gone
  t.not(pair.listener.status, 'open')
  await t.throwsAsync(() => pair.listener.createStream(), { name: 'MuxerClosedError' })
})

test('a cut connection is no end: its streams fail, behind what has come', async t => {
  const pair = muxerPair()
  const [here, there] = await pair.open()
  here.send(SOME)
  await there[Symbol.asyncIterator]().next()
  const [one, two] = [closed(here), closed(there)]
  await pair.connections[0].close()
  t.truthy(await one)
  t.truthy(await two)
  t.deepEqual([pair.dialler.streams, pair.listener.streams], [[], []])
})

test.serial('nothing is left behind of streams that ended, failed, stalled or were cut', async t => {
  const leaks = await leaksOf(async () => {
    for (const cut of [false, true]) {
      const pair = muxerPair({ limits: { closeTimeout: 1000 } })
      const [ended, other] = await pair.open()
      await Promise.all([ended.close(), other.close()])
      const [failed] = await pair.open()
      failed.abort(new Error('enough'))
      const [stalled] = await pair.open()
      stalled.send(new Uint8Array(100_000))
      if (cut) pair.connections[0].abort(new Error('cut'))
      else pair.dialler.abort(new Error('enough'))
      await pair.close()
    }
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
