import test from 'ava'
import fc from 'fast-check'
import { Channel } from '../../lib/stream/channel.js'
import { codeOf } from '../support/sources.js'

const REASON = new Error('the reason')

test('against a model: order, limits, and writers that wait exactly while it is full', async t => {
  const step = fc.oneof(fc.record({ push: fc.uint8Array({ maxLength: 10 }) }), fc.constant({ take: true as const }))
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), async (steps, maxBytes, maxItems) => {
    const channel = new Channel<Uint8Array>({ maxBytes, maxItems })
    const model: Uint8Array[] = []
    const bytes = (): number => model.reduce((sum, item) => sum + item.length, 0)
    for (const each of steps) {
      if ('push' in each) {
        model.push(each.push)
        const room = channel.push(each.push)
        t.is(room !== undefined, bytes() >= maxBytes || model.length >= maxItems)
      } else if (model.length > 0) {
        const taken: IteratorResult<Uint8Array, unknown> = await channel.next()
        t.is(taken.value, model.shift())
      }
      t.is(channel.bytes, bytes())
      t.is(channel.length, model.length)
    }
    channel.end()
    for (const item of model) t.is((await channel.next()).value, item)
    t.true((await channel.next()).done)
  }))
})

test('room wakes when the reader takes, ends, fails or goes', async t => {
  const wakes: Array<(channel: Channel<number>) => unknown> = [c => c.next(), c => { c.end() }, c => { c.fail(REASON) }, c => c.return()]
  for (const wake of wakes) {
    const channel = new Channel<number>({ maxItems: 1 })
    const room = channel.push(1)
    t.not(room, undefined)
    await wake(channel)
    await room
    t.pass()
  }
})

test('fail keeps what is queued, or discards it, and is thrown at every later read', async t => {
  for (const discard of [false, true]) {
    const channel = new Channel<number>()
    void channel.push(1)
    channel.fail(REASON, { discard })
    if (!discard) t.is((await channel.next()).value, 1)
    for (let i = 0; i < 3; i++) t.is(await codeOf(channel.next()), REASON.message)
    t.throws(() => channel.push(2), { code: 'ERR_CHANNEL_CLOSED' })
    t.is(channel.room(), undefined)
  }
})

test('pending reads get the items in turn, then the end or the error', async t => {
  const channel = new Channel<number>()
  const reads = [channel.next(), channel.next(), channel.next()]
  void channel.push(1)
  void channel.push(2)
  channel.end()
  t.deepEqual((await Promise.all(reads)).map((result): unknown => result.value), [1, 2, undefined])
  const failing = new Channel<number>()
  const read = codeOf(failing.next())
  failing.fail(REASON)
  t.is(await read, REASON.message)
})

test('after return pushes are dropped and the bytes given back', async t => {
  let given = 0
  const channel = new Channel<Uint8Array>({ onTake: bytes => { given += bytes } })
  void channel.push(new Uint8Array(5))
  await channel.return()
  t.is(channel.push(new Uint8Array(7)), undefined)
  t.is(given, 5)
  t.true((await channel.next()).done)
  t.true(channel.returned)
})
