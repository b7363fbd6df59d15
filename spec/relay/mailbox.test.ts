import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { NIL_UUID, randomUuid } from '../../lib/bytes/index.js'
import { createIdentity, KIND, RELAY_CODES } from '../../lib/nova/index.js'
import { encodeRequest } from '../../lib/relay/wire/index.js'
import { memoryStore, openMailbox, type Store } from '../../lib/store/index.js'
import { deferred } from '../../lib/stream/index.js'
import { member, nextOf, text, textOf, unfinished, type RawClient } from './raw.js'
import { serve } from './server-support.js'

async function next (client: RawClient): Promise<readonly [position: bigint, body: string]> {
  const { position, body } = await nextOf(client.deliveries)
  return [position, textOf(body)]
}

test('mail to somebody who is away waits, and is delivered in order until it is taken', async t => {
  const server = await serve()
  const [alice, bob] = await Promise.all([member(server), member(server)])
  await bob.close()
  await server.happened('disconnected')
  for (const words of ['one', 'two', 'three']) t.false(await alice.mail(bob.id, text(words), { kind: 7n }))
  const again = await member(server, { identity: bob.identity })
  await again.receive()
  const first = await nextOf(again.deliveries)
  t.deepEqual([textOf(first.body), first.kind, first.sender], ['one', 7n, alice.id])
  const second = await nextOf(again.deliveries)
  t.is(textOf((await nextOf(again.deliveries)).body), 'three')
  await again.taken(first.position, second.position)
  t.deepEqual(await server.relay.mailbox.usage(bob.id), { bytes: 5, messages: 1 })
  await again.close()
  const last = await member(server, { identity: bob.identity })
  await last.receive(second.position)
  t.is((await next(last))[1], 'three')
  t.deepEqual(server.events.flatMap(event => event.type === 'mail-stored' ? [event.bytes] : []), [3, 3, 5])
  t.is((await server.happened('mail-taken')).messages, 2)
  await Promise.all([last.close(), alice.close()])
  await server.relay.close()
})

