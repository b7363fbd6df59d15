import test from 'ava'
import { NIL_UUID } from '../../../lib/bytes/index.js'
import { createIdentity, KIND, RELAY_CODES } from '../../../lib/nova/index.js'
import type { Asked, DeliveryHead } from '../../../lib/relay/wire/index.js'
import { deferred } from '../../../lib/stream/index.js'
import { memoryStore } from '../../../lib/store/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, take, textOf } from './support.js'

import { headOf, rejectedCode, sealed, victim } from './victim.js'

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

test('a relay that fills the last resort cannot have mail handed out twice', async t => {
  const it = await victim({}, { prekeyLimits: { oneTime: 1, maxOpened: 2 } })
  const { client, relay, rejections } = it
  const junk = async (position: bigint): Promise<void> => {
    const stranger = createIdentity()
    const body = await sealed(it, stranger, 'junk', 1)
    await relay.deliver(headOf(stranger, position, body), body)
    await (await next(client.messages)).taken()
  }
  await junk(1n)
  await junk(2n)
  const alice = createIdentity()
  const [mail, good] = [await sealed(it, alice, 'pay 100', 1), await sealed(it, alice, 'good', 0)]
  for (const position of [3n, 4n]) await relay.deliver(headOf(alice, position, mail), mail)
  t.deepEqual([await rejectedCode(rejections), await rejectedCode(rejections)], ['ERR_PREKEY_RING_FULL', 'ERR_PREKEY_RING_FULL'])
  await relay.deliver(headOf(alice, 5n, good), good)
  t.is(textOf((await next(client.messages)).bytes), 'good')
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
