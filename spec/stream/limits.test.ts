import test from 'ava'
import { delayOf, limitsOf } from '../../lib/stream/limits.js'
import { once } from '../../lib/stream/once.js'

const TABLE = { maxItems: 10, idleTimeout: 1000 }

test('what is given is in force, the rest by default', t => {
  t.deepEqual(limitsOf(TABLE), TABLE)
  t.deepEqual(limitsOf(TABLE, { maxItems: 1, idleTimeout: undefined }), { maxItems: 1, idleTimeout: 1000 })
  t.deepEqual(limitsOf(TABLE, { maxItems: Infinity, idleTimeout: 2 ** 31 - 1 }), { maxItems: Infinity, idleTimeout: 2 ** 31 - 1 })
  t.deepEqual(limitsOf(TABLE, { maxItems: 0 }, ['maxItems']), { maxItems: 0, idleTimeout: 1000 })
})

test('what is out of its range is refused by its name', t => {
  for (const maxItems of [0, -1, 1.5, NaN, -Infinity]) t.throws(() => limitsOf(TABLE, { maxItems }), { code: 'ERR_LIMIT_OPTION', message: /maxItems/ })
  for (const idleTimeout of [0, 2 ** 31, Infinity]) t.throws(() => limitsOf(TABLE, { idleTimeout }), { code: 'ERR_LIMIT_OPTION', message: /idleTimeout/ })
  t.throws(() => limitsOf(TABLE, { idleTimeout: 0 }, ['maxItems']), { code: 'ERR_LIMIT_OPTION' })
})

test('a time without a limit is the longest delay of a timer', t => {
  t.deepEqual([0, 10, 2 ** 31, Infinity].map(delayOf), [0, 10, 2 ** 31 - 1, 2 ** 31 - 1])
})

test('a task that is done once, is done once', t => {
  let done = 0
  const task = once(() => { done++ })
  task()
  task()
  t.is(done, 1)
})
