import test from 'ava'
import { Pace } from '../../lib/nova/pace.js'

test('so many within a time, and again when the first is that long ago', t => {
  let now = 0
  const pace = new Pace(2, 10, () => now)
  const at = (time: number): boolean => { now = time; return pace.take() }
  t.deepEqual([0, 4, 5, 9, 10, 11, 13, 14, 15].map(at), [true, true, false, false, true, false, false, true, false])
  t.true(at(1000) && at(1000))
  t.false(at(1000))
})

test('as many as there are', t => {
  const pace = new Pace(Infinity, 10)
  for (let i = 0; i < 1000; i++) t.true(pace.take())
})
