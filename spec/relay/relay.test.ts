import test from 'ava'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, decodeRelayError, KIND, pinned, RELAY_CODES, stack, type RoutedPacket } from '../../lib/nova/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { encodeRequest, RELAY_VERSION } from '../../lib/relay/wire/index.js'
import { join as joined } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, first, join, meet, testRelay, type TestRelay, type Way } from './support.js'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

for (const way of ['memory', 'tcp', 'websocket'] as const satisfies readonly Way[]) {
  test(`two clients exchange messages through a relay, both ways: ${way}`, async t => {
    const server = await testRelay({ tcp: {}, websocket: { path: '/wire' } })
    const [alice, bob] = await Promise.all([join(server, { way }), join(server, { way })])
    const [toBob, toAlice] = await meet(alice, bob)
    t.deepEqual(toBob.peer.id, bob.identity.id)
    t.deepEqual(toAlice.peer.publicKey, alice.identity.publicKey)
    await toBob.send(1n, text('hello'))
    const hello = await first(toAlice.messages)
    t.is(hello.kind, 1n)
    t.deepEqual(await hello.bytes(), text('hello'))
    await toAlice.send(2n, text('and to you'))
    t.deepEqual(await (await first(toBob.messages)).bytes(), text('and to you'))
    await Promise.all([alice.close(), bob.close()])
    await server.relay.close()
    t.is(server.relay.connections, 0)
  })
}

