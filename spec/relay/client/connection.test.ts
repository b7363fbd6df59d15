import test from 'ava'
import { createIdentity, memoryTrust, trustOnFirstUse } from '../../../lib/nova/index.js'
import { connect } from '../../../lib/relay/index.js'
import type { Duplex } from '../../../lib/stream/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, state, textOf, texts, World } from './support.js'

test('who the relay is has to be said, and so has where it is', async t => {
  const identity = createIdentity()
  const relay = identity.publicKey
  t.is(await codeOf(connect({ url: 'ws://127.0.0.1:1/', identity } as never)), 'ERR_RELAY_OPTION')
  t.is(await codeOf(connect({ url: 'http://127.0.0.1:1/', identity, relay })), 'ERR_RELAY_URL')
  t.is(await codeOf(connect({ url: 'ws://127.0.0.1:1/', identity, relay, accept: 'all' as never })), 'ERR_RELAY_OPTION')
  t.is(await codeOf(connect({ url: 'ws://127.0.0.1:1/', identity, relay, invite: 'text' as never })), 'ERR_RELAY_OPTION')
  t.is(await codeOf(connect({ url: 'ws://127.0.0.1:1/', identity, relay, limits: { maxQueued: 0 } })), 'ERR_LIMIT_OPTION')
  t.is(await codeOf(connect({ url: 'ws://127.0.0.1:1/', identity, relay })), 'ERR_TRANSPORT_REFUSED')
  t.is(await codeOf(connect({ url: 'tcp://127.0.0.1:1/', identity, relay })), 'ERR_TRANSPORT_REFUSED')
})

test('who answers in place of the relay, or with rubbish, ends no client: it goes on until the relay itself answers', async t => {
  const world = await World.start()
  const other = await World.start()
  t.teardown(() => Promise.all([world.end(), other.end()]))
  t.is(await codeOf(world.client({ relay: createIdentity().publicKey })), 'ERR_IDENTITY_REFUSED')
  const answers: Array<() => Promise<Duplex>> = [other.dial, async () => rubbish(new Uint8Array(400)), async () => rubbish(new Uint8Array(400).fill(0xff)), world.dial]
  let tried = 0
  const alice = await world.client({ wait: false, dial: async () => (answers[tried++] as typeof world.dial)() })
  const codes: string[] = []
  for (let found = await next(alice.states); found.type !== 'connected'; found = await next(alice.states)) {
    if (found.type === 'waiting') codes.push(await codeOf(Promise.reject(found.error)))
  }
  t.is(codes[0], 'ERR_IDENTITY_REFUSED')
  t.is(codes.length, 3)
  for (const code of codes) t.regex(code, /^ERR_/)
})

/** What answers with these bytes, whatever it hears. */
function rubbish (answer: Uint8Array): Duplex {
  return {
    source: (async function * () { yield answer })(),
    sink: async source => { for await (const piece of source) if (piece.byteLength < 0) return },
    close: async () => {},
    abort: () => {}
  }
}

test('a ping that waits for a connection is left with its signal', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client()
  t.true(await alice.ping({ signal: new AbortController().signal }) >= 0)
  world.down = true
  world.cut()
  while ((await next(alice.states)).type !== 'waiting') continue
  const stop = new AbortController()
  const pinged = codeOf(alice.ping({ signal: stop.signal }))
  stop.abort(new Error('enough'))
  t.is(await pinged, 'Error: enough')
  t.is(await codeOf(alice.ping({ signal: stop.signal })), 'Error: enough')
  t.is(await codeOf(alice.ping({ signal: 'now' as never })), 'ERR_ARGUMENT')
})

test('what can only be a mistake here ends the client', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  for (const options of [{ linkLimits: { maxIncoming: 0 } }, { peerLimits: { maxSessions: 'many' } as never }, { limits: { prekeysHour: -1 } }]) {
    t.is(await codeOf(world.client({ ...options, wait: false })), 'ERR_LIMIT_OPTION')
  }
  const alice = await world.client()
  alice.identity.destroy()
  world.cut()
  t.is(await codeOf(alice.closed), 'ERR_RELAY_OPTION')
  t.is(alice.state.type, 'closed')
  t.is(await codeOf(alice.peer(alice.id).send(1n, bytes('x'))), 'ERR_RELAY_OPTION')
  t.is(await codeOf(alice.messages[Symbol.asyncIterator]().next()), 'ERR_RELAY_OPTION')
  t.is(await codeOf(alice.streams[Symbol.asyncIterator]().next()), 'ERR_RELAY_OPTION')
})

test('a relay is trusted on first use by saying so', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const trust = memoryTrust()
  await world.client({ relay: trustOnFirstUse(trust, 'relay') })
  await trust.claim('other', createIdentity().publicKey)
  t.is(await codeOf(world.client({ relay: trustOnFirstUse(trust, 'other') })), 'ERR_IDENTITY_REFUSED')
})

