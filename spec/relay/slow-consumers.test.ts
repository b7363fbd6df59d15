import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { deferred } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf } from './codes.js'
import { gated, member, nextOf, RawClient, text, textOf, whole } from './raw.js'
import { serve } from './server-support.js'

test('a connection that takes nothing from its socket is cut as a slow consumer, and nobody else is', async t => {
  const server = await serve({ limits: { slowTimeout: 60 } })
  const [alice, carol] = await Promise.all([member(server), member(server)])
  const [left, right] = memoryPair({ buffer: 1024 })
  const gate = { open: deferred() }
  gate.open.resolve()
  void server.relay.accept(right)
  const bob = await RawClient.connect({
    relayKey: server.identity.publicKey,
    duplex: { source: gated(left.source, gate), sink: source => left.sink(source), close: () => left.close(), abort: reason => { left.abort(reason) } }
  })
  await bob.hello()
  gate.open = deferred()
  const sent = alice.live(bob.id, new Uint8Array(10_000_000))
  t.deepEqual((await server.happened('slow-consumer')).id, bob.id)
  t.is(await codeOf(sent), 'ERR_RESET_GONE')
  t.is(((await server.happened('disconnected')).error as { code?: string }).code, 'ERR_RELAY_SLOW')
  await alice.live(carol.id, text('as before'))
  t.is(textOf(await whole((await nextOf(carol.packets)).source)), 'as before')
  gate.open.resolve()
  await Promise.all([alice.close(), carol.close()])
  await server.relay.close()
})

for (const { name, packets, bytes, limits } of [
  { name: 'whom the heartbeat is asking', packets: 1, bytes: 10_000_000, limits: { heartbeatInterval: 32 } },
  { name: 'whose packets have all been read from their sender', packets: 16, bytes: 50_000, limits: {} }
]) {
  test(`a slow consumer is cut as one: one ${name}`, async t => {
    const server = await serve({ limits: { slowTimeout: 60, ...limits } })
    const alice = await member(server)
    const [left, right] = memoryPair({ buffer: 1024 })
    const gate = { open: deferred() }
    gate.open.resolve()
    void server.relay.accept(right)
    const bob = await RawClient.connect({
      relayKey: server.identity.publicKey,
      duplex: { source: gated(left.source, gate), sink: source => left.sink(source), close: () => left.close(), abort: reason => { left.abort(reason) } }
    })
    await bob.hello()
    gate.open = deferred()
    const sent = Array.from({ length: packets }, () => codeOf(alice.live(bob.id, new Uint8Array(bytes))))
    t.deepEqual((await server.happened('slow-consumer')).id, bob.id)
    t.is(((await server.happened('disconnected')).error as { code?: string }).code, 'ERR_RELAY_SLOW')
    await Promise.all(sent)
    gate.open.resolve()
    await alice.close()
    await server.relay.close()
  })
}

test('a slow consumer is waited for where the relay is told to', async t => {
  const server = await serve({ limits: { slowTimeout: 4 }, slowConsumer: 'wait' })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const sent = alice.live(bob.id, new Uint8Array(1_000_000))
  const packet = await nextOf(bob.packets)
  for (let i = 0; i < 100; i++) await turn()
  t.is((await whole(packet.source)).byteLength, 1_000_000)
  await sent
  t.false(server.events.some(({ type }) => type === 'slow-consumer'))
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})
