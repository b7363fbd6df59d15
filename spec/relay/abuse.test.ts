/** Clients of bad will: what they do to others through an honest relay. */
import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, HardenedHandshake, KIND, pinned, stack, type Identity, type NovaLink, type RoutedHeader } from '../../lib/nova/index.js'
import { encodeGreeting, newAttempt } from '../../lib/nova/greeting.js'
import { encodeRequest, RELAY_VERSION } from '../../lib/relay/wire/index.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { first, join, meet, testRelay, type TestRelay } from './support.js'

/** A link to the relay in the hands of somebody who keeps no rules above it. */
async function intrude (server: TestRelay): Promise<{ link: NovaLink, identity: Identity }> {
  const identity = createIdentity()
  const [left, right] = memoryPair()
  void server.relay.accept(right)
  const link = await stack(left, { role: 'initiator', identity, verify: pinned(server.identity.publicKey) })
  await link.send({ target: NIL_UUID, source: identity.id, kind: KIND.request }, encodeRequest('hello', 0, { version: RELAY_VERSION, invite: new Uint8Array(0) }))
  await first(link.source)
  return { link, identity }
}

/** Gives its bytes, then waits for ever. */
async function * unfinished (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
  await deferred().promise
}

async function * flood (): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield new Uint8Array(65_536)
    await turn()
  }
}

test('a stranger whose greeting never ends does not hold up the messages of friends', async t => {
  const server = await testRelay()
  const [alice, victim] = await Promise.all([join(server), join(server)])
  const [toVictim, fromAlice] = await meet(alice, victim)
  const { link, identity } = await intrude(server)
  const header = (kind: bigint): RoutedHeader => ({ target: victim.identity.id, source: identity.id, kind })
  const handshake = new HardenedHandshake({ role: 'initiator', identity, verify: () => true, peer: victim.identity.id })
  const answered = first(link.source)
  await link.send(header(KIND.handshake), encodeGreeting({ step: 1, attempt: newAttempt(), message: handshake.write() }))
  await answered
  link.send(header(KIND.handshake), unfinished(Uint8Array.of(3))).catch(ignore)
  link.send(header(1n), flood()).catch(ignore)
  for (let i = 0; i < 50; i++) await turn()
  await toVictim.send(1n, Uint8Array.of(7))
  t.deepEqual(await (await first(fromAlice.messages)).bytes(), Uint8Array.of(7))
  link.abort()
  server.relay.abort()
  await Promise.all([alice.close(), victim.close()])
})
