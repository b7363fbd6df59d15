import test from 'ava'
import { NIL_UUID, randomUuid } from '../../../lib/bytes/index.js'
import { createIdentity, GOAWAY_CODES, KIND, RELAY_CODES, type Identity, type NovaLink } from '../../../lib/nova/index.js'
import { createPrekey, sealMail, verifyPrekey } from '../../../lib/nova/mail/index.js'
import { connect, type Client, type ConnectOptions, type RejectedMail } from '../../../lib/relay/index.js'
import { encodeRefusal, OPERATIONS, type Asked, type DeliveryHead, type WirePrekey } from '../../../lib/relay/wire/index.js'
import { Channel, deferred, plain } from '../../../lib/stream/index.js'
import { memoryStore } from '../../../lib/store/index.js'
import { collect } from '../../support/sources.js'
import { codeOf } from '../codes.js'
import { FakeRelay, type Answers } from './fake-relay.js'
import { bytes, next, QUICK, take, textOf } from './support.js'

interface Victim {
  readonly relay: FakeRelay
  readonly client: Client
  readonly identity: Identity
  readonly rejections: Channel<RejectedMail>
  /** Prekeys that it has published. */
  readonly prekeys: WirePrekey[]
}

async function victim (answers: Answers = {}, options: Partial<ConnectOptions> = {}): Promise<Victim> {
  const prekeys: WirePrekey[] = []
  const published = (publication: Asked<'publish'>): void => { for (const prekey of [...publication.oneTime, ...publication.lastResort]) prekeys.push({ id: prekey.id.slice(), key: prekey.key.slice(), signature: prekey.signature.slice() }) }
  const relay = new FakeRelay({ publish: ({ asked }) => { published(asked); return { prekeys: 8 } }, ...answers })
  const identity = createIdentity()
  const rejections = new Channel<RejectedMail>({ maxItems: Infinity, sizeOf: () => 0 })
  const client = await connect({
    url: 'ws://fake/', relay: relay.identity.publicKey, dial: relay.dial, identity, accept: 'anyone', store: memoryStore(), prekeyLimits: { oneTime: 8 },
    onRejected: mail => { void rejections.push(mail) }, ...options, limits: { ...QUICK, prekeyTries: 2, ...options.limits }
  })
  return { relay, client, identity, rejections, prekeys }
}

/** Mail as a sender seals it. */
async function sealed ({ identity, prekeys }: Victim, from: Identity, words: string, at: number, kind = 1n): Promise<Uint8Array> {
  const prekey = verifyPrekey(identity.publicKey, prekeys[at] as WirePrekey)
  const body = sealMail([bytes(words)], { identity: from, prekey, route: { target: identity.id, source: from.id, kind } })
  return collect((async function * () { for await (const piece of body) yield plain(piece.slice()) })())
}

function headOf (from: Identity, position: bigint, body: Uint8Array, more: Partial<DeliveryHead> = {}): DeliveryHead {
  return { position, id: randomUuid(), sender: from.id, kind: 1n, stored: 1n, length: BigInt(body.byteLength), ...more }
}

const rejectedCode = async (channel: Channel<RejectedMail>): Promise<string> => ((await next(channel)).error as { code?: string }).code ?? ''

test('a relay that lies about whose key or prekey it is gets no mail', async t => {
  const [bob, other] = [createIdentity(), createIdentity()]
  const about = (identity: Identity, owner: Identity): { staticKey: Uint8Array, proof: Uint8Array, prekey: WirePrekey, oneTime: boolean } => {
    const { id, key, signature } = createPrekey(owner)
    return { staticKey: identity.staticKey.publicKey, proof: identity.proof, prekey: { id, key, signature }, oneTime: true }
  }
  const cases = [[other, other, 'ERR_RELAY_PROOF'], [bob, other, 'ERR_PREKEY_SIGNATURE']] as const
  for (const [identity, owner, code] of cases) {
    const { client, relay } = await victim({ takePrekey: () => about(identity, owner), lookup: () => ({ staticKey: other.staticKey.publicKey, proof: other.proof, online: true }) })
    t.is(await codeOf(client.peer(bob.id).send(1n, bytes('secret'))), code)
    t.is(await codeOf(client.lookup(bob.id)), 'ERR_RELAY_PROOF')
    relay.answers.lookup = () => ({ staticKey: bob.staticKey.publicKey, proof: other.proof, online: true })
    t.is(await codeOf(client.lookup(bob.id)), 'ERR_RELAY_PROOF')
    await client.close()
  }
})

