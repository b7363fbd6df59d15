import test from 'ava'
import { Pauses } from '../../lib/files/pauses.js'

const LIMITS = { declinePause: 100, maxDeclinePause: 350, maxRemembered: 2 }

test('a pause is twice as long with each no in a row, up to a limit, and a yes ends them', t => {
  let now = 0
  const pauses = new Pauses(LIMITS, () => now)
  t.false(pauses.holds('a'))
  for (const length of [100, 200, 350, 350]) {
    pauses.begin('a')
    now += length - 1
    t.true(pauses.holds('a'), `${length}`)
    t.false(pauses.holds('b'))
    now += 1
    t.false(pauses.holds('a'), `${length}`)
  }
  pauses.begin('a')
  pauses.end('a')
  t.false(pauses.holds('a'))
  pauses.begin('a')
  now += 100
  t.false(pauses.holds('a'), 'it begins anew')
})

test('so many are remembered, the latest of them', t => {
  const pauses = new Pauses(LIMITS, () => 0)
  for (const peer of ['a', 'b', 'a', 'c']) pauses.begin(peer)
  t.deepEqual(['a', 'b', 'c'].map(peer => pauses.holds(peer)), [true, false, true])
})
