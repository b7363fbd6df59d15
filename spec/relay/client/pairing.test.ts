import test from 'ava'
import { createIdentity } from '../../../lib/nova/index.js'
import { offeredRelay, parseOffer, type ClientMessage } from '../../../lib/relay/index.js'
import { fingerprintOf, formatOffer } from '../../../lib/relay/client/pairing/offer.js'
import { OpenOffers } from '../../../lib/relay/client/pairing/open-offers.js'
import { decodePairAnswer, encodePairAnswer } from '../../../lib/relay/client/pairing/pair-answer.js'
import { memoryStore, type Store, type StoreTransaction, type StoreView } from '../../../lib/store/index.js'
import { Channel, deferred } from '../../../lib/stream/index.js'
import type { Peer } from '../../../lib/nova/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, state, textOf, texts, World, type TestClient } from './support.js'

test('two clients pair by an offer, each knows the other from then on, and the offer is used up', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const paired = new Channel<Peer>({ sizeOf: () => 0 })
  const alice = await world.client({ accept: 'contacts', onPaired: peer => { void paired.push(peer) } })
  const text = await alice.offer()
  const offer = parseOffer(text)
  // the one who offers is nobody to pair with, and does not use it up
  t.is(await codeOf(alice.pair(text)), 'ERR_OFFER_PEER')
  const bob = await world.client({ accept: 'contacts', relay: offeredRelay(offer) })
  t.deepEqual((await bob.pair(text)).publicKey, alice.identity.publicKey)
  t.deepEqual((await next(paired)).id, bob.id)
  t.deepEqual([alice.contacts.has(bob.id), bob.contacts.has(alice.id)], [true, true])
  await alice.peer(bob.id).send(1n, bytes('hello Bob'))
  await bob.peer(alice.id).send(1n, bytes('hello Alice'))
  t.deepEqual([await texts(bob, 1), await texts(alice, 1)], [['hello Bob'], ['hello Alice']])
  const carol = await world.client({ accept: 'contacts' })
  t.is(await codeOf(carol.pair(text)), 'ERR_OFFER_REFUSED')
  const { error, sender } = await next(alice.rejections)
  t.deepEqual([(error as { code?: string }).code, sender], ['ERR_OFFER_TOKEN', carol.id])
  t.deepEqual([alice.contacts.has(carol.id), carol.contacts.has(alice.id)], [false, false])
  // who has used it may ask again, as long as it is a contact
  t.deepEqual((await bob.pair(text)).id, alice.id)
  await alice.contacts.forget(bob.id)
  t.is(await codeOf(bob.pair(text)), 'ERR_OFFER_REFUSED')
  // trusted before, and so it stays
  t.true(bob.contacts.has(alice.id))
})

test('who offers and is away answers later: until then it is trusted, and the same offer can be tried again', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ accept: 'contacts' })
  const text = await alice.offer()
  await alice.close()
  const bob = await world.client({ accept: 'contacts', limits: { maxOffers: 1 } })
  const stop = new AbortController()
  const first = codeOf(bob.pair(text, { signal: stop.signal }))
  await state(bob, 'connected')
  stop.abort(new Error('enough'))
  t.is(await first, 'Error: enough')
  t.false(bob.contacts.has(alice.id))
  t.is(await codeOf(bob.pair(text, { timeout: 1 })), 'ERR_OFFER_UNANSWERED')
  t.true(bob.contacts.has(alice.id))
  t.is(await codeOf(bob.pair(text, { timeout: 0 })), 'ERR_ARGUMENT')
  const waiting = bob.pair(text)
  const again = await world.client({ identity: alice.identity, store: alice.store, accept: 'contacts' })
  t.deepEqual((await waiting).id, alice.id)
  t.deepEqual([bob.rejected, again.rejected, again.contacts.has(bob.id)], [0, 0, true])
})

test('who stops waiting when the relay has the token stays trusting: its owner may trust us by then', async t => {
  const stored = deferred()
  const world = await World.start({ onEvent: ({ type }) => { if (type === 'mail-stored') stored.resolve() } })
  t.teardown(() => world.end())
  const alice = await world.client({ accept: 'contacts' })
  const text = await alice.offer()
  await alice.close()
  const bob = await world.client({ accept: 'contacts' })
  const stop = new AbortController()
  const pairing = codeOf(bob.pair(text, { signal: stop.signal }))
  await stored.promise
  // goes after the token, and is there when that has been acknowledged
  await bob.peer(alice.id).send(1n, bytes('after it'))
  stop.abort(new Error('enough'))
  t.is(await pairing, 'Error: enough')
  t.true(bob.contacts.has(alice.id))
})

