/** Mail over restarts, over several relays, beyond the window of ids, and beyond its lifetime. */
import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import { localExchange } from '../../lib/relay/server/index.js'
import { memoryStore, openDirectory, openMailbox } from '../../lib/store/index.js'
import { member, nextOf, text, textOf, type RawClient } from './raw.js'
import { serve } from './server-support.js'

async function next (client: RawClient): Promise<readonly [position: bigint, body: string]> {
  const { position, body } = await nextOf(client.deliveries)
  return [position, textOf(body)]
}

test('two relays over one mailbox, directory and exchange are one to their clients', async t => {
  const store = memoryStore()
  const shared = { mailbox: await openMailbox(store), directory: await openDirectory(store), exchange: localExchange() }
  const [one, two] = await Promise.all([serve(shared), serve(shared)])
  const [alice, bob] = await Promise.all([member(one), member(two)])
  await bob.receive()
  await alice.mail(bob.id, text('from one to the other'))
  const [position, words] = await next(bob)
  t.is(words, 'from one to the other')
  await bob.taken(position)
  await alice.live(bob.id, text('now'))
  t.deepEqual((await nextOf(bob.packets)).header.source, alice.id)
  const moved = await member(one, { identity: bob.identity })
  await t.throwsAsync(bob.link.closed)
  await Promise.all([alice.close(), moved.close()])
  await Promise.all([one.relay.close(), two.relay.close()])
  t.deepEqual(await shared.mailbox.usage(), { bytes: 0, messages: 0 })
})

test('a relay that stops between any two steps of a message loses and doubles nothing', async t => {
  const [alice, bob] = [createIdentity(), createIdentity()]
  const relayIdentity = createIdentity()
  for (let stopAt = 0; stopAt < 6; stopAt++) {
    const store = memoryStore()
    let server = await serve({ store, identity: relayIdentity })
    const restart = async (step: number): Promise<void> => {
      if (step !== stopAt) return
      server.relay.abort()
      await server.relay.closed
      server = await serve({ store, identity: relayIdentity })
    }
    const open = async (identity: typeof alice): Promise<RawClient> => member(server, { identity })
    await open(bob)
    await restart(0)
    const id = randomUuid()
    const first = await open(alice)
    t.false(await first.mail(bob.id, text('once'), { id }))
    await restart(1)
    // the answer may have been lost: it is sent again
    const again = await open(alice)
    t.true(await again.mail(bob.id, text('once'), { id }))
    await restart(2)
    let reader = await open(bob)
    await reader.receive()
    const [position, words] = await next(reader)
    t.is(words, 'once')
    await restart(3)
    reader = await open(bob)
    await reader.receive(0n)
    t.deepEqual(await next(reader), [position, 'once'])
    await restart(4)
    reader = await open(bob)
    await reader.receive(position)
    await reader.taken(position)
    await restart(5)
    // taken again, since that answer may have been lost too
    reader = await open(bob)
    await reader.taken(position)
    await (await open(alice)).mail(bob.id, text('next'), { id: randomUuid() })
    await reader.receive(position)
    t.is((await next(reader))[1], 'next')
    t.deepEqual(await server.relay.mailbox.usage(), { bytes: 4, messages: 1 })
    server.relay.abort()
    await server.relay.closed
  }
})

test('the same id of two senders is two messages, and many ids take no more room than the window', async t => {
  const server = await serve({ limits: { mailbox: { dedupWindow: 4 } } })
  const [alice, carol, bob] = await Promise.all([member(server), member(server), member(server)])
  const id = randomUuid()
  t.false(await alice.mail(bob.id, text('a'), { id }))
  t.false(await carol.mail(bob.id, text('c'), { id }))
  t.true(await carol.mail(bob.id, text('c'), { id }))
  for (let i = 0; i < 8; i++) await alice.mail(bob.id, text('x'))
  // beyond the window it is at least once
  t.false(await alice.mail(bob.id, text('a'), { id }))
  await Promise.all([alice, carol, bob].map(client => client.close()))
  await server.relay.close()
})

test('mail that has run out is cleared away', async t => {
  const store = memoryStore()
  let now = Date.now()
  const mailbox = await openMailbox(store, { now: () => now, limits: { clockSkew: 0 } })
  const server = await serve({ store, mailbox, limits: { expireInterval: 5 } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  await alice.mail(bob.id, text('soon too late'), { lifetime: 1000n })
  await alice.mail(bob.id, text('in time'), { lifetime: 2n ** 64n - 1n })
  now += 2000
  t.is((await server.happened('mail-expired')).messages, 1)
  await bob.receive()
  t.is((await next(bob))[1], 'in time')
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
  t.is((await mailbox.usage()).messages, 1)
})

test('clearing away that fails is told, and tried again', async t => {
  const store = memoryStore()
  const [mailbox, directory] = [await openMailbox(store), await openDirectory(store)]
  await store.close()
  const server = await serve({ mailbox, directory, limits: { expireInterval: 5 } })
  t.is(((await server.happened('failed', 2)).error as { code?: string }).code, 'ERR_STORE_CLOSED')
  await server.relay.close()
})
