import test from 'ava'
import { createIdentity, RELAY_CODES, type Peer } from '../../lib/nova/index.js'
import { localExchange } from '../../lib/relay/server/index.js'
import { Member } from '../../lib/relay/server/member.js'
import { watch } from '../../lib/relay/server/operations/watch.js'
import { checkLimits } from '../../lib/relay/server/options.js'
import { ignore } from '../../lib/stream/index.js'
import { stackPair } from '../nova/support.js'
import { member, nextOf } from './raw.js'
import { serve } from './server-support.js'

test('a watcher hears who comes and goes, and is told who is there', async t => {
  const server = await serve()
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const carol = createIdentity()
  t.deepEqual(await alice.ask('watch', { ids: [bob.id, carol.id, bob.id] }), { online: [true, false, true] })
  const there = await member(server, { identity: carol })
  t.deepEqual(await nextOf(alice.presence), { id: carol.id, online: true })
  // one who comes again has not been away
  const again = await member(server, { identity: carol })
  await t.throwsAsync(there.link.closed)
  await bob.close()
  t.deepEqual(await nextOf(alice.presence), { id: bob.id, online: false })
  await again.close()
  t.deepEqual(await nextOf(alice.presence), { id: carol.id, online: false })
  // instead of those before
  t.deepEqual(await alice.ask('watch', { ids: [bob.id] }), { online: [false] })
  await (await member(server, { identity: carol })).close()
  const back = await member(server, { identity: bob.identity })
  t.deepEqual(await nextOf(alice.presence), { id: bob.id, online: true })
  t.is(alice.presence.length, 0)
  await Promise.all([alice.close(), back.close()])
  await server.relay.close()
})

test('no more is watched than allowed, and nobody where presence is off', async t => {
  const server = await serve({ limits: { maxWatched: 2 } })
  const alice = await member(server)
  t.is(await alice.statusOf('watch', { ids: [alice.id, alice.id, alice.id] }), RELAY_CODES.limit)
  t.deepEqual(await alice.ask('watch', { ids: [alice.id] }), { online: [true] })
  t.deepEqual(await alice.ask('watch', { ids: [] }), { online: [] })
  await alice.close()
  await server.relay.close()
  const secret = await serve({ presence: 'off' })
  const [bob, carol] = await Promise.all([member(secret), member(secret)])
  t.is(await bob.statusOf('watch', { ids: [carol.id] }), RELAY_CODES.unavailable)
  t.false((await bob.ask('lookup', { id: carol.id })).online)
  await Promise.all([bob.close(), carol.close()])
  await secret.relay.close()
})

test('a connection that ended while its request was on its way watches nobody', async t => {
  const told: boolean[] = []
  class Watching extends Member {
    override noticed (_id: Uint8Array, online: boolean): void { told.push(online) }
  }
  const [left, right] = await stackPair()
  const limits = checkLimits()
  const exchange = localExchange()
  const ask = watch({ exchange, limits, presence: true })
  const [gone, here] = Array.from({ length: 2 }, () => new Watching(right, right.remote as Peer, { address: undefined, listed: true }, limits, ignore))
  const carol = new Member(left, left.remote as Peer, { address: undefined, listed: true }, limits, ignore)
  gone?.leave()
  await ask(gone as Member, { ids: [carol.id] }, nothing())
  await exchange.enter(carol)
  t.deepEqual(told, [])
  await ask(here as Member, { ids: [carol.id] }, nothing())
  exchange.leave(carol)
  t.deepEqual(told, [false])
  await Promise.all([left.close(), right.close()])
})

async function * nothing (): AsyncGenerator<Uint8Array> {}