test('every status of the relay has its code', async t => {
  const expected: Record<string, string> = {
    notYourSource: 'ERR_RELAY_NOT_YOUR_SOURCE', targetGone: 'ERR_RELAY_TARGET_GONE', malformed: 'ERR_RELAY_MALFORMED', limit: 'ERR_RELAY_LIMIT', notRegistered: 'ERR_RELAY_NOT_REGISTERED',
    invite: 'ERR_RELAY_INVITE', quota: 'ERR_RELAY_QUOTA', tooLong: 'ERR_RELAY_TOO_LONG', unavailable: 'ERR_RELAY_UNAVAILABLE', offline: 'ERR_RELAY_OFFLINE', noPrekey: 'ERR_RELAY_NO_PREKEY', shutdown: 'ERR_RELAY_SHUTDOWN'
  }
  const { client, relay } = await victim()
  for (const [name, code] of Object.entries(expected)) {
    relay.answers.lookup = () => RELAY_CODES[name as keyof typeof RELAY_CODES]
    t.is(await codeOf(client.lookup(randomUuid())), code)
  }
  relay.answers.lookup = () => 999
  t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  await client.close()
  t.deepEqual(Object.keys(RELAY_CODES).sort(), [...Object.keys(expected), 'ok', 'unknownTarget'].sort())
})

test('errors of mail that are final, and those that are tried again', async t => {
  const bob = createIdentity()
  const { id, key, signature } = createPrekey(bob)
  const prekey = { staticKey: bob.staticKey.publicKey, proof: bob.proof, prekey: { id, key, signature }, oneTime: true }
  let taken = 0
  const { client, relay } = await victim({ takePrekey: () => { taken++; return prekey } })
  for (const [status, code] of [[RELAY_CODES.quota, 'ERR_RELAY_QUOTA'], [RELAY_CODES.tooLong, 'ERR_RELAY_TOO_LONG'], [77, 'ERR_RELAY_PROTOCOL']] as const) {
    relay.answers.mail = () => status
    t.is(await codeOf(client.peer(bob.id).send(1n, bytes('x'))), code)
  }
  const ids = new Set<string>()
  const again: number[] = [RELAY_CODES.unavailable, RELAY_CODES.limit, RELAY_CODES.shutdown]
  taken = 0
  relay.answers.mail = ({ asked }) => {
    ids.add(Buffer.from(asked.id).toString('hex'))
    return again.shift() ?? { duplicate: true }
  }
  await client.peer(bob.id).send(1n, bytes('x'))
  t.deepEqual([ids.size, taken], [1, 1])
  relay.answers.takePrekey = () => RELAY_CODES.noPrekey
  t.is(await codeOf(client.peer(bob.id).send(1n, bytes('x'))), 'ERR_RELAY_NO_PREKEY')
  await client.close()
})

