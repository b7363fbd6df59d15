import test from 'ava'
import { equalUuid, NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, KIND, RELAY_CODES, RESET_CODES, resetError } from '../../lib/nova/index.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf } from './codes.js'
import { gated, member, nextOf, rawClient, RawClient, text, textOf, unfinished, whole } from './raw.js'
import { serve } from './server-support.js'

for (const [name, code] of Object.entries(RESET_CODES)) {
  test(`a packet that its sender resets is reset for its target with the same code: ${name}`, async t => {
    const server = await serve()
    const [alice, bob] = await Promise.all([member(server), member(server)])
    const end = deferred<never>()
    const sent = alice.live(bob.id, unfinished(text('begun'), end.promise)).catch(ignore)
    const packet = await nextOf(bob.packets)
    const reading = whole(packet.source)
    end.reject(resetError(code))
    t.is(await codeOf(reading), resetError(code).code)
    await sent
    await server.happened('broken-off')
    // nothing else has happened to either link
    await alice.live(bob.id, text('next'))
    t.is(textOf(await whole((await nextOf(bob.packets)).source)), 'next')
    await Promise.all([alice.close(), bob.close()])
    await server.relay.close()
  })

  test(`a packet that its target stops is stopped for its sender with the same code: ${name}`, async t => {
    const server = await serve()
    const [alice, bob] = await Promise.all([member(server), member(server)])
    const sent = alice.live(bob.id, unfinished(text('begun'), deferred().promise))
    const packet = await nextOf(bob.packets)
    packet.stop(code)
    t.is(await codeOf(sent), resetError(code).code)
    await server.happened('stopped')
    await alice.live(bob.id, text('next'))
    t.is(textOf(await whole((await nextOf(bob.packets)).source)), 'next')
    await Promise.all([alice.close(), bob.close()])
    await server.relay.close()
  })
}

test('when the sender goes, the target is told that it has gone; when the target goes, the sender is', async t => {
  const server = await serve()
  const [alice, bob, carol] = await Promise.all([member(server), member(server), member(server)])
  const sent = alice.live(bob.id, unfinished(text('begun'), deferred().promise)).catch(ignore)
  const reading = whole((await nextOf(bob.packets)).source)
  alice.link.abort()
  t.is(await codeOf(reading), 'ERR_RESET_GONE')
  await sent
  t.is((await nextOf(bob.errors)).code, RELAY_CODES.targetGone)
  const toBob = carol.live(bob.id, unfinished(text('begun'), deferred().promise))
  await nextOf(bob.packets)
  bob.link.abort()
  t.is(await codeOf(toBob), 'ERR_RESET_GONE')
  t.is((await nextOf(carol.errors)).code, RELAY_CODES.targetGone)
  await carol.close()
  await server.relay.close()
})

test('what the relay refuses is stopped, whatever the reason', async t => {
  const server = await serve({ limits: { maxToOne: 1, turnTimeout: 20 } })
  const [alice, bob, stranger] = await Promise.all([member(server), member(server), rawClient(server)])
  const endless = (): AsyncIterable<Uint8Array> => unfinished(text('begun'), deferred().promise)
  t.is(await codeOf(alice.live(createIdentity().id, endless())), 'ERR_RESET_REFUSED')
  t.is((await nextOf(alice.errors)).code, RELAY_CODES.unknownTarget)
  t.is(await codeOf(stranger.live(bob.id, endless())), 'ERR_RESET_REFUSED')
  t.is((await nextOf(stranger.errors)).code, RELAY_CODES.notRegistered)
  t.is(await codeOf(alice.link.send({ target: bob.id, source: bob.id, kind: 1n }, endless())), 'ERR_RESET_REFUSED')
  t.is((await nextOf(alice.errors)).code, RELAY_CODES.notYourSource)
  for (const kind of [KIND.error, KIND.request, KIND.delivery, KIND.presence, 2n ** 64n - 1n]) {
    t.is(await codeOf(alice.live(bob.id, endless(), kind)), 'ERR_RESET_REFUSED')
    const error = await nextOf(alice.errors)
    t.deepEqual([error.code, error.kind, error.target], [RELAY_CODES.malformed, kind, bob.id])
  }
  const first = alice.live(bob.id, endless())
  await nextOf(bob.packets)
  t.is(await codeOf(alice.live(bob.id, endless())), 'ERR_RESET_LIMIT')
  t.is((await nextOf(alice.errors)).code, RELAY_CODES.limit)
  bob.link.abort()
  await t.throwsAsync(first)
  await Promise.all([alice.close(), stranger.close()])
  await server.relay.close()
})

