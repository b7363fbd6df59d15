import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { createIdentity, RELAY_CODES } from '../../lib/nova/index.js'
import { memoryStore, type Store } from '../../lib/store/index.js'
import { storeError } from '../../lib/store/errors.js'
import { deferred } from '../../lib/stream/index.js'
import { codeOf } from './codes.js'
import { member, nextOf, text, textOf } from './raw.js'
import { serve } from './server-support.js'
import { bytes, next, texts, World } from './client/support.js'

/** A store whose disk can be full. */
function disk (): { store: Store, full: boolean } {
  const inner = memoryStore()
  const disk = {
    full: false,
    store: {
      read: work => inner.read(work),
      write: work => inner.write(transaction => {
        const result = work(transaction)
        if (disk.full) throw storeError('ERR_STORE_SPACE')
        return result
      }),
      close: () => inner.close()
    } satisfies Partial<Store> as Store
  }
  return disk
}

test('the disk of a relay that drains is full: mail is refused, nothing of it is kept, and the relay comes to its end', async t => {
  const full = disk()
  const identity = createIdentity()
  const server = await serve({ identity, store: full.store })
  const [alice, bob] = [await member(server), await member(server)]
  await alice.mail(bob.id, text('before'))
  await bob.receive()
  const { position } = await nextOf(bob.deliveries)
  const end = deferred()
  const id = randomUuid()
  const mail = { id, recipient: bob.id, kind: 1n, lifetime: 0n }
  const sending = alice.statusOf('mail', mail, (async function * () {
    yield text('half')
    await end.promise
    yield text(' and half')
  })())
  while ((await server.relay.mailbox.usage()).messages < 2) await turn()
  const drained = server.relay.drain()
  full.full = true
  // it may come too late for one that drains
  const refused = bob.statusOf('taken', { positions: [position] }).catch(() => RELAY_CODES.shutdown)
  end.resolve()
  t.is(await sending, RELAY_CODES.unavailable)
  t.true(([RELAY_CODES.unavailable, RELAY_CODES.shutdown] as number[]).includes(await refused))
  await drained
  await server.relay.closed
  full.full = false
  const later = await serve({ identity, store: full.store })
  const [again, there] = [await member(later, { identity: alice.identity }), await member(later, { identity: bob.identity })]
  t.is((await later.relay.mailbox.usage()).messages, 1)
  t.false(await again.mail(bob.id, text('whole now'), { id }))
  await there.receive()
  t.deepEqual([textOf((await nextOf(there.deliveries)).body), textOf((await nextOf(there.deliveries)).body)], ['before', 'whole now'])
  await Promise.all([again.close(), there.close()])
  await later.relay.close()
})

test('the disk of a client is full when mail is taken: the client ends, and the next one is handed it again', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const full = disk()
  const [alice, bob] = [await world.client(), await world.client({ store: full.store })]
  await alice.peer(bob.id).send(1n, bytes('once'))
  const message = await next(bob.messages)
  full.full = true
  t.is(await codeOf(message.taken()), 'ERR_STORE_SPACE')
  t.is(await codeOf(bob.closed), 'ERR_STORE_SPACE')
  t.is(await codeOf(bob.peer(alice.id).send(1n, bytes('x'))), 'ERR_STORE_SPACE')
  full.full = false
  const again = await world.client({ store: full.store, identity: bob.identity })
  t.deepEqual(await texts(again, 1), ['once'])
})