test('a hello with absurd numbers harms nobody', async t => {
  const [bob, most] = [createIdentity(), 2 ** 32 - 1]
  const { id, key, signature } = createPrekey(bob)
  const takePrekey: NonNullable<Answers['takePrekey']> = () => ({ staticKey: bob.staticKey.publicKey, proof: bob.proof, prekey: { id, key, signature }, oneTime: true })
  for (const [prekeys, maxOutstanding, maxPrekeys, maxMail] of [[most, most, most, 2n ** 64n - 1n], [0, 0, 0, 0n], [most, 0, 0, 1n], [0, most, most, 0n], [100, 1, 1, 1n]] as const) {
    const hello: Answers['hello'] = () => ({ prekeys, lastResort: new Uint8Array(8).fill(prekeys === 0 ? 0 : 9), maxMail, maxOutstanding, maxPrekeys })
    const { client, relay } = await victim({ hello, takePrekey, mail: () => ({ duplicate: false }) })
    await Promise.all(Array.from({ length: 5 }, (_, index) => client.peer(bob.id).send(BigInt(index), bytes('x'))))
    t.is(client.state.type, 'connected')
    const published: Array<Asked<'publish'>> = []
    for (let request = await next(relay.requests); request.name !== 'mail'; request = await next(relay.requests)) if (request.name === 'publish') published.push(request.asked as Asked<'publish'>)
    for (const { oneTime } of published) t.true(oneTime.length <= Math.min(8, maxPrekeys))
    await client.close()
  }
})

test('mail that was taken is not handed out again by the next client over the same store, whatever the relay calls it', async t => {
  const store = memoryStore()
  const identity = createIdentity()
  const first = await victim({}, { store, identity })
  const alice = createIdentity()
  const it = { ...first, identity }
  const [one, last] = [await sealed(it, alice, 'one', 0), await sealed(it, alice, 'by the last resort', 8)]
  const heads = [headOf(alice, 1n, one), headOf(alice, 2n, last)] as const
  await first.relay.deliver(heads[0], one)
  await first.relay.deliver(heads[1], last)
  const read = await take(first.client.messages, 2)
  await read[1]?.taken()
  t.deepEqual(read.map(message => textOf(message.bytes)), ['one', 'by the last resort'])
  await first.client.close()
  // the fake relay says that it has none, so that new ones are published
  const second = await victim({}, { store, identity })
  await second.relay.deliver({ ...heads[0], position: 5n }, one)
  await second.relay.deliver({ ...heads[1], position: 6n }, last)
  await second.relay.deliver(headOf(alice, 7n, one), one)
  await second.relay.deliver(headOf(alice, 8n, last), last)
  t.is(await rejectedCode(second.rejections), 'ERR_SEALED_MAIL_UNKNOWN_PREKEY')
  t.is(await rejectedCode(second.rejections), 'ERR_PREKEY_RING_REPLAYED')
  const good = await sealed({ ...second, identity }, alice, 'good', 0)
  await second.relay.deliver(headOf(alice, 9n, good), good)
  t.is(textOf((await next(second.client.messages)).bytes), 'good')
  await second.client.close()
})

test('a relay that does not answer, answers something else, or nothing that can be read', async t => {
  const silent = await victim({ lookup: () => undefined }, { limits: { requestTimeout: 500, maxRequests: 3 } })
  const waiting = Array.from({ length: 4 }, () => codeOf(silent.client.lookup(randomUuid())))
  t.is(await waiting[3], 'ERR_RELAY_REQUESTS')
  t.is(await waiting[0], 'ERR_TIMEOUT')
  await silent.client.close()
  const { client, relay } = await victim()
  relay.answers.lookup = ({ requestId }) => encodeRefusal(OPERATIONS.watch.op, requestId, 0)
  t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  relay.answers.lookup = ({ requestId }) => encodeRefusal(OPERATIONS.lookup.op, requestId, 0)
  t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  for (const answer of [new Uint8Array(3), new Uint8Array(70_000)]) {
    relay.answers.lookup = () => answer
    t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  }
  // answers to nobody, and packets of kinds that are not known, are nothing to anybody
  for (let id = 0; id < 1000; id++) await relay.push(KIND.request, encodeRefusal(2, 1_000_000 + id, 0))
  await relay.push(KIND.presence, new Uint8Array(3))
  await relay.push(KIND.presence, new Uint8Array(17))
  await relay.push(12_345n, new Uint8Array(3))
  relay.answers.lookup = () => RELAY_CODES.unknownTarget
  t.is(await client.lookup(randomUuid()), undefined)
  await client.close()
})