test('who stops waiting before the relay has acknowledged the token stays trusting too', async t => {
  const stop = new AbortController()
  const world = await World.start({ onEvent: ({ type }) => { if (type === 'mail-stored') stop.abort(new Error('enough')) } })
  t.teardown(() => world.end())
  const alice = await world.client({ accept: 'contacts' })
  const text = await alice.offer()
  await alice.close()
  const bob = await world.client({ accept: 'contacts' })
  t.is(await codeOf(bob.pair(text, { signal: stop.signal })), 'Error: enough')
  t.true(bob.contacts.has(alice.id))
})

test('mail that nobody has taken yet holds up no pairing, on either side', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol] = [await world.client(), await world.client(), await world.client()]
  const sent = ['one', 'two', 'three']
  for (const text of sent) for (const { id } of [alice, bob]) await carol.peer(id).send(1n, bytes(text))
  const [atAlice, atBob] = [alice, bob].map(client => client.messages[Symbol.asyncIterator]())
  const firsts = [await atAlice?.next(), await atBob?.next()]
  t.deepEqual((await bob.pair(await alice.offer())).id, alice.id)
  world.cut()
  await Promise.all([alice, bob].map(async client => { await state(client, 'waiting'); await state(client, 'connected') }))
  t.deepEqual((await alice.pair(await bob.offer())).id, bob.id)
  // and then the mail comes, in its order
  for (const [at, reader] of [atAlice, atBob].entries()) {
    const read = [firsts[at], await reader?.next(), await reader?.next()].map(result => (result?.value as ClientMessage).bytes)
    t.deepEqual(read.map(textOf), sent)
  }
})

test('an answer that does not come ends with the client, and so many are waited for', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client()
  const texts = [await alice.offer(), await alice.offer()] as const
  await alice.close()
  const bob = await world.client({ limits: { maxOffers: 1 } })
  const first = codeOf(bob.pair(texts[0]))
  const second = codeOf(bob.pair(texts[1]))
  t.is(await Promise.race([first, second]), 'ERR_OFFER_LIMIT')
  await bob.close()
  t.deepEqual([await first, await second].sort(), ['ERR_OFFER_LIMIT', 'ERR_RELAY_CLIENT_CLOSED'])
})

test('an answer that nobody waits for, and one that is none', async t => {
  const answer = { token: new Uint8Array(16).fill(3), accepted: true }
  t.deepEqual(decodePairAnswer(encodePairAnswer(answer)), answer)
  t.deepEqual(decodePairAnswer(encodePairAnswer({ ...answer, accepted: false })), { ...answer, accepted: false })
  for (const wrong of [undefined, new Uint8Array(0), new Uint8Array(16), new Uint8Array(18), new Uint8Array(17).fill(2)]) t.throws(() => decodePairAnswer(wrong), { code: 'ERR_OFFER_TOKEN' })
})

test('contacts and offers outlive the process', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ accept: 'contacts' })
  const text = await alice.offer()
  await alice.contacts.trust(createIdentity().publicKey)
  await alice.close()
  const bob = await world.client()
  const pairing = bob.pair(text)
  const paired = new Channel<Peer>({ sizeOf: () => 0 })
  const again = await world.client({ identity: alice.identity, store: alice.store, accept: 'contacts', onPaired: peer => { void paired.push(peer) } })
  t.is((await next(paired)).publicKey.byteLength, 32)
  t.deepEqual((await pairing).id, alice.id)
  t.is(again.contacts.list().length, 2)
  await again.contacts.forget(bob.id)
  t.false(again.contacts.has(bob.id))
})

test('of two offers of one person that are answered at once, the one that is used up does not undo the other, also crosswise', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  for (const crosswise of [false, true]) {
    const [alice, bob, other] = await Promise.all([1, 2, 3].map(() => world.client({ accept: 'contacts' }))) as [TestClient, TestClient, TestClient]
    const used = await bob.offer()
    await other.pair(used)
    const good = crosswise ? await alice.offer() : await bob.offer()
    const outcomes = await Promise.all([codeOf(alice.pair(used)), codeOf((crosswise ? bob : alice).pair(good))])
    t.deepEqual(outcomes, ['ERR_OFFER_REFUSED', 'resolved'])
    t.deepEqual([alice.contacts.has(bob.id), bob.contacts.has(alice.id)], [true, true])
  }
})

test('a contact beyond the limit is refused', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ limits: { maxContacts: 1 } })
  const { publicKey } = await alice.contacts.trust(createIdentity().publicKey)
  t.is(await codeOf(alice.contacts.trust(createIdentity().publicKey)), 'ERR_CONTACT_LIMIT')
  await alice.contacts.trust(publicKey)
  const bob = await world.client()
  t.is(await codeOf(bob.pair(await alice.offer())), 'ERR_OFFER_REFUSED')
  t.is(((await next(alice.rejections)).error as { code?: string }).code, 'ERR_CONTACT_LIMIT')
})