test('an invite admits, and one that is missing or used up ends the client', async t => {
  const world = await World.start({ registration: { rule: 'invite' } })
  t.teardown(() => world.end())
  const invite = await world.relay.invite()
  t.is(await codeOf(world.client()), 'ERR_RELAY_INVITE')
  const alice = await world.client({ invite })
  t.is(await codeOf(world.client({ invite })), 'ERR_RELAY_INVITE')
  world.cut()
  t.is((await state(alice, 'waiting')).type, 'waiting')
  await state(alice, 'connected')
})

test('a newer connection of the same identity ends the older client, unless it is to come back', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client()
  const second = await world.client({ identity: alice.identity, whenTakenOver: 'return' })
  t.is(await codeOf(alice.closed), 'ERR_RELAY_TAKEN_OVER')
  const third = await world.client({ identity: alice.identity, limits: { reconnectMin: 20, reconnectMax: 20 } })
  t.is((await state(second, 'waiting')).error.message.includes('code 3'), true)
  t.is(await codeOf(third.closed), 'ERR_RELAY_TAKEN_OVER')
})

test('a relay that is closed and started anew is found again', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  world.down = true
  await world.relay.close()
  t.regex(((await state(alice, 'waiting')).error as { code?: string }).code ?? '', /^ERR_/)
  await world.begin()
  await alice.peer(bob.id).send(1n, bytes('still here'))
  t.deepEqual(await texts(bob, 1), ['still here'])
})

test('a connection that gives no sign of life is made anew', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  let silent = true
  const dial: typeof world.dial = async () => {
    const duplex = await world.dial()
    if (!silent) return duplex
    silent = false
    let passed = 0
    return {
      source: duplex.source,
      close: () => duplex.close(),
      abort: reason => { duplex.abort(reason) },
      // after the handshake and hello, nothing more goes out
      sink: source => duplex.sink((async function * () {
        for await (const piece of source) if (passed++ < 4) yield piece
      })())
    }
  }
  const alice = await world.client({ dial, limits: { pingInterval: 10, pingTimeout: 50, requestTimeout: 60_000 } })
  t.is(((await state(alice, 'waiting')).error as { code?: string }).code, 'ERR_TIMEOUT')
  await state(alice, 'connected')
})

test('a client that is closed before there is a connection leaves nothing waiting', async t => {
  const world = new World()
  world.down = true
  const alice = await world.client({ wait: false })
  const waiting = [alice.lookup(alice.id), alice.offer(), alice.peer(alice.id).open(1n)].map(codeOf)
  await alice.close()
  await alice.close()
  await alice.closed
  t.deepEqual(await Promise.all(waiting), ['ERR_RELAY_CLIENT_CLOSED', 'ERR_RELAY_CLIENT_CLOSED', 'ERR_RELAY_CLIENT_CLOSED'])
  const dialling = world.client({ dial: () => new Promise(() => {}), wait: false })
  await (await dialling).close()
  const stop = new AbortController()
  const stopped = await world.client({ wait: false, signal: stop.signal })
  stop.abort(new Error('enough'))
  t.is(await codeOf(stopped.closed), 'Error: enough')
})

test('the directory is asked through the connection', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  t.deepEqual((await alice.lookup(bob.id))?.publicKey, bob.identity.publicKey)
  t.is(await alice.lookup(createIdentity().id), undefined)
})

test('who is there is told, and told again after a connection was lost', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ limits: { maxWatched: 2 } })
  const bob = await world.client()
  const watch = alice.presence([bob.id])
  const online = async (): Promise<boolean> => (await watch.next()).value.online
  t.true(await online())
  await bob.close()
  t.false(await online())
  world.cut()
  const again = await world.client({ identity: bob.identity, store: bob.store })
  t.true(await online())
  t.throws(() => alice.presence([createIdentity().id, createIdentity().id]), { code: 'ERR_RELAY_WATCHED' })
  await watch.return?.()
  t.true((await watch.next()).done)
  t.is(again.state.type, 'connected')
})

test('when the relay says that it goes, new things go to the next connection, and what has begun is finished on the old one', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const accepting = next(bob.streams).then(stream => stream.accept())
  const here = await alice.peer(bob.id).open(1n)
  const there = await accepting
  const echoing = there.sink(there.source)
  const back: string[] = []
  await Promise.all([alice, bob].map(client => state(client, 'connected')))
  const old = world.relay
  // another one over the same store, as behind one address
  await world.begin()
  const drained = old.drain()
  t.is(await codeOf(Promise.reject((await state(bob, 'waiting')).error)), 'ERR_RELAY_LEAVING')
  await Promise.all([alice, bob].map(client => state(client, 'connected')))
  await here.sink((async function * () { yield bytes('still'); yield bytes(' here') })())
  for await (const piece of here.source) back.push(textOf(piece))
  await echoing
  await Promise.all([here.close(), there.close()])
  await drained
  t.is(back.join(''), 'still here')
  await alice.peer(bob.id).send(1n, bytes('by the new one'))
  t.deepEqual(await texts(bob, 1), ['by the new one'])
})
