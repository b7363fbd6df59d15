import test from 'ava'
import { randomUuid, type Uuid } from '../../../lib/bytes/index.js'
import { crypto } from '../../../lib/crypto/index.js'
import { createIdentity, KIND, pinned } from '../../../lib/nova/index.js'
import { sealMail, verifyPrekey } from '../../../lib/nova/mail/index.js'
import { relayClient, type RelayClient } from '../../../lib/relay/index.js'
import { ignore } from '../../../lib/stream/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, textOf, texts, World, type TestClient } from './support.js'

// somebody with an account, over a relay that keeps to the rules

/** An attacker, who speaks the protocol below the client. */
async function attacker (world: World): Promise<{ hub: RelayClient, id: Uuid, identity: ReturnType<typeof createIdentity> }> {
  const identity = createIdentity()
  const hub = await relayClient(await world.dial(), { identity, verify: pinned(world.identity.publicKey), verifyPeer: () => true })
  return { hub, id: identity.id, identity }
}

/** That streams, mail and the connection of a victim are as they were. */
async function unharmed (world: World, victim: TestClient): Promise<string> {
  const friend = await world.client()
  const accepting = (async () => {
    for await (const incoming of victim.streams) {
      if (incoming.kind === 77n) return incoming.accept()
      incoming.refuse()
    }
    throw new Error('no more streams')
  })()
  const here = await friend.peer(victim.id).open(77n)
  const there = await accepting
  const echo = there.sink(there.source)
  await here.sink((async function * () { yield bytes('still well') })())
  let back = ''
  for await (const piece of here.source) back += textOf(piece)
  await echo
  await Promise.all([here.close(), there.close()])
  await friend.peer(victim.id).send(1n, bytes('mail'))
  back += `, ${(await texts(victim, 1))[0] ?? ''}`
  await friend.close()
  return back
}

test('streams with heads of rubbish, answers to nothing, heads that never end, and messages of other kinds', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const victim = await world.client({ limits: { maxStreams: 16, maxPeerStreams: 8, openTimeout: 30 } })
  const { hub } = await attacker(world)
  const session = await hub.peers.dial(victim.id)
  const outcomes: string[] = []
  const send = async (kind: bigint, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> => { outcomes.push(await codeOf(session.send(kind, source, { flush: 'each' }))) }
  for (let round = 0; round < 20; round++) {
    await Promise.all([
      ...Array.from({ length: 8 }, (_, size) => send(KIND.stream, [crypto.randomBytes(1 + size * 5)])),
      send(KIND.stream, [Uint8Array.of(2), crypto.randomBytes(8), bytes('an answer to nothing')]),
      send(KIND.stream, []),
      send(5n, [bytes('no stream')])
    ])
  }
  // more than may be open, none of which ever says what it is
  await Promise.all(Array.from({ length: 40 }, () => send(KIND.stream, (async function * () {
    yield Uint8Array.of(1)
    await new Promise(() => {})
  })())))
  t.is(outcomes.length, 20 * 11 + 40)
  t.is(await unharmed(world, victim), 'still well, mail')
  t.is(victim.state.type, 'connected')
  await hub.close()
})

test('streams that are opened and stopped at once, by hundreds', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const victim = await world.client({ limits: { maxStreams: 16, maxPeerStreams: 8, openTimeout: 500 } })
  const mallory = await world.client({ limits: { maxStreams: 1024 } })
  for (let round = 0; round < 20; round++) {
    const opened = Array.from({ length: 20 }, (_, at) => {
      const stop = new AbortController()
      const opening = mallory.peer(victim.id).open(1n, { signal: stop.signal })
      if (at % 2 === 0) stop.abort(new Error('stop'))
      else setImmediate(() => { stop.abort(new Error('stop')) })
      return opening.then(stream => { stream.abort(new Error('stop')) }, ignore)
    })
    await Promise.all(opened)
  }
  t.is(await unharmed(world, victim), 'still well, mail')
  await mallory.close()
})

test('mail of rubbish, tokens that nobody has given out, and answers to no offer: taken off the relay, and answered by nothing', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const victim = await world.client()
  await victim.offer()
  const { hub, identity, id } = await attacker(world)
  await hub.ask('publish', { replace: false, oneTime: [], lastResort: [] })
  const mail = (kind: bigint, body: AsyncIterable<Uint8Array>): Promise<unknown> => hub.ask('mail', { id: randomUuid(), recipient: victim.id, kind, lifetime: 0n }, body)
  for (let at = 0; at < 60; at++) await mail([1n, KIND.pairing, KIND.paired, KIND.stream][at % 4] as bigint, (async function * () { yield crypto.randomBytes(at * 7) })())
  for (let at = 0; at < 24; at++) {
    const kind = at % 2 === 0 ? KIND.pairing : KIND.paired
    const { prekey } = await hub.ask('takePrekey', { id: victim.id })
    const body = sealMail([crypto.randomBytes(at % 2 === 0 ? 16 : 17)], { identity, prekey: verifyPrekey(victim.identity.publicKey, prekey), route: { target: victim.id, source: id, kind } })
    await mail(kind, (async function * () { for await (const piece of body) yield piece.subarray() })())
  }
  for (let at = 0; at < 84; at++) t.regex(await codeOf(Promise.reject((await next(victim.rejections)).error)), /^ERR_/)
  t.is(victim.rejected, 84)
  t.false(victim.contacts.has(id))
  t.is(await unharmed(world, victim), 'still well, mail')
  // nothing was written to the attacker
  t.is((await world.relay.mailbox.usage()).messages, 0)
  await hub.close()
})

test('a token that is used up, sent again and again: it is answered, one at a time', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [victim, friend, mallory] = [await world.client(), await world.client(), await world.client()]
  const text = await victim.offer()
  await friend.pair(text)
  const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(mallory.pair(text, { timeout: 60_000 }))))
  t.deepEqual(new Set(codes), new Set(['ERR_OFFER_REFUSED']))
  t.is(await unharmed(world, victim), 'still well, mail')
})

test('somebody who comes and goes, watched by one who does not read', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const victim = await world.client()
  const { hub, identity, id } = await attacker(world)
  const watch = victim.presence([id])
  t.true((await watch.next()).value.online)
  await hub.close()
  for (let at = 0; at < 100; at++) {
    const again = await relayClient(await world.dial(), { identity, verify: pinned(world.identity.publicKey), verifyPeer: () => true })
    await again.close()
  }
  const online = await relayClient(await world.dial(), { identity, verify: pinned(world.identity.publicKey), verifyPeer: () => true })
  t.is(await unharmed(world, victim), 'still well, mail')
  // of all that, the last word, or that and one more that was on its way
  const first = (await watch.next()).value.online
  if (!first) t.true((await watch.next()).value.online)
  await online.close()
})
