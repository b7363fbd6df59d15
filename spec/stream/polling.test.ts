/** Sources that are polled, and those that give promises. */
import test from 'ava'
import fc from 'fast-check'
import { Channel, PolledIterator, polling, sequence, SparseMap, SparseSet } from '../../lib/stream/index.js'

/** Counts how often it is woken. */
function waker (): { wake: () => void, readonly times: number } {
  let times = 0
  return { wake: () => { times++ }, get times () { return times } }
}

test('a channel that is polled: what is there, then one wake for what comes', t => {
  const channel = new Channel<number>()
  void channel.push(1)
  const one = waker()
  t.deepEqual(channel.poll(one.wake), { value: 1, done: false })
  t.is(channel.poll(one.wake), undefined)
  void channel.push(2)
  void channel.push(3)
  t.is(one.times, 1)
  t.deepEqual(channel.poll(one.wake), { value: 2, done: false })
  t.deepEqual(channel.poll(one.wake), { value: 3, done: false })
  t.is(channel.poll(one.wake), undefined)
  channel.end()
  t.is(one.times, 2)
  t.deepEqual(channel.poll(one.wake), { value: undefined, done: true })
})

test('whoever polls is woken by a failure, and by a return', t => {
  for (const end of [(channel: Channel<number>) => { channel.fail(new Error('failed')) }, (channel: Channel<number>) => { void channel.return() }]) {
    const channel = new Channel<number>()
    const one = waker()
    t.is(channel.poll(one.wake), undefined)
    end(channel)
    t.is(one.times, 1)
    if (channel.returned) t.deepEqual(channel.poll(one.wake), { value: undefined, done: true })
    else t.throws(() => channel.poll(one.wake), { message: 'failed' })
  }
})

test('what comes while whoever was woken takes it is not lost, and not told twice', t => {
  const channel = new Channel<number>()
  const taken: number[] = []
  const take = (): void => {
    for (let result = channel.poll(take); result !== undefined; result = channel.poll(take)) {
      taken.push(result.value as number)
      if (taken.length < 4) void channel.push(taken.length + 1)
    }
  }
  take()
  void channel.push(1)
  t.deepEqual(taken, [1, 2, 3, 4])
})

test('several calls of next() at once are answered in order, the end and a failure too', async t => {
  const channel = new Channel<number>()
  const reads = [channel.next(), channel.next(), channel.next(), channel.next()]
  void channel.push(1)
  void channel.push(2)
  channel.end()
  t.deepEqual((await Promise.all(reads)).map(({ value }) => value), [1, 2, undefined, undefined])
  const failing = new Channel<number>()
  const failed = [failing.next(), failing.next()]
  failing.fail(new Error('failed'))
  for (const read of failed) await t.throwsAsync(read, { message: 'failed' })
})

test('what gives promises is polled: items, the end, what it rejects with, throws, or answers at once', async t => {
  async function * items (): AsyncGenerator<number> {
    yield 1
    throw new Error('thrown')
  }
  const generated = polling(items())
  await new Promise<void>(resolve => { t.is(generated.poll(resolve), undefined) })
  t.deepEqual(generated.poll(() => {}), { value: 1, done: false })
  await new Promise<void>(resolve => { t.is(generated.poll(resolve), undefined) })
  t.throws(() => generated.poll(() => {}), { message: 'thrown' })

  // @ts-expect-error -- as plain JavaScript may do it
  const plain = polling<number>({ next: () => ({ value: 2, done: false }) })
  await new Promise<void>(resolve => { t.is(plain.poll(resolve), undefined) })
  t.deepEqual(plain.poll(() => {}), { value: 2, done: false })

  const throwing = polling({ next: () => { throw new Error('at once') } } as AsyncIterator<number>)
  await new Promise<void>(resolve => { t.is(throwing.poll(resolve), undefined) })
  t.throws(() => throwing.poll(() => {}), { message: 'at once' })
})

test('an answer that is none is a failure, not none yet', async t => {
  for (const answer of [undefined, null, 1, Promise.resolve(undefined)]) {
    const source = polling({ next: () => answer as never })
    await new Promise<void>(resolve => { source.poll(resolve) })
    t.throws(() => source.poll(() => {}), { code: 'ERR_ARGUMENT' })
  }
})

test('a source is asked for one item at a time, however often it is polled, and the last who polls is woken', async t => {
  let asked = 0
  let give: (result: IteratorResult<number>) => void = () => {}
  const source = polling({ next: () => {
    asked++
    return new Promise<IteratorResult<number>>(resolve => { give = resolve })
  } })
  const first = waker()
  t.is(source.poll(first.wake), undefined)
  const woken = new Promise<void>(resolve => { t.is(source.poll(resolve), undefined) })
  t.is(asked, 1)
  give({ value: 7, done: false })
  await woken
  t.is(first.times, 0)
  t.deepEqual(source.poll(first.wake), { value: 7, done: false })
  t.is(asked, 1)
})

test('what can be polled is polled as it is', t => {
  class Ones extends PolledIterator<number> {
    poll (): IteratorResult<number> { return { value: 1, done: false } }
    return (): Promise<IteratorResult<number>> { return Promise.resolve({ value: undefined, done: true }) }
  }
  const ones = new Ones()
  t.is(polling(ones), ones)
})

test('a sequence goes on with a source that is known later, and fails with what that fails with', async t => {
  const first = new Channel<number>()
  const second = new Channel<number>()
  let go: (source: AsyncIterable<number>) => void = () => {}
  const both = sequence(first, new Promise<AsyncIterable<number>>(resolve => { go = resolve }))
  void first.push(1)
  first.end()
  t.deepEqual(await both.next(), { value: 1, done: false })
  const pending = both.next()
  go(second)
  void second.push(2)
  second.end()
  t.deepEqual(await pending, { value: 2, done: false })
  t.true((await both.next()).done)
  const none = new Channel<number>()
  none.end()
  await t.throwsAsync(sequence(none, Promise.reject(new Error('no second'))).next(), { message: 'no second' })
  const unbegun: AsyncIterable<number> = { [Symbol.asyncIterator]: () => { throw new Error('not begun') } }
  await t.throwsAsync(sequence(none, Promise.resolve(unbegun)).next(), { message: 'not begun' })
})

const CHANGES = fc.array(fc.oneof(
  fc.record({ what: fc.constantFrom('set', 'delete'), key: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ what: fc.constant('clear'), key: fc.constant(0) })
), { maxLength: 40 })

test('a sparse map and set hold what a Map and a Set would, in their order', t => {
  fc.assert(fc.property(CHANGES, changes => {
    const [map, model] = [new SparseMap<number, number>(), new Map<number, number>()]
    const [set, items] = [new SparseSet<number>(), new Set<number>()]
    changes.forEach(({ what, key }, at) => {
      if (what === 'set') {
        map.set(key, at)
        model.set(key, at)
        set.add(key)
        items.add(key)
      } else if (what === 'delete') {
        map.delete(key)
        model.delete(key)
        set.delete(key)
        items.delete(key)
      } else {
        map.clear()
        model.clear()
        set.clear()
        items.clear()
      }
      t.deepEqual([...map], [...model])
      t.deepEqual([...set], [...items])
      t.is(map.size, model.size)
      t.is(set.size, items.size)
      for (let k = 0; k < 4; k++) {
        t.is(map.get(k), model.get(k))
        t.is(map.has(k), model.has(k))
        t.is(set.has(k), items.has(k))
      }
    })
  }))
})