test('mail to somebody who is there is delivered as it comes, large and empty ones too', async t => {
  const server = await serve()
  const [alice, bob] = await Promise.all([member(server), member(server)])
  await bob.receive()
  const large = globalThis.crypto.getRandomValues(new Uint8Array(65_536))
  await alice.mail(bob.id, (function * () { for (let i = 0; i < 20; i++) yield large })())
  const { body } = await nextOf(bob.deliveries)
  t.is(body.byteLength, 20 * 65_536)
  t.deepEqual(body.subarray(19 * 65_536), large)
  await alice.mail(bob.id, new Uint8Array(0))
  t.is((await next(bob))[1], '')
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('mail to ourselves is mail', async t => {
  const server = await serve()
  const alice = await member(server)
  await alice.receive()
  await alice.mail(alice.id, text('a note'))
  t.is((await next(alice))[1], 'a note')
  await alice.close()
  await server.relay.close()
})

test('what the mailbox does not take is refused with its code, and nothing is stored', async t => {
  const server = await serve({ limits: { mailbox: { maxMessage: 100, senderBytes: 200, partBytes: 10 } } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const ask = { id: randomUuid(), recipient: bob.id, kind: 1n, lifetime: 0n }
  t.is(await alice.statusOf('mail', { ...ask, recipient: createIdentity().id }, text('hi')), RELAY_CODES.unknownTarget)
  t.is(await alice.statusOf('mail', { ...ask, recipient: NIL_UUID }, text('hi')), RELAY_CODES.unknownTarget)
  t.is(await alice.statusOf('mail', { ...ask, id: NIL_UUID }, text('hi')), RELAY_CODES.malformed)
  t.is(await alice.statusOf('mail', ask, new Uint8Array(101)), RELAY_CODES.tooLong)
  t.deepEqual(await server.relay.mailbox.usage(), { bytes: 0, messages: 0 })
  t.is(await alice.statusOf('mail', ask, new Uint8Array(100)), RELAY_CODES.ok)
  t.is(await alice.statusOf('mail', { ...ask, id: randomUuid() }, new Uint8Array(100)), RELAY_CODES.ok)
  t.is(await alice.statusOf('mail', { ...ask, id: randomUuid() }, new Uint8Array(1)), RELAY_CODES.quota)
  // the same again is known, and costs nothing
  t.true(await alice.mail(bob.id, new Uint8Array(100), { id: ask.id }))
  // the head alone is no mail
  const request = encodeRequest('mail', 77, ask)
  t.is((await alice.send(77, request.subarray(0, request.byteLength - 1))).status, RELAY_CODES.malformed)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('a store that fails is told as unavailable, and what failed is not acknowledged', async t => {
  const store = memoryStore()
  let failing = false
  const flaky: Store = {
    quarantined: 0,
    read: work => store.read(work),
    write: async work => {
      if (failing) throw new Error('no space left')
      return store.write(work)
    },
    close: () => store.close()
  }
  const server = await serve({ store: flaky })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  failing = true
  const ask = { id: randomUuid(), recipient: bob.id, kind: 1n, lifetime: 0n }
  t.is(await alice.statusOf('mail', ask, text('hi')), RELAY_CODES.unavailable)
  failing = false
  t.false(await alice.mail(bob.id, text('hi'), { id: ask.id }))
  await bob.receive()
  const [position] = await next(bob)
  failing = true
  t.is(await bob.statusOf('taken', { positions: [position] }), RELAY_CODES.unavailable)
  failing = false
  await bob.taken(position)
  t.deepEqual(await server.relay.mailbox.usage(), { bytes: 0, messages: 0 })
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('mail that breaks off at its sender is not stored; the same id can come again', async t => {
  const server = await serve({ limits: { mailbox: { partBytes: 4 } } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const broken = deferred<never>()
  const id = randomUuid()
  const sent = alice.link.send({ target: NIL_UUID, source: alice.id, kind: KIND.request }, (async function * () {
    yield encodeRequest('mail', 9, { id, recipient: bob.id, kind: 1n, lifetime: 0n })
    yield text('half of it')
    await broken.promise
  })())
  while ((await server.relay.mailbox.usage()).bytes === 0) await turn()
  broken.reject(new Error('of the sender'))
  await t.throwsAsync(sent, { message: 'of the sender' })
  await server.happened('broken-off')
  t.deepEqual(await server.relay.mailbox.usage(), { bytes: 0, messages: 0 })
  t.false(await alice.mail(bob.id, text('all of it'), { id }))
  const other = alice.mail(bob.id, unfinished(text('half'), deferred().promise))
  while ((await server.relay.mailbox.usage()).messages === 1) await turn()
  alice.link.abort()
  await t.throwsAsync(other)
  await server.happened('broken-off', 2)
  t.deepEqual(await server.relay.mailbox.usage(), { bytes: 9, messages: 1 })
  await bob.close()
  await server.relay.close()
})

test('mail of which nothing comes is given up', async t => {
  const server = await serve({ limits: { maxIdle: 30 } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  t.is(await alice.statusOf('mail', { id: randomUuid(), recipient: bob.id, kind: 1n, lifetime: 0n }, unfinished(text('half'), deferred().promise)), RELAY_CODES.limit)
  t.deepEqual(await server.relay.mailbox.usage(), { bytes: 0, messages: 0 })
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('more mail of one connection than may be stored at once waits for its turn', async t => {
  const server = await serve({ limits: { maxStoring: 1 } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  await bob.receive()
  const end = deferred()
  const slow = alice.mail(bob.id, unfinished(text('slow'), end.promise))
  while ((await server.relay.mailbox.usage()).bytes === 0) await turn()
  const quick = alice.mail(bob.id, text('quick'))
  await alice.ask('lookup', { id: bob.id })
  t.is((await server.relay.mailbox.usage()).messages, 1)
  end.resolve()
  await Promise.all([slow, quick])
  t.deepEqual([(await next(bob))[1], (await next(bob))[1]], ['slow', 'quick'])
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('when all places are taken, the slowest mail gives way to who comes again', async t => {
  const mailbox = await openMailbox(memoryStore(), { limits: { maxPuts: 2 } })
  const server = await serve({ mailbox, limits: { storingGrace: 1 } })
  const [mallory, alice, bob] = await Promise.all([member(server), member(server), member(server)])
  const end = deferred()
  const held = [1, 2].map(size => mallory.statusOf('mail', { id: randomUuid(), recipient: bob.id, kind: 1n, lifetime: 0n }, unfinished(new Uint8Array(size * 1000), end.promise)))
  while ((await mailbox.usage()).bytes < 3000) await turn()
  // as a client does: again, until there is a place
  const asked = { id: randomUuid(), recipient: bob.id, kind: 1n, lifetime: 0n }
  let status: number = RELAY_CODES.unavailable
  while (status === RELAY_CODES.unavailable) status = await alice.statusOf('mail', asked, text('quick'))
  t.is(status, RELAY_CODES.ok)
  t.is(await Promise.race(held), RELAY_CODES.limit)
  end.resolve()
  t.deepEqual((await Promise.all(held)).sort(), [RELAY_CODES.ok, RELAY_CODES.limit])
  await Promise.all([mallory.close(), alice.close(), bob.close()])
  await server.relay.close()
})

test('no more is delivered than may be untaken, by either side', async t => {
  const server = await serve({ limits: { maxUntaken: 2 } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  for (let i = 0; i < 5; i++) await alice.mail(bob.id, Uint8Array.of(i))
  await bob.receive(0n, 100)
  const [one] = await next(bob)
  const [two] = await next(bob)
  await alice.mail(bob.id, text('more'))
  t.is(server.events.filter(({ type }) => type === 'mail-delivered').length, 2)
  await bob.taken(one)
  const [three] = await next(bob)
  await bob.taken(two, three)
  await next(bob)
  await next(bob)
  t.is(bob.deliveries.length, 0)
  // from the beginning of what is left, one at a time
  await bob.receive(0n, 1)
  const [four] = await next(bob)
  t.true(four > three)
  t.is(await bob.statusOf('receive', { after: 0n, maxUntaken: 0 }), RELAY_CODES.malformed)
  t.is(await bob.statusOf('taken', { positions: Array.from({ length: 1025 }, () => 1n) }), RELAY_CODES.limit)
  await bob.taken(2n ** 64n - 1n, 0n)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('a newer connection takes the deliveries over, in the middle of one', async t => {
  const server = await serve()
  const alice = await member(server)
  const identity = createIdentity()
  const older = await member(server, { identity })
  const large = new Uint8Array(4_000_000).fill(5)
  await alice.mail(identity.id, large)
  await alice.mail(identity.id, text('after it'))
  // it never reads what is delivered
  await older.link.send({ target: NIL_UUID, source: identity.id, kind: KIND.request }, encodeRequest('receive', 500, { after: 0n, maxUntaken: 10 }))
  await turn()
  const newer = await member(server, { identity })
  await t.throwsAsync(older.link.closed)
  await newer.receive()
  const { position, body } = await nextOf(newer.deliveries)
  t.is(body.byteLength, large.byteLength)
  await newer.taken(position)
  const [last, words] = await next(newer)
  t.is(words, 'after it')
  await newer.taken(last)
  t.deepEqual(await server.relay.mailbox.usage(), { bytes: 0, messages: 0 })
  await Promise.all([alice.close(), newer.close()])
  await server.relay.close()
})

test('a delivery that its recipient stops is not lost, and the next one comes', async t => {
  const server = await serve()
  const [alice, bob] = await Promise.all([member(server), member(server)])
  await alice.mail(bob.id, new Uint8Array(1_000_000))
  await alice.mail(bob.id, text('next'))
  bob.refuseDelivery = true
  await bob.receive(0n, 1)
  t.is((await next(bob))[1], 'next')
  await server.happened('mail-undelivered')
  await bob.receive()
  t.is((await nextOf(bob.deliveries)).body.byteLength, 1_000_000)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})