test('mail that does not open is told of, taken off the relay, and holds up nothing', async t => {
  const it = await victim()
  const { client, relay, rejections } = it
  const [alice, carol] = [createIdentity(), createIdentity()]
  const one = await sealed(it, alice, 'one', 0)
  await relay.deliver(headOf(alice, 1n, one), one)
  const first = await next(client.messages)
  t.is(textOf(first.bytes), 'one')
  await first.taken()
  const bodies: Array<readonly [Uint8Array, Partial<DeliveryHead>, string]> = [
    // sent again under another id: its prekey is used up
    [one, {}, 'ERR_SEALED_MAIL_UNKNOWN_PREKEY'],
    [await sealed(it, alice, 'kind', 1), { kind: 2n }, 'ERR_SEALED_MAIL_AUTH'],
    [await sealed(it, alice, 'sender', 1), { sender: carol.id }, 'ERR_SEALED_MAIL_AUTH'],
    [(await sealed(it, alice, 'short', 1)).subarray(0, -1), {}, 'ERR_SESSION_TRUNCATED'],
    [new Uint8Array(300), {}, 'ERR_SEALED_MAIL_VERSION'],
    [new Uint8Array(0), {}, 'ERR_SESSION_EMPTY'],
    [await sealed(it, alice, 'ours', 2, KIND.stream), { kind: KIND.stream }, 'ERR_RELAY_PROTOCOL'],
    [await sealed(it, alice, 'no token', 3, KIND.pairing), { kind: KIND.pairing }, 'ERR_OFFER_TOKEN'],
    [await sealed(it, alice, 'no token, and far too long for one', 4, KIND.pairing), { kind: KIND.pairing }, 'ERR_OFFER_TOKEN'],
    [await sealed(it, alice, 'seventeen bytes ', 5, KIND.paired), { kind: KIND.paired }, 'ERR_OFFER_TOKEN'],
    [await sealed(it, alice, 'the token, 16 b\x01\x01', 6, KIND.paired), { kind: KIND.paired }, 'ERR_OFFER_TOKEN']
  ]
  let position = 2n
  for (const [body, more] of bodies) await relay.deliver(headOf(alice, position++, body, more), body)
  const last = await sealed(it, alice, 'last', 7)
  await relay.deliver(headOf(alice, position, last), last)
  t.is(textOf((await next(client.messages)).bytes), 'last')
  for (const [, , code] of bodies) t.is(await rejectedCode(rejections), code)
  t.is(client.rejected, bodies.length)
  const taken: bigint[] = []
  while (taken.length < bodies.length + 1) {
    const request = await next(relay.requests)
    if (request.name === 'taken') taken.push(...(request.asked as Asked<'taken'>).positions)
  }
  t.deepEqual(taken, Array.from({ length: bodies.length + 1 }, (_, index) => BigInt(index + 1)))
  await client.close()
})

test('the same message again is not handed out again, on this connection or the next', async t => {
  const it = await victim()
  const { client, relay, rejections } = it
  const alice = createIdentity()
  const one = await sealed(it, alice, 'one', 0)
  const head = headOf(alice, 1n, one)
  await relay.deliver(head, one)
  await (await next(client.messages)).taken()
  await relay.deliver({ ...head, position: 2n }, one)
  const two = await sealed(it, alice, 'two', 1)
  await relay.deliver(headOf(alice, 3n, two), two)
  t.is(textOf((await next(client.messages)).bytes), 'two')
  const before = relay.links.length
  relay.link.abort(new Error('cut'))
  while (relay.links.length === before) await next(relay.requests)
  await relay.deliver({ ...head, position: 1n }, one)
  const three = await sealed(it, alice, 'three', 2)
  await relay.deliver(headOf(alice, 5n, three), three)
  const reader = client.messages[Symbol.asyncIterator]()
  t.is(textOf((await reader.next() as IteratorYieldResult<{ bytes: Uint8Array }>).value.bytes), 'three')
  t.is(rejections.length, 0)
  await client.close()
})

