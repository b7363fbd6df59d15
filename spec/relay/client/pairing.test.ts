import test from 'ava'
import fc from 'fast-check'
import { createIdentity, idOf } from '../../../lib/nova/index.js'
import { offeredRelay, parseOffer } from '../../../lib/relay/index.js'
import { fingerprintOf, formatOffer } from '../../../lib/relay/client/offer.js'
import { OpenOffers } from '../../../lib/relay/client/pairing.js'
import { qr } from '../../../lib/relay/qr.js'
import { memoryStore } from '../../../lib/store/index.js'
import { Channel } from '../../../lib/stream/index.js'
import type { Peer } from '../../../lib/nova/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, texts, World } from './support.js'

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
  await carol.pair(text)
  const { error, sender } = await next(alice.rejections)
  t.deepEqual([(error as { code?: string }).code, sender], ['ERR_OFFER_TOKEN', carol.id])
  t.false(alice.contacts.has(carol.id))
})

test('contacts and offers outlive the process', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ accept: 'contacts' })
  const text = await alice.offer()
  await alice.contacts.trust(createIdentity().publicKey)
  await alice.close()
  const bob = await world.client()
  await bob.pair(text)
  const paired = new Channel<Peer>({ sizeOf: () => 0 })
  const again = await world.client({ identity: alice.identity, store: alice.store, accept: 'contacts', onPaired: peer => { void paired.push(peer) } })
  t.is((await next(paired)).publicKey.byteLength, 32)
  t.is(again.contacts.list().length, 2)
  await again.contacts.forget(bob.id)
  t.false(again.contacts.has(bob.id))
})

test('a contact beyond the limit is refused', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ limits: { maxContacts: 1 } })
  const { publicKey } = await alice.contacts.trust(createIdentity().publicKey)
  t.is(await codeOf(alice.contacts.trust(createIdentity().publicKey)), 'ERR_CONTACT_LIMIT')
  await alice.contacts.trust(publicKey)
  await (await world.client()).pair(await alice.offer())
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
  const offers = new OpenOffers(store, { maxOffers: 2 }, () => now)
  const token = await offers.add(100)
  await offers.check(token)
  t.is(await codeOf(offers.check(token.slice(1))), 'ERR_OFFER_TOKEN')
  await store.write(transaction => { offers.use(transaction, token) })
  t.is(await codeOf(offers.check(token)), 'ERR_OFFER_TOKEN')
  const late = await offers.add(100)
  now += 100
  t.is(await codeOf(offers.check(late)), 'ERR_OFFER_TOKEN')
  // what has run out makes room
  await offers.add(100)
  await offers.add(100)
  t.is(await codeOf(offers.add(100)), 'ERR_OFFER_LIMIT')
})

const key = createIdentity().publicKey
const about = { url: 'wss://relay.example/way', relayFingerprint: fingerprintOf(createIdentity().publicKey), fingerprint: fingerprintOf(key), token: new Uint8Array(16).fill(7) }

test('an offer reads as it was written, and its id is that of the key', t => {
  t.deepEqual(parseOffer(` ${formatOffer(about)}\n`), { ...about, id: idOf(key) })
  fc.assert(fc.property(fc.webUrl(), fc.uint8Array({ minLength: 80, maxLength: 80 }), (url, random) => {
    const offer = { url: url.replace(/^https?/, 'ws').slice(0, 500), relayFingerprint: random.slice(0, 32), fingerprint: random.slice(32, 64), token: random.slice(64) }
    const { id, ...parsed } = parseOffer(formatOffer(offer))
    t.deepEqual(parsed, offer)
    t.is(id.byteLength, 16)
  }))
})

test('what is no offer is refused with a code, whatever it is', t => {
  const text = formatOffer(about)
  const cases: Array<readonly [string, string]> = [
    ['', 'ERR_OFFER_TEXT'], ['hushwire:', 'ERR_OFFER_TEXT'], ['hushwire:AQ', 'ERR_OFFER_TEXT'], ['hushwire:Ag', 'ERR_OFFER_VERSION'], ['hushwire:A', 'ERR_OFFER_TEXT'],
    [`${text}=`, 'ERR_OFFER_TEXT'], [`${text.slice(0, 20)}+${text.slice(21)}`, 'ERR_OFFER_TEXT'], [text.replace('hushwire:', 'https:'), 'ERR_OFFER_TEXT'], [text + 'A'.repeat(1000), 'ERR_OFFER_TEXT'],
    // bits that say nothing must be zero
    ['hushwire:AR', 'ERR_OFFER_TEXT']
  ]
  for (const [wrong, code] of cases) t.throws(() => parseOffer(wrong), { code }, wrong)
  t.throws(() => parseOffer(undefined as never), { code: 'ERR_OFFER_TEXT' })
  for (const url of ['http://relay.example/', 'wss://', 'wss://relay example/', 'wss://relay.example/\u202e', `wss://relay.example/${'a'.repeat(500)}`, '']) {
    t.throws(() => formatOffer({ ...about, url }), { code: 'ERR_OFFER_TEXT' }, url)
  }
  const raw = Buffer.from(text.slice('hushwire:'.length), 'base64url')
  for (const end of [[0x80], [0xff], [0x20], [0]]) t.throws(() => parseOffer(`hushwire:${Buffer.from([...raw, ...end]).toString('base64url')}`), { code: 'ERR_OFFER_TEXT' })
  for (let length = 0; length <= 81; length++) t.throws(() => parseOffer(`hushwire:${raw.subarray(0, length).toString('base64url')}`), { code: 'ERR_OFFER_TEXT' })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), garbage => {
    t.throws(() => parseOffer(`hushwire:${garbage}`), { message: /offer of pairing/ })
  }), { numRuns: 200 })
})

test('an offer fits into a QR code, for a page and for a terminal', t => {
  const { svg, terminal } = qr(formatOffer(about))
  t.regex(svg, /^<svg .*<\/svg>$/s)
  t.true(terminal.split('\n').length > 20)
})
