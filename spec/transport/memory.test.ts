import test from 'ava'
import fc from 'fast-check'
import { deferred } from '../../lib/stream/deferred.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { codeOf, collect, items, pattern } from '../support/sources.js'

/** The chunks of what the left one sends, and how it ended. */
async function chunksOf (options: MemoryPairOptions, bytes: Uint8Array): Promise<{ chunks: Uint8Array[], end: string }> {
  const [left, right] = memoryPair(options)
  const chunks: Uint8Array[] = []
  const reading = (async () => { for await (const chunk of right.source) chunks.push(chunk.slice()) })()
  void codeOf(left.sink(items(bytes)))
  return { chunks, end: await codeOf(reading) }
}

test('chunks of a fixed size, and the same random ones for the same seed', async t => {
  const fixed = await chunksOf({ chunks: 7 }, pattern(100))
  t.deepEqual(fixed.chunks.map(chunk => chunk.length), [...Array<number>(14).fill(7), 2])
  await fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 40 }), async (seed, max) => {
    const [first, second] = [await chunksOf({ chunks: { seed, max } }, pattern(300)), await chunksOf({ chunks: { seed, max } }, pattern(300))]
    t.deepEqual(first, second)
    t.true(first.chunks.every(chunk => chunk.length >= 1 && chunk.length <= max))
  }), { numRuns: 20 })
})

test('a cut: so many bytes arrive, then both sides see a reset', async t => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 30 }), async (cutAfter, chunks) => {
    const [left, right] = memoryPair({ chunks, toRight: { faults: { cutAfter } } })
    let came = 0
    const reading = (async () => { for await (const chunk of right.source) came += chunk.length })()
    void codeOf(left.sink(items(pattern(100))))
    t.is(await codeOf(reading), 'ERR_TRANSPORT_RESET')
    t.is(came, cutAfter)
    t.is(await codeOf(left.closed), 'ERR_TRANSPORT_RESET')
  }), { numRuns: 30 })
})

test('a flip turns that one bit, in the copy only', async t => {
  const bytes = pattern(50)
  const { chunks } = await chunksOf({ chunks: 8, toRight: { faults: { flip: { byte: 20, bit: 3 } } } }, bytes)
  const came = Buffer.concat(chunks)
  t.is(came[20], 20 ^ 8)
  came[20] = 20
  t.deepEqual(new Uint8Array(came), pattern(50))
  t.deepEqual(bytes, pattern(50))
})

test('a stall holds everything from its byte on, until it is released', async t => {
  const released = deferred()
  const [left, right] = memoryPair({ toRight: { faults: { stall: { byte: 10, until: released.promise } } } })
  const writing = left.sink(items(pattern(25)))
  const reader = right.source[Symbol.asyncIterator]()
  t.is(((await reader.next()) as IteratorYieldResult<Uint8Array>).value.length, 10)
  let more = false
  const next = reader.next().then(result => { more = true; return result })
  await writing
  t.false(more)
  released.resolve()
  t.is(((await next) as IteratorYieldResult<Uint8Array>).value.length, 15)
  t.true((await reader.next()).done)
})

test('options out of range are refused, and faults of one direction spare the other', async t => {
  for (const options of [{ chunks: 0 }, { chunks: 1.5 }, { buffer: 0 }, { latency: -1 }]) t.throws(() => memoryPair(options), { code: 'ERR_LIMIT_OPTION' })
  const [left, right] = memoryPair({ toRight: { faults: { flip: { byte: 0, bit: 0 } } } })
  const [came] = await Promise.all([collect(left.source), right.sink(items(pattern(3)))])
  t.deepEqual(came, pattern(3))
})
