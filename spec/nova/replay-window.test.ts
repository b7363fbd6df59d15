import test from 'ava'
import fc from 'fast-check'
import { ReplayWindow } from '../../lib/nova/replay-window.js'

test('takes each number once, in any order inside the window', t => {
  const window = new ReplayWindow(4)
  for (const n of [1, 3, 2, 0]) {
    t.true(window.accepts(n))
    window.mark(n)
    t.false(window.accepts(n))
  }
})

test('the last number inside the window is taken, the next below it is not', t => {
  const window = new ReplayWindow(1024)
  window.mark(5000)
  t.true(window.accepts(5000 - 1023))
  t.false(window.accepts(5000 - 1024))
  t.is(window.highest, 5000)
})

test('asking changes nothing, marking what is too old neither', t => {
  const window = new ReplayWindow(8)
  t.true(window.accepts(100))
  t.is(window.highest, -1)
  window.mark(100)
  window.mark(90)
  t.is(window.highest, 100)
  t.true(window.accepts(93))
})

test('what is not a safe integer from 0 is refused', t => {
  const window = new ReplayWindow()
  for (const n of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    t.false(window.accepts(n))
    window.mark(n)
  }
  t.is(window.highest, -1)
  window.mark(Number.MAX_SAFE_INTEGER)
  t.false(window.accepts(Number.MAX_SAFE_INTEGER))
  t.true(window.accepts(Number.MAX_SAFE_INTEGER - 1))
})

test('a width out of range is refused', t => {
  for (const width of [0, -1, 1.5, NaN, 2 ** 25]) t.throws(() => new ReplayWindow(width), { code: 'ERR_LIMIT_OPTION' })
})

test('nothing up to the floor is taken', t => {
  const window = new ReplayWindow(64, 41)
  t.false(window.accepts(41))
  t.false(window.accepts(0))
  t.true(window.accepts(42))
  window.mark(50)
  t.true(window.accepts(42))
  t.false(window.accepts(41))
  t.throws(() => new ReplayWindow(64, -2), { code: 'ERR_LIMIT_OPTION' })
})

test('equals a set with a floor, for any numbers and widths', t => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 100 }),
    fc.array(fc.oneof(fc.nat(300), fc.nat(5000), fc.integer({ min: 2 ** 32 - 50, max: 2 ** 32 + 50 })), { maxLength: 120 }),
    (width, numbers) => {
      const window = new ReplayWindow(width)
      const seen = new Set<number>()
      let highest = -1
      for (const n of numbers) {
        const expected = !seen.has(n) && n > highest - width
        t.is(window.accepts(n), expected)
        if (!expected) continue
        window.mark(n)
        seen.add(n)
        highest = Math.max(highest, n)
      }
    }
  ))
})