test('positions that repeat or go back, heads that are none, and more than was asked for end the connection', async t => {
  const it = await victim({}, { limits: { maxUntaken: 2 } })
  const { client, relay } = it
  const alice = createIdentity()
  const body = new Uint8Array(300)
  const wrongs: Array<() => Promise<void>> = [
    async () => { for (const position of [5n, 5n]) await relay.deliver(headOf(alice, position, body), body) },
    async () => { for (const position of [5n, 4n]) await relay.deliver(headOf(alice, position, body), body) },
    async () => { await relay.push(KIND.delivery, new Uint8Array(10)) },
    async () => { for (let at = 1n; at < 100n; at++) void relay.link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.delivery }, (async function * () { yield new Uint8Array(1); await new Promise(() => {}) })()).catch(() => {}) }
  ]
  for (const wrong of wrongs) {
    const { link } = relay
    wrong().catch(() => {})
    t.regex(await codeOf(link.closed), /^ERR_/)
    for (let request = await next(relay.requests); request.name !== 'receive' || relay.link === link; request = await next(relay.requests));
  }
  const good = await sealed(it, alice, 'good', 0)
  await relay.deliver(headOf(alice, 9n, good), good)
  t.is(textOf((await next(client.messages)).bytes), 'good')
  await client.close()
})

test('mail that stalls makes the connection anew, and one that never comes whole is given up', async t => {
  const it = await victim({}, { limits: { deliveryTimeout: 30, deliveryTries: 2 } })
  const { client, relay, rejections } = it
  const alice = createIdentity()
  const body = await sealed(it, alice, 'stalled', 0)
  const head = headOf(alice, 1n, body)
  const { encodeDeliveryHead } = await import('../../../lib/relay/wire/index.js')
  const stall = async function * (): AsyncGenerator<Uint8Array> {
    yield encodeDeliveryHead(head)
    yield body.subarray(0, 250)
    await new Promise(() => {})
  }
  const tried = relay.link
  relay.link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.delivery }, stall()).catch(() => {})
  t.regex(await codeOf(tried.closed), /^ERR_/)
  for (let request = await next(relay.requests); request.name !== 'receive' || relay.link === tried; request = await next(relay.requests));
  relay.link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.delivery }, stall()).catch(() => {})
  t.is(await rejectedCode(rejections), 'ERR_TIMEOUT')
  const good = await sealed(it, alice, 'good', 1)
  await relay.deliver(headOf(alice, 2n, good), good)
  t.deepEqual((await take(client.messages, 1)).map(message => textOf(message.bytes)), ['good'])
  await client.close()
})

test('mail that has another length than its head says comes again, and is given up in the end', async t => {
  const it = await victim({}, { limits: { deliveryTries: 2 } })
  const { client, relay, rejections } = it
  const alice = createIdentity()
  for (const [at, change] of [[0, 1n], [1, -1n]] as const) {
    const body = await sealed(it, alice, 'whole', at)
    const head = headOf(alice, 1n, body, { length: BigInt(body.byteLength) + change })
    const tried = relay.link
    await relay.deliver(head, body)
    t.regex(await codeOf(tried.closed), /^ERR_/)
    for (let request = await next(relay.requests); request.name !== 'receive' || relay.link === tried; request = await next(relay.requests));
    await relay.deliver(head, body)
    t.is(await rejectedCode(rejections), 'ERR_RELAY_PROTOCOL')
    relay.link.abort(new Error('cut'))
    for (let { link } = relay, request = await next(relay.requests); request.name !== 'receive' || relay.link === link; request = await next(relay.requests));
  }
  await client.close()
})

