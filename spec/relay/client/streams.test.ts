import test from 'ava'
import { createIdentity, RESET_CODES } from '../../../lib/nova/index.js'
import type { IncomingStream, PeerStream } from '../../../lib/relay/index.js'
import { collect } from '../../support/sources.js'
import { codeOf } from '../codes.js'
import { bytes, next, state, take, textOf, texts, World, type TestClient } from './support.js'

async function * items (...all: Uint8Array[]): AsyncGenerator<Uint8Array> { yield * all }

/** Chunks without an end; counts what was taken. */
function endless (): AsyncIterable<Uint8Array> & { taken: number } {
  const source = {
    taken: 0,
    async * [Symbol.asyncIterator] () {
      // each of its own, since what is compressed away fills no window
      for (;;) {
        source.taken++
        yield globalThis.crypto.getRandomValues(new Uint8Array(16_384))
      }
    }
  }
  return source
}

async function pair (world: World): Promise<[TestClient, TestClient]> {
  return [await world.client(), await world.client()]
}

/** A stream, both ends. */
async function opened (alice: TestClient, bob: TestClient, kind = 5n): Promise<[PeerStream, PeerStream]> {
  const coming = next(bob.streams).then(stream => stream.accept())
  return [await alice.peer(bob.id).open(kind), await coming]
}

test('a stream carries bytes both ways, and each direction ends on its own', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob, 9n)
  t.deepEqual([here.kind, there.kind, here.peer.id, there.peer.id], [9n, 9n, bob.id, alice.id])
  const body = globalThis.crypto.getRandomValues(new Uint8Array(60_000))
  const sent = here.sink(items(bytes('question '), body))
  t.deepEqual(await collect(there.source), new Uint8Array([...bytes('question '), ...body]))
  await sent
  await there.sink(items(bytes('answer')))
  t.is(textOf(await collect(here.source)), 'answer')
  await Promise.all([here.close(), there.close(), here.closed, there.closed])
  t.is(await codeOf(here.sink(items())), 'ERR_SINK_IN_USE')
})

test('what is written is there at once, not only at the end', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  const echoing = there.sink(there.source)
  const reader = here.source[Symbol.asyncIterator]()
  let back = ''
  await here.sink((async function * () {
    for (const word of ['one', 'two', 'three']) {
      yield bytes(word)
      back += textOf((await reader.next()).value as Uint8Array)
    }
  })())
  await echoing
  t.is(back, 'onetwothree')
  t.true((await reader.next()).done)
  await here.close()
})

test('close without a sink is an end without bytes', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  const closing = here.close()
  t.is((await collect(there.source)).byteLength, 0)
  await there.close()
  await closing
  await here.closed
  t.pass()
})

test('abort resets both directions, with the code of the reason', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  const writing = codeOf(there.sink(endless()))
  await here.source[Symbol.asyncIterator]().next()
  const reading = codeOf(collect(here.source))
  here.abort(new Error('enough'))
  t.is(await reading, 'Error: enough')
  t.is(await codeOf(here.closed), 'Error: enough')
  t.regex(await writing, /^ERR_RESET_/)
  t.is(await codeOf(there.closed), 'ERR_RESET_FAILED')
  t.is(await codeOf(there.source[Symbol.asyncIterator]().next()), 'ERR_RESET_FAILED')
  t.is(await codeOf(there.sink(items())), 'ERR_RESET_FAILED')
})

test('a source that fails resets the stream, and its error is the sink\'s', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  const failing = (async function * () {
    yield bytes('some')
    throw new Error('no more')
  })()
  t.is(await codeOf(here.sink(failing)), 'Error: no more')
  t.is(await codeOf(collect(there.source)), 'ERR_RESET_FAILED')
})

test('a reader that leaves stops one direction, and the other goes on', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  const writing = codeOf(here.sink(endless()))
  for await (const piece of there.source) if (piece.byteLength > 0) break
  t.is(await writing, 'ERR_RESET_CANCELLED')
  await there.sink(items(bytes('still')))
  t.is(textOf(await collect(here.source)), 'still')
})

test('a stream whose other side has stopped reading ends with the client all the same, though nobody reads it', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  here.sink(items(bytes('not read'))).catch(() => undefined)
  await here.source[Symbol.asyncIterator]().return?.()
  t.is(await codeOf(there.sink(endless())), 'ERR_RESET_CANCELLED')
  const closing = bob.close()
  t.is(await codeOf(there.source[Symbol.asyncIterator]().next()), 'ERR_RESET_SHUTDOWN')
  await closing
})

test('nobody there, nobody at all, refused, and nobody who answers', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  t.is(await codeOf(alice.peer(createIdentity().id).open(1n)), 'ERR_RELAY_UNKNOWN_TARGET')
  const away = await world.client()
  await away.close()
  t.is(await codeOf(alice.peer(away.id).open(1n)), 'ERR_RELAY_OFFLINE')
  t.is(await codeOf(alice.peer(bob.id).open(-1n)), 'ERR_ARGUMENT')
  const refusing = next(bob.streams).then(stream => { stream.refuse(); stream.refuse() })
  t.is(await codeOf(alice.peer(bob.id).open(1n)), 'ERR_RESET_REFUSED')
  await refusing
  t.is(await codeOf(alice.peer(bob.id).open(1n, { timeout: 50 })), 'ERR_TIMEOUT')
  const stop = new AbortController()
  const given = codeOf(alice.peer(bob.id).open(1n, { signal: stop.signal }))
  stop.abort(new Error('enough'))
  t.is(await given, 'Error: enough')
  const carol = await world.client({ accept: 'contacts' })
  t.is(await codeOf(alice.peer(carol.id).open(1n)), 'ERR_RESET_REFUSED')
})

