import test from 'ava'
import { codeOf } from '../codes.js'
import { bytes, state, texts, World, type TestClient } from './support.js'

/** Messages of one run. */
const COUNT = 6

async function exchange (alice: TestClient, bob: TestClient): Promise<string[]> {
  const received = texts(bob, 2 * COUNT)
  await Promise.all(Array.from({ length: COUNT }, (_, index) => alice.peer(bob.id).send(1n, bytes(`a${index}`))))
  for (let index = 0; index < COUNT; index++) await alice.peer(bob.id).send(1n, bytes(`b${index}`))
  return received
}

const EXPECTED = [...Array.from({ length: COUNT }, (_, index) => `a${index}`), ...Array.from({ length: COUNT }, (_, index) => `b${index}`)]

// the handshake takes about 600 bytes either way: what is after it is hello, prekeys, requests, answers and deliveries
for (const direction of ['toRight', 'toLeft'] as const) {
  for (const after of [0, 100, 600, 800, 1000, 1300, 1700, 2200, 2800, 3500, 4500, 6000]) {
    test(`every connection breaks off after ${after} bytes ${direction}, until the twelfth: in order and once`, async t => {
      const world = new World()
      t.teardown(() => world.end())
      await world.begin()
      let left = 12
      const dial = async (): ReturnType<World['dial']> => {
        // more each time, so that every step is reached
        world.pair = left-- > 0 ? { [direction]: { faults: { cutAfter: after + (12 - left) * 37 } } } : {}
        return world.dial()
      }
      const [alice, bob] = [await world.client({ dial, wait: false }), await world.client({ dial, wait: false })]
      await Promise.all([state(alice, 'connected'), state(bob, 'connected')])
      t.deepEqual(await exchange(alice, bob), EXPECTED)
      t.is(bob.rejected, 0)
    })
  }
}

test('the relay dies again and again, over its store: in order and once', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const received = texts(bob, 2 * COUNT)
  for (const text of EXPECTED) {
    const sent = alice.peer(bob.id).send(1n, bytes(text))
    await world.restart()
    await sent
  }
  t.deepEqual(await received, EXPECTED)
  t.is(bob.rejected, 0)
})

test('the recipient starts anew over its store in the middle: what was taken does not come again', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client()
  let bob = await world.client()
  const received: string[] = []
  for (const text of EXPECTED) await alice.peer(bob.id).send(1n, bytes(text))
  while (received.length < EXPECTED.length) {
    for await (const message of bob.messages) {
      received.push(new TextDecoder().decode(message.bytes))
      const taken = message.taken()
      // before or after it is written down, and before the relay knows
      if (received.length % 2 === 0) await taken
      world.cut()
      await taken
      break
    }
    await bob.close()
    bob = await world.client({ identity: bob.identity, store: bob.store })
  }
  t.deepEqual(received, EXPECTED)
})

test('what was handed out before the connection broke off is not handed out again', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  for (const text of ['one', 'two']) await alice.peer(bob.id).send(1n, bytes(text))
  const reader = bob.messages[Symbol.asyncIterator]()
  await reader.next()
  await state(bob, 'connected')
  world.cut()
  await state(bob, 'connected')
  t.is(new TextDecoder().decode((await reader.next()).value?.bytes as Uint8Array), 'two')
  t.is(bob.rejected, 0)
})

test('mail that is given up while it is on its way does not hold up what is behind it', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  world.down = true
  world.cut()
  await state(alice, 'waiting')
  const stop = new AbortController()
  const first = codeOf(alice.peer(bob.id).send(1n, bytes('given up'), { signal: stop.signal }))
  const second = alice.peer(bob.id).send(1n, bytes('second'))
  stop.abort(new Error('enough'))
  t.is(await first, 'Error: enough')
  world.down = false
  await second
  t.deepEqual(await texts(bob, 1), ['second'])
})
