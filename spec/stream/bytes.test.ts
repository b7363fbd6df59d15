import test from 'ava'
import fc from 'fast-check'
import { ByteQueue } from '../../lib/stream/byte-queue.js'
import { join } from '../../lib/stream/pieces.js'
import { Reader } from '../../lib/stream/reader.js'
import { sequence } from '../../lib/stream/sequence.js'
import { deferred } from '../../lib/stream/deferred.js'
import { Channel } from '../../lib/stream/channel.js'
import { codeOf, collect, items, pattern, silence } from '../support/sources.js'

const REASON = new Error('the reason')

test('ByteQueue holds what a plain concatenation holds', async t => {
  const step = fc.oneof(fc.record({ push: fc.integer({ min: 0, max: 3000 }) }), fc.record({ take: fc.integer({ min: 0, max: 4000 }) }))
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, joined) => {
    const queue = new ByteQueue()
    let model: Uint8Array = new Uint8Array(0)
    let made = 0
    for (const each of steps) {
      if ('push' in each) {
        const bytes = Uint8Array.from({ length: each.push }, () => made++ % 253)
        queue.push(bytes)
        model = join([model, bytes])
      } else {
        const length = Math.min(each.take, model.length)
        const taken = joined ? queue.takeJoined(length) : join(queue.take(length))
        t.is(Buffer.compare(taken, model.subarray(0, length)), 0)
        model = model.slice(length)
      }
      t.is(queue.length, model.length)
      if (model.length > 0) t.is(queue.peek(model.length - 1), model.at(-1) as number)
    }
    t.is(Buffer.compare(join(queue.take(queue.length)), model), 0)
  }))
})

test('ByteQueue keeps a flood of single bytes in few pieces', t => {
  const queue = new ByteQueue()
  const count = 131_000
  for (let i = 0; i < count; i++) queue.push(Uint8Array.of(i % 251))
  const pieces = queue.take(count)
  // the first two are smaller: room follows what has come
  t.true(pieces.length <= Math.ceil(count / 16_384) + 2)
  t.true(new Set(pieces.map(piece => piece.buffer)).size <= pieces.length)
  t.is(Buffer.compare(join(pieces), pattern(count)), 0)
})

test('Reader reads exactly, however the bytes are cut, and hands back the rest', async t => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 10 }), async (chunks, lengths) => {
    const whole = join(chunks)
    const reader = new Reader(items(...chunks))
    let at = 0
    for (const length of lengths) {
      if (at + length > whole.length) break
      t.deepEqual(await reader.read(length), whole.slice(at, at + length))
      at += length
    }
    t.deepEqual(await collect(reader.rest()), whole.slice(at))
  }))
})

test('Reader: an aborted read loses nothing, for reads and for the rest', async t => {
  for (const viaRest of [false, true]) {
    const channel = new Channel<Uint8Array>()
    const reader = new Reader(channel)
    void channel.push(Uint8Array.of(1, 2))
    const control = new AbortController()
    const read = codeOf(reader.read(4, { signal: control.signal }))
    await null
    control.abort(REASON)
    t.is(await read, REASON.message)
    void channel.push(Uint8Array.of(3, 4))
    channel.end()
    t.deepEqual(viaRest ? await collect(reader.rest()) : await reader.read(4), Uint8Array.of(1, 2, 3, 4))
  }
})

test('Reader: truncation, limits, and errors that stay', async t => {
  const truncated = new Reader(items(Uint8Array.of(1)))
  t.is(await codeOf(truncated.read(2)), 'ERR_TRUNCATED')
  t.is(await codeOf(truncated.read(1000)), 'ERR_TRUNCATED')
  t.is(await codeOf(new Reader(items(), { maxBytes: 10 }).read(11)), 'ERR_READ_LIMIT')
  const channel = new Channel<Uint8Array>()
  const failing = new Reader(channel)
  channel.fail(REASON)
  t.is(await codeOf(failing.read(1)), REASON.message)
  t.is(await codeOf(failing.read(1)), REASON.message)
  t.is(await codeOf(failing.rest().next()), REASON.message)
})

test('Reader copies: the source may use its chunk again', async t => {
  const chunk = new Uint8Array(4)
  async function * reusing (): AsyncGenerator<Uint8Array> {
    for (let i = 1; i <= 3; i++) yield chunk.fill(i)
  }
  t.deepEqual(await new Reader(reusing()).read(12), Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3))
})

test('sequence: first, then second, which may come later', async t => {
  const later = deferred<AsyncIterable<number>>()
  const both = sequence(items(1, 2), later.promise)
  t.is((await both.next()).value, 1)
  t.is((await both.next()).value, 2)
  const third = both.next()
  later.resolve(items(3))
  t.is((await third).value, 3)
  t.true((await both.next()).done)
})

test('sequence: a second that never comes is an error at every later read', async t => {
  const both = sequence(items<number>(), Promise.reject(REASON))
  t.is(await codeOf(both.next()), REASON.message)
  t.is(await codeOf(both.next()), REASON.message)
})

test('sequence: return lets go of both without waiting', async t => {
  const first = silence()
  const second = silence()
  const both = sequence<never>(first, Promise.resolve(second))
  void both.next()
  t.true((await both.return?.())?.done)
  await null
  await null
  t.true(first.returned)
  t.true(second.returned)
})
