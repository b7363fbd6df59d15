import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { createIdentity } from '../../../lib/nova/index.js'
import type { ClientMessage } from '../../../lib/relay/index.js'
import { deferred } from '../../../lib/stream/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, state, texts, World } from './support.js'

test('mail to somebody who is there, and to somebody who is not: in order, and once', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const first = texts(bob, 3)
  await Promise.all(['one', 'two', 'three'].map(text => alice.peer(bob.id).send(1n, bytes(text))))
  t.deepEqual(await first, ['one', 'two', 'three'])
  await bob.close()
  await Promise.all(['four', 'five'].map(text => alice.peer(bob.id).send(1n, bytes(text))))
  const again = await world.client({ identity: bob.identity, store: bob.store })
  t.deepEqual(await texts(again, 2), ['four', 'five'])
  t.is(again.rejected, 0)
})

test('mail says who it is from, of what kind it is, and when it was stored', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const before = Date.now()
  await alice.peer(bob.id).send(77n, bytes('hello'), { lifetime: 60_000 })
  const message = await next(bob.messages)
  t.deepEqual([message.from.publicKey, message.kind, message.id.byteLength], [alice.identity.publicKey, 77n, 16])
  t.true(message.stored >= before && message.stored <= Date.now())
  await message.taken()
})

test('mail waits while there is no connection', async t => {
  const world = new World()
  t.teardown(() => world.end())
  world.down = true
  const [alice, bob] = [await world.client({ wait: false }), await world.client({ wait: false })]
  const sent = alice.peer(bob.id).send(1n, bytes('at last'))
  await state(alice, 'waiting')
  await state(bob, 'waiting')
  await world.begin()
  await state(bob, 'connected')
  await sent.catch(() => alice.peer(bob.id).send(1n, bytes('at last')))
  t.deepEqual(await texts(bob, 1), ['at last'])
})

test('mail that cannot be sent is rejected, and what is behind it goes on', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  t.is(await codeOf(alice.peer(createIdentity().id).send(1n, bytes('nobody'))), 'ERR_RELAY_UNKNOWN_TARGET')
  t.is(await codeOf(alice.peer(bob.id).send(1n << 63n, bytes('kind'))), 'ERR_ARGUMENT')
  t.is(await codeOf(alice.peer(bob.id).send(1n, 'text' as never)), 'ERR_ARGUMENT')
  t.is(await codeOf(alice.peer(bob.id).send(1n, bytes('x'), { lifetime: -1 })), 'ERR_ARGUMENT')
  t.is(await codeOf(alice.peer(bob.id).send(1n, bytes('x'), { signal: AbortSignal.abort(new Error('enough')) })), 'Error: enough')
  await alice.peer(bob.id).send(1n, bytes('after'))
  t.deepEqual(await texts(bob, 1), ['after'])
})

test('no more waits than is allowed, and what is given up makes room', async t => {
  const world = new World()
  t.teardown(() => world.end())
  world.down = true
  const limits = { maxQueued: 3, maxQueuedBytes: 10 }
  const alice = await world.client({ wait: false, limits })
  const bob = alice.peer(createIdentity().id)
  const stop = new AbortController()
  const waiting = [bob.send(1n, bytes('12345')), bob.send(1n, bytes('12'), { signal: stop.signal })].map(codeOf)
  t.is(await codeOf(bob.send(1n, bytes('1234'))), 'ERR_RELAY_QUEUE')
  await t.throwsAsync(bob.send(1n, bytes('12345678901')), { code: 'ERR_RELAY_QUEUE', message: /these 11 bytes alone are more than maxQueuedBytes, 10/ })
  waiting.push(codeOf(bob.send(1n, bytes('1'))))
  t.is(await codeOf(bob.send(1n, bytes('1'))), 'ERR_RELAY_QUEUE')
  stop.abort(new Error('enough'))
  t.is(await waiting[1], 'Error: enough')
  waiting.push(codeOf(bob.send(1n, bytes('1234'))))
  await alice.close()
  t.deepEqual(await Promise.all(waiting), ['ERR_RELAY_CLIENT_CLOSED', 'Error: enough', 'ERR_RELAY_CLIENT_CLOSED', 'ERR_RELAY_CLIENT_CLOSED'])
})

test('mail of somebody who is not accepted is taken off the relay, and told of', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, carol] = [await world.client(), await world.client()]
  const bob = await world.client({ accept: 'contacts' })
  await bob.contacts.trust(alice.identity.publicKey)
  await carol.peer(bob.id).send(1n, bytes('spam'))
  await alice.peer(bob.id).send(1n, bytes('ham'))
  t.deepEqual(await texts(bob, 1), ['ham'])
  const { sender, error } = await next(bob.rejections)
  t.deepEqual(sender, carol.id)
  t.is((error as { code?: string }).code, 'ERR_RELAY_NOT_ACCEPTED')
  t.is(bob.rejected, 1)
})

test('without a reader nothing piles up beyond the window, and everything comes when there is one', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client({ limits: { maxUntaken: 2 } })]
  const sent = Array.from({ length: 12 }, (_, index) => `${index}`)
  for (const text of sent) await alice.peer(bob.id).send(1n, bytes(text))
  t.deepEqual(await texts(bob, 12), sent)
})

test('a message that was not taken is handed out by the next client, and one that was taken is not', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  for (const text of ['one', 'two']) await alice.peer(bob.id).send(1n, bytes(text))
  const reader = bob.messages[Symbol.asyncIterator]()
  const first = await reader.next() as IteratorYieldResult<ClientMessage>
  await first.value.taken()
  await first.value.taken()
  const second = await reader.next() as IteratorYieldResult<ClientMessage>
  await bob.close()
  t.is(await codeOf(second.value.taken()), 'ERR_RELAY_CLIENT_CLOSED')
  t.true((await reader.next()).done)
  const again = await world.client({ identity: bob.identity, store: bob.store })
  t.deepEqual(await texts(again, 1), ['two'])
})

test('what is not longer than the limit arrives, and what is longer is told of', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client({ limits: { maxMessage: 100_000 } })]
  await alice.peer(bob.id).send(1n, new Uint8Array(100_001))
  await alice.peer(bob.id).send(1n, new Uint8Array(100_000))
  const message = await next(bob.messages)
  t.is(message.bytes.byteLength, 100_000)
  t.is(((await next(bob.rejections)).error as { code?: string }).code, 'ERR_ZLIB_OUTPUT_LIMIT')
  await message.taken()
})

test('what nobody has taken when a client is closed, it does not hand out any more: the next one does', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const opened = deferred()
  const [alice, bob] = [await world.client(), await world.client({ accept: () => { opened.resolve(); return true } })]
  await alice.peer(bob.id).send(1n, bytes('hello'))
  // from here on it waits to be read
  await opened.promise
  await turn()
  await turn()
  await bob.close()
  t.true((await bob.messages[Symbol.asyncIterator]().next()).done)
  const again = await world.client({ identity: bob.identity, store: bob.store })
  t.deepEqual(await texts(again, 1), ['hello'])
})
