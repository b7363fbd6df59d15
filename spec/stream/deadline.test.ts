import { getEventListeners } from 'node:events'
import test from 'ava'
import { abortable, deadline, pause } from '../../lib/stream/index.js'

const LATE = new Error('late')

test('a deadline aborts when its time is over, with what it is told then', async t => {
  const limit = deadline(undefined, 1, () => LATE)
  await t.throwsAsync(abortable(new Promise(() => {}), limit.signal), { is: LATE })
  limit.done()
})

test('a deadline aborts with its signal, and with whoever made it; the first reason counts', t => {
  const [enough, other] = [new Error('enough'), new Error('other')]
  for (const before of [true, false]) {
    const stop = new AbortController()
    if (before) stop.abort(enough)
    const limit = deadline(stop.signal, 60_000, () => LATE)
    stop.abort(enough)
    limit.abort(other)
    t.is(limit.signal.reason, enough)
    limit.done()
  }
  const limit = deadline(undefined, 60_000, () => LATE)
  limit.abort(other)
  t.is(limit.signal.reason, other)
  limit.done()
})

test('a deadline without a limit of time leaves it to its signal', async t => {
  const stop = new AbortController()
  const limit = deadline(stop.signal, Infinity, () => LATE)
  // a delay that setTimeout does not know fires after 1 ms, so before this one
  await pause(2)
  t.false(limit.signal.aborted)
  stop.abort(new Error('enough'))
  t.is((limit.signal.reason as Error).message, 'enough')
  limit.done()
})

test('nothing is left of a deadline that is done', async t => {
  const stop = new AbortController()
  const limit = deadline(stop.signal, 1, () => LATE)
  limit.done()
  stop.abort()
  // timers of one delay fire in the order in which they were made
  await pause(1)
  t.false(limit.signal.aborted)
})

test('a pause ends with any of its signals', async t => {
  const [stop, other] = [new AbortController(), new AbortController()]
  let over = false
  const paused = pause(2 ** 40, other.signal, undefined, stop.signal).then(() => { over = true })
  await pause(2)
  t.false(over)
  stop.abort()
  await paused
  await pause(2 ** 40, stop.signal)
  // and lets go of those that did not abort
  t.is(getEventListeners(other.signal, 'abort').length, 0)
})