test('a stream that is not accepted in time is refused', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client()
  const bob = await world.client({ limits: { openTimeout: 200 } })
  const opening = codeOf(alice.peer(bob.id).open(1n))
  // on a machine that is busy, it may be too late before it is there
  const waiting = await Promise.race([next(bob.streams), opening])
  t.is(await opening, 'ERR_RESET_STALLED')
  if (typeof waiting !== 'string') t.throws(() => waiting.accept(), { code: 'ERR_RESET_STALLED' })
})

test('no more streams than allowed, neither here nor there, and a reader that leaves takes none', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const alice = await world.client({ limits: { maxStreams: 3 } })
  const bob = await world.client({ limits: { maxPeerStreams: 2 } })
  const first = await opened(alice, bob)
  await opened(alice, bob)
  t.is(await codeOf(alice.peer(bob.id).open(1n)), 'ERR_RESET_LIMIT')
  const third = await opened(bob, alice)
  t.is(await codeOf(alice.peer(bob.id).open(1n)), 'ERR_RELAY_STREAMS')
  await Promise.all(first.map(stream => stream.close()))
  await Promise.all(third.map(stream => stream.close()))
  await bob.streams[Symbol.asyncIterator]().return?.()
  t.is(await codeOf(alice.peer(bob.id).open(1n)), 'ERR_RESET_REFUSED')
})

test('a connection that is lost ends its streams, and new ones can be opened on the next', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const [here, there] = await opened(alice, bob)
  const reading = [here, there].map(stream => codeOf(stream.source[Symbol.asyncIterator]().next()))
  await state(alice, 'connected')
  world.cut()
  t.deepEqual(await Promise.all(reading), ['ERR_RESET_GONE', 'ERR_RESET_GONE'])
  t.is(await codeOf(here.closed), 'ERR_RESET_GONE')
  await state(alice, 'connected')
  const coming = next(bob.streams).then(stream => stream.accept())
  let again: PeerStream | undefined
  while (again === undefined) again = await alice.peer(bob.id).open(1n).catch(() => undefined)
  await again.sink(items(bytes('again')))
  t.is(textOf(await collect((await coming).source)), 'again')
})

test('a stalled reader of one of 100 streams holds up neither the others, nor mail, nor the heartbeat', async t => {
  const world = await World.start({ limits: { maxToOne: 256 } })
  t.teardown(() => world.end())
  const alice = await world.client({ limits: { pingInterval: 20, pingTimeout: 2000 } })
  const bob = await world.client()
  const accepting = (async () => {
    const streams: PeerStream[] = []
    for await (const stream of bob.streams) if (streams.push(stream.accept()) === 100) return streams
    return streams
  })()
  const here: PeerStream[] = []
  for (let index = 0; index < 100; index++) here.push(await alice.peer(bob.id).open(BigInt(index)))
  const there = new Map((await accepting).map(stream => [stream.kind, stream]))
  const source = endless()
  const stalled = codeOf((here[0] as PeerStream).sink(source))
  const body = globalThis.crypto.getRandomValues(new Uint8Array(20_000))
  await Promise.all(here.slice(1).map(async stream => {
    const writing = stream.sink(items(body))
    t.deepEqual(await collect((there.get(stream.kind) as PeerStream).source), body)
    await writing
  }))
  await alice.peer(bob.id).send(1n, bytes('mail'))
  t.deepEqual(await texts(bob, 1), ['mail'])
  t.is(alice.state.type, 'connected')
  t.true(source.taken < 400)
  ;(there.get(0n) as PeerStream).abort(new Error('enough'))
  t.is(await stalled, 'ERR_RESET_FAILED')
})

test('streams that are opened at once by both sides all stand', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = await pair(world)
  const accept = async (client: TestClient): Promise<PeerStream[]> => (await take<IncomingStream>(client.streams, 5)).map(stream => stream.accept())
  const open = (from: TestClient, to: TestClient): Promise<PeerStream[]> => Promise.all(Array.from({ length: 5 }, () => from.peer(to.id).open(1n)))
  const [a, b, c, d] = await Promise.all([open(alice, bob), open(bob, alice), accept(alice), accept(bob)])
  t.is([...a, ...b, ...c, ...d].length, 20)
  ;(a[0] as PeerStream).abort(new Error('one'))
  await (b[0] as PeerStream).sink(items(bytes('other')))
  t.is(RESET_CODES.gone, 5)
})

test('a client that is closed refuses those who wait for it, and hands none of them out any more', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client({ limits: { maxStreams: 1, openTimeout: 2 ** 31 - 1 } })]
  const both = [1, 2].map(() => codeOf(alice.peer(bob.id).open(1n)))
  // there is no room for another one as soon as one waits, whichever has come first
  t.is(await Promise.race(both), 'ERR_RESET_LIMIT')
  await bob.close()
  t.deepEqual((await Promise.all(both)).sort(), ['ERR_RESET_LIMIT', 'ERR_RESET_REFUSED'])
  t.true((await bob.streams[Symbol.asyncIterator]().next()).done)
})