test('mail that inflates to nothing, or goes on for ever, holds up nothing for long', async t => {
  const it = await victim({}, { limits: { maxMessage: 1000, messageTimeout: 50, deliveryTries: 1 } })
  const { client, relay, rejections } = it
  const alice = createIdentity()
  // longer than any message of 1,000 bytes is, as its head says already
  const long = headOf(alice, 1n, new Uint8Array(0), { length: 67_537n })
  await relay.deliver(long, new Uint8Array(300))
  t.is(await rejectedCode(rejections), 'ERR_RELAY_LONG_MAIL')
  const own = headOf(alice, 2n, new Uint8Array(0), { length: 4097n, kind: KIND.pairing })
  await relay.deliver(own, new Uint8Array(300))
  t.is(await rejectedCode(rejections), 'ERR_RELAY_LONG_MAIL')
  const body = await sealed(it, alice, 'one byte at a time', 0)
  const { encodeDeliveryHead } = await import('../../../lib/relay/wire/index.js')
  const left = deferred()
  // a chunk that never comes to its end
  const begun = [...body.subarray(0, 203), 0, 1, 0, 16, 0]
  const trickle = async function * (): AsyncGenerator<Uint8Array> {
    try {
      yield encodeDeliveryHead(headOf(alice, 3n, body, { length: 66_000n }))
      yield Uint8Array.from(begun)
      for (;;) {
        yield new Uint8Array(1)
        await new Promise(resolve => { setTimeout(resolve, 1) })
      }
    } finally {
      left.resolve()
    }
  }
  relay.link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.delivery }, trickle()).catch(() => {})
  t.is(await rejectedCode(rejections), 'ERR_TIMEOUT')
  await left.promise
  const good = await sealed(it, alice, 'good', 1)
  await relay.deliver(headOf(alice, 4n, good), good)
  t.is(textOf((await next(client.messages)).bytes), 'good')
  await client.close()
})

test('mail that is given up does not hold up what is behind it until the next try', async t => {
  const tried = deferred()
  const takePrekey = (): number => {
    tried.resolve()
    return RELAY_CODES.unavailable
  }
  const { relay, client } = await victim({ takePrekey }, { limits: { reconnectMin: 2 ** 40, reconnectMax: 2 ** 40 } })
  const peer = client.peer(createIdentity().id)
  const stop = new AbortController()
  const first = codeOf(peer.send(1n, bytes('one'), { signal: stop.signal }))
  const second = codeOf(peer.send(1n, bytes('two')))
  await tried.promise
  relay.answers = { ...relay.answers, lookup: () => RELAY_CODES.unknownTarget, takePrekey: () => RELAY_CODES.unknownTarget }
  // when this is here, the answer before it is too
  await client.lookup(createIdentity().id)
  stop.abort(new Error('enough'))
  t.is(await first, 'Error: enough')
  t.is(await second, 'ERR_RELAY_UNKNOWN_TARGET')
  await client.close()
})

test('a relay that never answers what was taken cannot have it pile up', async t => {
  const it = await victim({ taken: () => undefined }, { limits: { maxUntaken: 4 } })
  const { client, relay } = it
  const alice = createIdentity()
  const { link } = relay
  const flood = async (): Promise<void> => {
    const body = new Uint8Array(300)
    for (let position = 1n; position < 1000n; position++) {
      await relay.deliver(headOf(alice, position, body), body)
      await next(it.rejections)
    }
  }
  flood().catch(() => {})
  t.regex(await codeOf(link.closed), /^ERR_/)
  t.true(client.rejected <= 8)
  await client.close()
})

test('connections that the relay says goaway on and never lets finish do not pile up', async t => {
  const stuck = async function * (link: NovaLink): AsyncGenerator<Uint8Array> {
    // enough that the first of it does not wait to be sent
    yield new Uint8Array(60_000)
    await link.ping()
    link.goaway(GOAWAY_CODES.shutdown)
    await new Promise(() => {})
  }
  const answers: Answers = {
    receive: ({ link }) => {
      link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.request }, stuck(link)).catch(() => {})
      return {}
    }
  }
  const { client, relay } = await victim(answers, { limits: { maxLeaving: 2 } })
  while (relay.links.length < 5) await next(relay.requests)
  const [first, second] = relay.links as [NovaLink, NovaLink]
  t.regex(await codeOf(first.closed), /^ERR_/)
  t.regex(await codeOf(second.closed), /^ERR_/)
  await client.close()
})
