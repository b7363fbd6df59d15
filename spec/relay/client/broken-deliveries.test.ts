import test from 'ava'
import { CLIENT_LIMITS } from '../../../lib/relay/index.js'
import { bytes, state, texts, World } from './support.js'

test('mail in the middle of which the connection is lost, more often than the relay may fail, is not rejected', async t => {
  const world = new World()
  t.teardown(() => world.end())
  await world.begin()
  const alice = await world.client()
  let broken = 0
  const bob = await world.client({
    dial: async () => {
      world.pair = broken++ <= 2 * CLIENT_LIMITS.deliveryTries ? { buffer: 4000, latency: 1, toLeft: { faults: { cutAfter: 30_000 } } } : {}
      return world.dial()
    }
  })
  await alice.peer(bob.id).send(1n, bytes('x'.repeat(200)))
  t.is((await texts(bob, 1))[0]?.length, 200)
  // not to be made smaller on the way
  const text = Array.from({ length: 60_000 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('')
  await alice.peer(bob.id).send(1n, bytes(text))
  await alice.peer(bob.id).send(1n, bytes('after it'))
  await state(bob, 'waiting')
  t.deepEqual(await texts(bob, 2), [text, 'after it'])
  t.true(broken > CLIENT_LIMITS.deliveryTries)
  t.is(bob.rejected, 0)
})