test('an offer that is not for this relay, of nobody, or no offer at all', async t => {
  const [world, other] = [await World.start(), await World.start()]
  t.teardown(() => Promise.all([world.end(), other.end()]))
  const alice = await world.client({ limits: { maxOffers: 1 } })
  const text = await alice.offer({ expires: 1000 })
  t.is(await codeOf(alice.offer()), 'ERR_OFFER_LIMIT')
  t.is(await codeOf(alice.offer({ expires: 0 })), 'ERR_ARGUMENT')
  t.is(await codeOf((await other.client()).pair(text)), 'ERR_OFFER_RELAY')
  const nobody = formatOffer({ ...parseOffer(text), fingerprint: fingerprintOf(createIdentity().publicKey) })
  t.is(await codeOf((await world.client()).pair(nobody)), 'ERR_OFFER_PEER')
  t.is(await codeOf((await world.client()).pair('hello')), 'ERR_OFFER_TEXT')
})

test('a token is good once, and until its time is over', async t => {
  let now = 1_000_000
  const store = memoryStore()
  const [bob, carol] = [createIdentity().id, createIdentity().id]
  const offers = new OpenOffers(store, { maxOffers: 2 }, () => now)
  const token = await offers.add(now + 100)
  t.is(await offers.worth(token, bob), 'open')
  t.is(await offers.worth(token.slice(1), bob), 'unknown')
  t.is(await offers.worth(token.map(byte => byte ^ 1), bob), 'unknown')
  await store.write(transaction => { offers.use(transaction, token, bob) })
  t.deepEqual([await offers.worth(token, bob), await offers.worth(token, carol)], ['again', 'over'])
  const late = await offers.add(now + 100)
  now += 100
  t.is(await offers.worth(late, bob), 'over')
  // what is over makes room
  await offers.add(now + 100)
  await offers.add(now + 200)
  t.is(await codeOf(offers.add(now + 100)), 'ERR_OFFER_LIMIT')
})

test('of two that use a token at once, the store knows one', async t => {
  let now = 1_000_000
  const store = memoryStore()
  const [bob, carol] = [createIdentity().id, createIdentity().id]
  // two clients over one store
  const [offers, others] = [new OpenOffers(store, { maxOffers: 2 }, () => now), new OpenOffers(store, { maxOffers: 2 }, () => now)]
  const token = await offers.add(now + 100)
  t.deepEqual([await offers.worth(token, bob), await others.worth(token, carol)], ['open', 'open'])
  t.true(await store.write(transaction => offers.use(transaction, token, bob)))
  t.false(await store.write(transaction => others.use(transaction, token, carol)))
  t.true(await store.write(transaction => others.use(transaction, token, bob)))
  t.deepEqual([await offers.worth(token, bob), await offers.worth(token, carol)], ['again', 'over'])
  t.false(await store.write(transaction => offers.use(transaction, token.slice(1), bob)))
  const late = await offers.add(now + 100)
  now += 100
  t.false(await store.write(transaction => offers.use(transaction, late, bob)))
})

test('who has lost an offer to another while its own token was being taken is refused and no contact', async t => {
  const inner = memoryStore()
  const carol = createIdentity().id
  const rival = new OpenOffers(inner, { maxOffers: 2 })
  // just before the transaction of this client, another one over the same store takes the token
  let taken: (() => Promise<unknown>) | undefined
  const store: Store = Object.assign(Object.create(inner) as Store, {
    read: <T>(work: (view: StoreView) => T) => inner.read(work),
    write: async <T>(work: (transaction: StoreTransaction) => T) => {
      await taken?.()
      taken = undefined
      return inner.write(work)
    },
    close: () => inner.close()
  })
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ accept: 'contacts', store })
  const bob = await world.client({ accept: 'contacts' })
  const text = await alice.offer()
  const { token } = parseOffer(text)
  taken = () => inner.write(transaction => rival.use(transaction, token, carol))
  t.is(await codeOf(bob.pair(text)), 'ERR_OFFER_REFUSED')
  t.deepEqual([alice.contacts.has(bob.id), bob.contacts.has(alice.id)], [false, false])
})

test('offers that are over are remembered for a day, and not too many', async t => {
  let now = 1_000_000
  const offers = new OpenOffers(memoryStore(), { maxOffers: 2 }, () => now)
  const tokens: Uint8Array[] = []
  for (let at = 0; at < 4; at++) {
    tokens.push(await offers.add(now + 10))
    now += 10
  }
  await offers.add(now + 10)
  t.deepEqual(await Promise.all(tokens.map(token => offers.worth(token, new Uint8Array(16)))), ['unknown', 'unknown', 'over', 'over'])
  now += 86_400_000
  await offers.add(now + 10)
  t.deepEqual(await Promise.all(tokens.map(token => offers.worth(token, new Uint8Array(16)))), ['unknown', 'unknown', 'unknown', 'unknown'])
})
