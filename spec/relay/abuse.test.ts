/** Clients of bad will: what they do to others through an honest relay. */
import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { equalUuid, NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, HardenedHandshake, KIND, pinned, stack, type Identity, type NovaLink, type RoutedHeader } from '../../lib/nova/index.js'
import { encodeGreeting, newAttempt } from '../../lib/nova/greeting.js'
import { encodeRequest, RELAY_VERSION } from '../../lib/relay/wire/index.js'
import type { AcceptPolicy } from '../../lib/relay/index.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { bytes, next, textOf, World } from './client/support.js'
import { codeOf, first, join, meet, testRelay, type TestRelay } from './support.js'

/** A link to the relay in the hands of somebody who keeps no rules above it. */
async function intrude (server: Pick<TestRelay, 'relay' | 'identity'>): Promise<{ link: NovaLink, identity: Identity }> {
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

const FRIEND = createIdentity()
/** Places of the victim's link, so that some strangers are enough. */
const PLACES = 32

/** The policies of a client, and the place where strangers have to stop under each. */
const POLICIES: ReadonlyArray<[name: string, accept: AcceptPolicy]> = [
  ['contacts', 'contacts'],
  ['a function', ({ id }) => equalUuid(id, FRIEND.id)],
  ['anyone', 'anyone']
]

for (const [name, accept] of POLICIES) {
  test(`strangers whose greetings never end, or go no further, do not keep a friend out: accept ${name}`, async t => {
    const world = await World.start()
    t.teardown(() => world.end())
    const limits = { maxHandshakes: 4, maxGreetings: 8, maxUnverified: 8 }
    const victim = await world.client({ accept, linkLimits: { maxIncoming: PLACES }, peerLimits: limits })
    const friend = await world.client({ identity: FRIEND })
    await victim.contacts.trust(FRIEND.publicKey)
    const links: NovaLink[] = []
    t.teardown(() => { for (const link of links) link.abort() })
    const greet = async (): Promise<(kind: bigint, body: Uint8Array) => void> => {
      const { link, identity } = await intrude(world)
      links.push(link)
      const header = (kind: bigint): RoutedHeader => ({ target: victim.id, source: identity.id, kind })
      const handshake = new HardenedHandshake({ role: 'initiator', identity, verify: () => true, peer: victim.id })
      await link.send(header(KIND.handshake), encodeGreeting({ step: 1, attempt: newAttempt(), message: handshake.write() }))
      await link.ping()
      return (kind, body) => { link.send(header(kind), unfinished(body)).catch(ignore) }
    }
    // those that go no further take all handshakes, those that never end all places of the link
    const strangers = await Promise.all(Array.from({ length: 8 }, greet))
    for (const send of strangers.slice(0, 2)) {
      for (let i = 0; i < PLACES; i++) send(KIND.handshake, Uint8Array.of(3))
    }
    // and so do those that send more behind a greeting that never ends
    for (const send of strangers.slice(2, 4)) {
      send(KIND.handshake, Uint8Array.of(3))
      for (let i = 0; i < PLACES; i++) send(KIND.stream, Uint8Array.of(3))
    }
    await Promise.all(links.map(link => link.ping()))
    await victim.ping()
    const accepted = next(victim.streams).then(stream => stream.accept())
    const [here, there] = await Promise.all([friend.peer(victim.id).open(1n), accepted])
    void here.sink((async function * () { yield bytes('hello') })()).catch(ignore)
    t.is(textOf(await next(there.source)), 'hello')
    await friend.peer(victim.id).send(2n, bytes('and mail'))
    const mail = await next(victim.messages)
    t.is(textOf(mail.bytes), 'and mail')
    await mail.taken()
    const back = next(friend.streams).then(stream => stream.accept())
    await Promise.all([victim.peer(friend.id).open(1n), back])
  })
}

test('whom nobody expects hears that it is refused, though others like it have greeted in vain', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const victim = await world.client({ accept: 'contacts' })
  for (let i = 0; i < 3; i++) {
    const stranger = await world.client()
    t.is(await codeOf(stranger.peer(victim.id).open(1n)), 'ERR_RESET_REFUSED')
  }
})

test('by their ids, a client that takes contacts expects these and whom it dials', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const victim = await world.client({ accept: 'contacts', peerLimits: { maxUnexpected: 2, handshakeTimeout: 60_000 } })
  const [one, two, friend] = [await world.client(), await world.client(), await world.client()]
  await victim.contacts.trust(friend.identity.publicKey)
  t.is(await codeOf(one.peer(victim.id).open(1n)), 'ERR_RESET_REFUSED')
  // its two greetings were all that were read of those that are not expected
  t.is(await codeOf(two.peer(victim.id).open(1n, { timeout: 100 })), 'ERR_TIMEOUT')
  const coming = next(victim.streams).then(stream => stream.accept())
  await Promise.all([friend.peer(victim.id).open(1n), coming])
  const dialled = next(two.streams).then(stream => stream.accept())
  await Promise.all([victim.peer(two.id).open(1n), dialled])
})