test('one sender cannot fill a target: another one gets through', async t => {
  const server = await serve({ limits: { maxToOne: 3, turnTimeout: 50 } })
  const [mallory, carol, bob] = await Promise.all([member(server), member(server), member(server)])
  const end = deferred()
  const flood = Array.from({ length: 10 }, () => codeOf(mallory.live(bob.id, unfinished(text('x'), end.promise))))
  for (let i = 0; i < 7; i++) t.is((await nextOf(mallory.errors)).code, RELAY_CODES.limit)
  await carol.live(bob.id, text('through'))
  let through = await nextOf(bob.packets)
  while (!equalUuid(through.header.source, carol.id)) through = await nextOf(bob.packets)
  t.is(textOf(await whole(through.source)), 'through')
  end.resolve()
  t.deepEqual((await Promise.all(flood)).sort(), [...Array.from({ length: 7 }, () => 'ERR_RESET_LIMIT'), 'resolved', 'resolved', 'resolved'])
  // places are free again
  await mallory.live(bob.id, text('more'))
  let more = await nextOf(bob.packets)
  while (textOf(await whole(more.source)) !== 'more') more = await nextOf(bob.packets)
  await Promise.all([mallory, carol, bob].map(client => client.close()))
  await server.relay.close()
})

test('a burst of packets to one target goes through whole, in order', async t => {
  const server = await serve({ limits: { maxToOne: 2 } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const sent = Array.from({ length: 1000 }, (_, at) => alice.live(bob.id, Uint8Array.of(at >> 8, at & 255)))
  for (let i = 0; i < 1000; i++) {
    const [high = 0, low = 0] = await whole((await nextOf(bob.packets)).source)
    t.is(high << 8 | low, i)
  }
  await Promise.all(sent)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('who has gone waits for no turn', async t => {
  const server = await serve({ limits: { maxToOne: 1, turnTimeout: 2 ** 31 - 1 } })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const sent = [1, 2].map(() => codeOf(alice.live(bob.id, unfinished(text('begun'), deferred().promise))))
  await nextOf(bob.packets)
  alice.link.abort()
  t.false((await Promise.all(sent)).includes('resolved'))
  await bob.close()
  await server.relay.close()
})

test('packets that are begun and never finished give way when somebody waits', async t => {
  const server = await serve({ limits: { maxIdle: 40, maxToOne: 300 } })
  const [mallory, carol, bob] = await Promise.all([member(server), member(server), member(server)])
  // what Bob may have in flight, answers to him included
  const flood = Array.from({ length: 256 }, () => codeOf(mallory.live(bob.id, unfinished(text('x'), deferred().promise))))
  for (let i = 0; i < 250; i++) await nextOf(bob.packets)
  const through = carol.live(bob.id, text('through'))
  let packet = await nextOf(bob.packets)
  while (!equalUuid(packet.header.source, carol.id)) packet = await nextOf(bob.packets)
  t.is(textOf(await whole(packet.source)), 'through')
  await through
  t.is((await nextOf(mallory.errors)).code, RELAY_CODES.limit)
  t.is(await Promise.race(flood), 'ERR_RESET_STALLED')
  t.is(((await server.happened('undelivered')).error as { code?: string }).code, 'ERR_RELAY_IDLE')
  for (const client of [mallory, carol, bob]) client.link.abort()
  await Promise.all(flood)
  await server.relay.close()
})

test('a target that does not read one packet still gets others, requests and deliveries', async t => {
  const server = await serve()
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const block = new Uint8Array(65_536)
  let over = false
  const sent = alice.live(bob.id, (function * () { while (!over) yield block })())
  const held = await nextOf(bob.packets)
  await alice.live(bob.id, text('another'))
  t.is(textOf(await whole((await nextOf(bob.packets)).source)), 'another')
  await bob.receive()
  await alice.mail(bob.id, text('and mail'))
  t.is(textOf((await nextOf(bob.deliveries)).body), 'and mail')
  over = true
  await whole(held.source)
  await sent
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('a connection that answers no ping is cut; one that does is not, whatever it leaves unread', async t => {
  const server = await serve({ limits: { heartbeatInterval: 64, heartbeatTimeout: 60 } })
  const alice = await member(server)
  const gate = { open: deferred() }
  gate.open.resolve()
  const [left, right] = memoryPair()
  void server.relay.accept(right)
  const bob = await RawClient.connect({
    relayKey: server.identity.publicKey,
    duplex: { source: gated(left.source, gate), sink: source => left.sink(source), close: () => left.close(), abort: reason => { left.abort(reason) } }
  })
  await bob.hello()
  const unread = bob.live(alice.id, new Uint8Array(1_000_000)).catch(ignore)
  gate.open = deferred()
  t.deepEqual((await server.happened('silent')).id, bob.id)
  const gone = await server.happened('disconnected')
  t.true(gone.greeted)
  t.is((gone.error as { code?: string }).code, 'ERR_RELAY_SILENT')
  gate.open.resolve()
  await unread
  t.true((await alice.ask('lookup', { id: bob.id })).staticKey.byteLength === 32)
  await alice.close()
  await server.relay.close()
})

test('requests that are none are answered as malformed', async t => {
  const server = await serve()
  const alice = await member(server)
  for (const [kind, body] of [[1n, 'what?'], [KIND.request, 'shrt'], [KIND.error, ''], [KIND.presence, 'x']] as const) {
    await alice.live(NIL_UUID, text(body), kind)
    const error = await nextOf(alice.errors)
    t.deepEqual([error.code, error.kind, error.target], [RELAY_CODES.malformed, kind, NIL_UUID])
  }
  for (const op of [0, 9, 255]) t.is((await alice.send(op, Uint8Array.of(op, 0, 0, 0, op))).status, RELAY_CODES.malformed)
  for (const body of [new Uint8Array(15), new Uint8Array(17), new Uint8Array(100_000)]) {
    t.is((await alice.send(6, (function * () { yield Uint8Array.of(2, 0, 0, 0, 6); yield body })())).status, RELAY_CODES.malformed)
  }
  t.is((await alice.send(7, Uint8Array.of(7, 0, 0, 0, 7, 255, 255, 255, 255))).status, RELAY_CODES.malformed)
  t.is(await alice.statusOf('hello', { version: 2, invite: new Uint8Array(0) }), RELAY_CODES.malformed)
  t.is(await alice.statusOf('lookup', { id: alice.id }), RELAY_CODES.ok)
  await alice.close()
  await server.relay.close()
})

test('a connection may have as many packets in flight as `limits.link` says, and no more than the relay has under way', async t => {
  for (const [limits, count] of [[{ link: { maxIncoming: 2 } }, 2], [{ link: { maxIncoming: 8 }, maxForwarding: 3 }, 3]] as const) {
    const server = await serve({ limits })
    const client = await member(server)
    const go = deferred()
    let begun = 0
    // each is asked for its first bytes when it may begin
    const sent = Array.from({ length: 6 }, () => client.live(client.id, (async function * () {
      begun++
      await go.promise
      yield text('x')
    })()).catch(ignore))
    await client.link.ping()
    // what hello has used may not have been given back yet
    t.true(begun >= 1 && begun <= count, `${begun}`)
    go.resolve()
    for (let read = 0; read < 6; read++) await whole((await nextOf(client.packets)).source)
    await Promise.all(sent)
    await client.close()
    await server.relay.close()
  }
})
