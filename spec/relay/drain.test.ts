import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { createIdentity, GOAWAY_CODES } from '../../lib/nova/index.js'
import { memoryStore } from '../../lib/store/index.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf } from './codes.js'
import { member, nextOf, text, textOf, whole } from './raw.js'
import { serve } from './server-support.js'

test('a relay that drains finishes what is under way, answers it, and takes nothing more', async t => {
  const store = memoryStore()
  const identity = createIdentity()
  const server = await serve({ store, identity, tcp: {} })
  const goaways: number[] = []
  const alice = await member(server, { onGoaway: code => { goaways.push(code) } })
  const bob = await member(server)
  const idle = await member(server)
  const end = deferred()
  const body = async function * (words: string): AsyncGenerator<Uint8Array> {
    yield text(words)
    await end.promise
    yield text(', whole')
  }
  const mailed = alice.mail(bob.id, body('mail'))
  const live = alice.live(bob.id, body('live'))
  const packet = await nextOf(bob.packets)
  while ((await server.relay.mailbox.usage()).messages === 0) await turn()
  const drained = server.relay.drain()
  t.true(server.relay.draining)
  await idle.link.closed
  const [late, refused] = memoryPair()
  await server.relay.accept(refused)
  t.is(await codeOf(refused.closed), 'ERR_RELAY_CLOSED')
  t.not(await codeOf(late.closed), 'resolved')
  while (goaways.length === 0) await turn()
  t.is(goaways[0], GOAWAY_CODES.shutdown)
  t.is(await codeOf(alice.live(bob.id, text('too late'))), 'ERR_LINK_GOAWAY')
  end.resolve()
  t.false(await mailed)
  await live
  t.is(textOf(await whole(packet.source)), 'live, whole')
  await drained
  await server.relay.closed
  t.deepEqual(await server.happened('drained'), { type: 'drained', unfinished: 0 })
  t.is(server.relay.connections, 0)
  const next = await serve({ store, identity })
  const again = await member(next, { identity: bob.identity })
  await again.receive()
  t.is(textOf((await nextOf(again.deliveries)).body), 'mail, whole')
  await again.close()
  await next.relay.drain()
})

test('what has not come to an end in time is cut', async t => {
  t.deepEqual(await leaksOf(async () => {
    const server = await serve()
    const [alice, bob] = await Promise.all([member(server), member(server)])
    const live = alice.live(bob.id, (async function * () {
      yield text('begun')
      await alice.link.closed
    })())
    await nextOf(bob.packets)
    await Promise.all([server.relay.drain({ timeout: 20 }), server.relay.drain()])
    t.deepEqual(await server.happened('drained'), { type: 'drained', unfinished: 2 })
    t.not(await codeOf(live), 'resolved')
    await alice.link.closed.catch(ignore)
  }), { rejections: [], handles: {} })
})

test('deliveries of a relay that drains end between two messages', async t => {
  const store = memoryStore()
  const identity = createIdentity()
  const server = await serve({ store, identity })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  for (let i = 0; i < 100; i++) await alice.mail(bob.id, Uint8Array.of(i))
  await bob.receive()
  await nextOf(bob.deliveries)
  await server.relay.drain()
  const next = await serve({ store, identity })
  const again = await member(next, { identity: bob.identity })
  await again.receive()
  for (let i = 0; i < 100; i++) {
    const { position, body } = await nextOf(again.deliveries)
    t.deepEqual(body, Uint8Array.of(i))
    await again.taken(position)
  }
  await again.close()
  await next.relay.close()
})