test('what is sent as soon as a peer was dialled arrives, in order', async t => {
  const server = await testRelay()
  const [alice, bob] = await Promise.all([join(server), join(server)])
  const session = await alice.peers.dial(bob.identity.id)
  for (let i = 0; i < 20; i++) void session.send(1n, Uint8Array.of(i))
  const arrived: number[] = []
  for await (const message of (await first(bob.peers.incoming)).messages) {
    arrived.push(...await message.bytes())
    if (arrived.length === 20) break
  }
  t.deepEqual(arrived, Array.from({ length: 20 }, (_, i) => i))
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('a stream goes through whole', async t => {
  const server = await testRelay()
  const [alice, bob] = await Promise.all([join(server), join(server)])
  const [toBob, toAlice] = await meet(alice, bob)
  const block = globalThis.crypto.getRandomValues(new Uint8Array(65_536))
  const sent = toBob.send(7n, (function * () { for (let i = 0; i < 64; i++) yield block })())
  let length = 0
  for await (const bytes of (await first(toAlice.messages)).source) {
    for (let at = 0; at < bytes.byteLength; at += 997) if (bytes[at] !== block[(length + at) % 65_536]) t.fail(`byte ${length + at}`)
    length += bytes.byteLength
  }
  await sent
  t.is(length, 64 * 65_536)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

/** A raw link to the relay, and what it says on it. */
async function rawLink (server: TestRelay, identity = createIdentity()) {
  const [left, right] = memoryPair()
  const accepted = server.relay.accept(right)
  const link = await stack(left, { role: 'initiator', identity, verify: pinned(server.identity.publicKey) })
  await accepted
  await link.send({ target: NIL_UUID, source: identity.id, kind: KIND.request }, encodeRequest('hello', 0, { version: RELAY_VERSION, invite: new Uint8Array(0) }))
  await first(link.source)
  return { link, identity, next: () => first(link.source) }
}

async function errorOf (packet: RoutedPacket) {
  const pieces: Uint8Array[] = []
  for await (const bytes of packet.source) pieces.push(bytes)
  return decodeRelayError(joined(pieces))
}

test('an unknown target is drained in silence where the relay is told to', async t => {
  const server = await testRelay({ unknownTarget: 'drain' })
  const { link, identity, next } = await rawLink(server)
  await link.send({ target: createIdentity().id, source: identity.id, kind: 5n }, text('anybody there?'))
  // the next thing it says is about the packet after
  await link.send({ target: NIL_UUID, source: identity.id, kind: 99n }, text('?'))
  t.is((await errorOf(await next())).kind, 99n)
  await link.close()
  await server.relay.close()
  // whether the target has an account is looked up meanwhile
  t.deepEqual(server.events.flatMap(event => event.type === 'undelivered' ? [event.code] : []).sort(), [RELAY_CODES.unknownTarget, RELAY_CODES.malformed])
})

test('dialling somebody who is not there is refused', async t => {
  const server = await testRelay()
  const alice = await join(server)
  t.is(await codeOf(alice.peers.dial(createIdentity().id)), 'ERR_PEER_UNREACHABLE')
  await alice.close()
  await server.relay.close()
})

test('a source that the connection has not proved is refused, and nothing of it is delivered', async t => {
  const server = await testRelay()
  const mallory = await rawLink(server)
  const bob = await rawLink(server)
  const alice = await rawLink(server)
  await mallory.link.send({ target: bob.identity.id, source: alice.identity.id, kind: 1n }, text('I am Alice'))
  t.is((await errorOf(await mallory.next())).code, RELAY_CODES.notYourSource)
  await mallory.link.send({ target: bob.identity.id, source: mallory.identity.id, kind: 2n }, text('I am Mallory'))
  t.is((await bob.next()).header.kind, 2n)
  await Promise.all([mallory.link.close(), bob.link.close(), alice.link.close()])
  await server.relay.close()
})

test('the later connection of an identity takes over, and peers are told of the end of the first', async t => {
  const server = await testRelay()
  const [alice, first] = await Promise.all([join(server), join(server)])
  const [session] = await meet(alice, first)
  const second = await join(server, { identity: first.identity })
  t.not(await codeOf(first.closed), 'resolved')
  t.is(await codeOf(session.closed), 'ERR_PEER_UNREACHABLE')
  t.is(server.relay.connections, 2)
  const [toSecond, toAlice] = await meet(alice, second)
  await toSecond.send(1n, text('again'))
  for await (const message of toAlice.messages) {
    t.deepEqual(await message.bytes(), text('again'))
    break
  }
  t.deepEqual(server.events.filter(event => event.type === 'taken-over').length, 1)
  const gone = server.events.find(event => event.type === 'disconnected')
  t.is((gone as { error?: { code?: string } }).error?.code, 'ERR_RELAY_TAKEN_OVER')
  await Promise.all([alice.close(), second.close()])
  await server.relay.close()
})

test('a connection of a borrowed identity that proves nothing displaces nobody', async t => {
  const server = await testRelay({ verify: () => true })
  const alice = await join(server)
  const mallory = createIdentity()
  const [left, right] = memoryPair()
  const accepted = server.relay.accept(right)
  const borrowed = { ...mallory, id: alice.identity.id, publicKey: alice.identity.publicKey, staticKey: mallory.staticKey, proof: alice.identity.proof, sign: () => new Uint8Array(64), exportPrivate: () => new Uint8Array(65), destroy: () => {} }
  await stack(left, { role: 'initiator', identity: borrowed, verify: () => true }).then(link => codeOf(link.closed), () => 'refused')
  await accepted
  t.is((await alice.lookup(alice.identity.id))?.publicKey.byteLength, 32)
  t.true(server.events.some(event => event.type === 'refused'))
  t.false(server.events.some(event => event.type === 'taken-over'))
  await alice.close()
  await server.relay.close()
})

test('a greeting with a pinned key that is sent again displaces nobody', async t => {
  const server = await testRelay()
  const identity = createIdentity()
  const recorded: Uint8Array[] = []
  const alice = await join(server, {
    identity,
    pinnedStatic: server.identity.staticKey.publicKey,
    wrap: duplex => ({ ...duplex, source: duplex.source, close: () => duplex.close(), abort: reason => { duplex.abort(reason) }, sink: source => duplex.sink(recording(source, recorded)) })
  })
  t.true(recorded.length > 0)
  const [left, right] = memoryPair()
  const accepted = server.relay.accept(right)
  left.sink((async function * () { yield recorded[0] as Uint8Array; yield await new Promise<never>(() => {}) })()).catch(() => {})
  await accepted
  t.is(server.relay.connections, 2)
  t.deepEqual((await alice.lookup(identity.id))?.id, identity.id)
  t.false(server.events.some(event => event.type === 'taken-over'))
  left.abort(new Error('enough'))
  await alice.close()
  await server.relay.close()
})

async function * recording (source: AsyncIterable<Uint8Array | { subarray(): Uint8Array }>, record: Uint8Array[]) {
  for await (const bytes of source) {
    record.push(bytes.subarray().slice())
    yield bytes as Uint8Array
  }
}

test('the relay is told nothing of what peers say', async t => {
  const seen: Uint8Array[] = []
  const server = await testRelay({ onBytes: (_header, bytes) => { seen.push(bytes.slice()) } })
  const [alice, bob] = await Promise.all([join(server), join(server)])
  const [toBob, toAlice] = await meet(alice, bob)
  const secret = globalThis.crypto.getRandomValues(new Uint8Array(4096))
  await toBob.send(1n, secret)
  t.deepEqual(await (await first(toAlice.messages)).bytes(), secret)
  const all = Buffer.concat(seen)
  t.true(all.byteLength > 4096)
  for (let at = 0; at + 16 <= 4096; at += 16) t.is(all.indexOf(secret.subarray(at, at + 16)), -1)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('a relay that is full turns connections away, and says so', async t => {
  const server = await testRelay({ limits: { maxConnections: 1 } })
  const alice = await join(server)
  t.not(await codeOf(join(server)), 'resolved')
  const refused = server.events.find(event => event.type === 'refused')
  t.is((refused as { error?: { code?: string } }).error?.code, 'ERR_RELAY_FULL')
  await alice.close()
  await server.relay.close()
})

test('a connection that says nothing is dropped when its handshake is due', async t => {
  const server = await testRelay({ limits: { link: { handshakeTimeout: 30 } } })
  const [left, right] = memoryPair()
  await server.relay.accept(right)
  t.is(server.relay.connections, 0)
  t.is((server.events[0] as { error?: { code?: string } }).error?.code, 'ERR_HANDSHAKE_TIMEOUT')
  left.abort(new Error('enough'))
  await server.relay.close()
})

test('options out of their range are refused', async t => {
  for (const limits of [{ maxConnections: 0 }, { maxPending: 1.5 }, { maxForwarding: -1 }, { maxCorrespondents: NaN }, { link: { maxFrame: 0 } }, { link: { maxIncoming: NaN } }]) {
    await t.throwsAsync(startRelay({ identity: createIdentity(), limits }), { code: 'ERR_LIMIT_OPTION' })
  }
})

test('close ends every link in order; abort ends them at once', async t => {
  const closing = await testRelay({ tcp: {} })
  const alice = await join(closing, { way: 'tcp' })
  await closing.relay.close()
  t.is(await codeOf(alice.closed), 'resolved')
  t.not(await codeOf(join(closing)), 'resolved')
  const aborted = await testRelay({ tcp: {} })
  const bob = await join(aborted, { way: 'tcp' })
  const [silent] = memoryPair()
  void aborted.relay.accept(silent)
  aborted.relay.abort()
  t.not(await codeOf(bob.closed), 'resolved')
  await aborted.relay.closed
})

test('callbacks that throw harm nobody', async t => {
  const server = await testRelay({ onEvent: () => { throw new Error('of the caller') }, onBytes: (_header, bytes) => { if (bytes.byteLength === 5) throw new Error('of the caller') } })
  const [alice, bob] = await Promise.all([rawLink(server), rawLink(server)])
  await alice.link.send({ target: bob.identity.id, source: alice.identity.id, kind: 1n }, text('12345'))
  await alice.link.send({ target: bob.identity.id, source: alice.identity.id, kind: 2n }, text('1234'))
  t.is((await bob.next()).header.kind, 2n)
  await Promise.all([alice.link.close(), bob.link.close()])
  await server.relay.close()
})

test.serial('connections that come and go leave nothing behind', async t => {
  t.deepEqual(await leaksOf(async () => {
    const server = await testRelay({ tcp: {} })
    for (let i = 0; i < 1000; i++) {
      const client = await join(server, { way: i % 4 === 0 ? 'tcp' : 'memory' })
      if (i % 3 === 0) client.link.abort(new Error('enough'))
      else await client.close()
      await client.closed.catch(() => {})
    }
    await server.relay.close()
  }), { rejections: [], handles: {} })
})

test('a relay that has been closed takes nobody, and ends whose handshake is under way', async t => {
  const server = await testRelay()
  const [left, right] = memoryPair()
  const accepted = server.relay.accept(right)
  await server.relay.close()
  await accepted
  t.is(await codeOf(right.closed), 'ERR_RELAY_CLOSED')
  t.not(await codeOf(left.closed), 'resolved')
  const [late, other] = memoryPair()
  await server.relay.accept(other)
  t.is(await codeOf(other.closed), 'ERR_RELAY_CLOSED')
  t.not(await codeOf(late.closed), 'resolved')
  t.deepEqual(server.events.map(event => event.type), ['refused', 'refused'])
})
