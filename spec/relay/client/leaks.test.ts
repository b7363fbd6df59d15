import test from 'ava'
import { leaksOf } from '../../support/leaks.js'
import { bytes, next, state, texts, World } from './support.js'

test.serial('clients that wrote, streamed, watched, paired and lost their connections leave nothing behind', async t => {
  const leaks = await leaksOf(async () => {
    const world = await World.start()
    const [alice, bob] = [await world.client(), await world.client()]
    for (let round = 0; round < 3; round++) {
      await alice.peer(bob.id).send(1n, bytes('mail'))
      await texts(bob, 1)
      const accepting = next(bob.streams).then(stream => stream.accept())
      const here = await alice.peer(bob.id).open(1n)
      const there = await accepting
      if (round === 0) await Promise.all([here.close(), there.close()])
      const watch = alice.presence([bob.id])
      await watch.next()
      if (round !== 1) await watch.return?.()
      await bob.pair(await alice.offer())
      world.cut()
      await state(alice, 'waiting')
      await alice.lookup(bob.id)
      await bob.lookup(alice.id)
    }
    // what waits when the client is closed, and what nobody reads
    world.down = true
    world.cut()
    for (let count = 0; count < 5; count++) alice.peer(bob.id).send(1n, bytes('never')).catch(() => {})
    alice.peer(bob.id).open(1n).catch(() => {})
    await world.end()
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test.serial('clients that never find their relay, or are refused by it, leave nothing behind', async t => {
  const leaks = await leaksOf(async () => {
    const world = new World()
    world.down = true
    for (let count = 0; count < 20; count++) {
      await world.client().then(() => { throw new Error('connected') }, () => {})
      const waiting = await world.client({ wait: false })
      void state(waiting, 'waiting')
      await waiting.close()
    }
    await world.end()
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
