/** What is made on first use: outcomes, maps and sets of connections that mostly stand idle. */
import test from 'ava'
import { Outcome, SparseMap, SparseSet } from '../../lib/stream/index.js'
import { leaksOf } from '../support/leaks.js'

test('an outcome is told to who asks before and to who asks after, once', async t => {
  const asked = new Outcome<number>()
  const before = asked.promise
  asked.resolve(1)
  asked.resolve(2)
  asked.reject(new Error('too late'))
  t.is(await before, 1)
  t.is(asked.promise, before)

  const unasked = new Outcome<number>()
  unasked.resolve(1)
  unasked.reject(new Error('too late'))
  t.is(await unasked.promise, 1)
})

test.serial('an outcome that nobody asks for, or nobody awaits, rejects nobody', async t => {
  const { rejections } = await leaksOf(async () => {
    new Outcome().reject(new Error('unasked'))
    const asked = new Outcome()
    void asked.promise
    asked.reject(new Error('not awaited'))
  })
  t.deepEqual(rejections, [])
  const failed = new Outcome()
  failed.reject(new Error('first'))
  failed.resolve()
  await t.throwsAsync(failed.promise, { message: 'first' })
})

test('a sparse map and a sparse set are a map and a set', t => {
  const map = new SparseMap<number, string>()
  const set = new SparseSet<number>()
  t.deepEqual([[...map], map.size, map.get(1), map.has(1), [...set], set.size, set.has(1)], [[], 0, undefined, false, [], 0, false])
  map.delete(1)
  set.delete(1)
  map.set(1, 'one')
  map.set(2, 'two')
  set.add(1)
  set.add(1)
  t.deepEqual([[...map], map.get(2), map.has(3), [...set], set.has(1)], [[[1, 'one'], [2, 'two']], 'two', false, [1], true])
  for (const [key] of map) map.delete(key)
  for (const item of set) set.delete(item)
  t.deepEqual([map.size, set.size], [0, 0])
  map.set(3, 'three')
  set.add(3)
  map.clear()
  set.clear()
  t.deepEqual([map.size, set.size, [...map], [...set]], [0, 0, [], []])
})
