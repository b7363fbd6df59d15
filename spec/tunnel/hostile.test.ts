import test, { type ExecutionContext } from 'ava'
import type { PeerStream } from '../../lib/relay/index.js'
import { deferred } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { collect } from '../support/sources.js'
import { Carriage } from '../../lib/tunnel/carriage.js'
import { TUNNEL_KIND } from '../../lib/tunnel/index.js'
import { encodeAnswer, encodeHead, STATUS } from '../../lib/tunnel/head.js'
import { encodeData, encodeReset } from '../../lib/tunnel/records.js'
import { codeOf } from '../relay/codes.js'
import { next } from '../relay/client/support.js'
import { deaf } from './deaf.js'
import { Caller, event, service, TunnelWorld } from './support.js'

// Either end against one that does not keep to what docs/protocol.md says.

async function * pieces (...all: Uint8Array[]): AsyncGenerator<Uint8Array> { yield * all }

/** First some pieces, and then nothing more, without an end. */
function hanging (...all: Uint8Array[]): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => { const value = all.shift(); return value === undefined ? new Promise(() => {}) : Promise.resolve({ value, done: false }) } }) }
}

async function exposing (t: ExecutionContext, options: Parameters<TunnelWorld['expose']>[1] = {}): Promise<{ world: TunnelWorld, open: (...all: Uint8Array[]) => Promise<PeerStream> }> {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(socket => { socket.pipe(socket) })
  t.teardown(upstream.close)
  world.expose({ web: { port: upstream.port } }, options)
  return {
    world,
    open: async (...all) => {
      const stream = await world.alice.peer(world.bob.id).open(TUNNEL_KIND)
      stream.sink(hanging(...all)).catch(() => {})
      return stream
    }
  }
}

async function refusal (world: TunnelWorld): Promise<string | undefined> {
  return ((await event(world.exposed, 'refused')).error as { code?: string }).code
}

test('a service that there is none of, and another version: answered', async t => {
  const { world, open } = await exposing(t)
  t.deepEqual(await collect((await open(encodeHead('nothing'))).source), encodeAnswer(STATUS.unknownService))
  t.is(await refusal(world), 'ERR_TUNNEL_SERVICE')
  t.deepEqual(await collect((await open(Uint8Array.of(9, 1, 2, 3))).source), encodeAnswer(STATUS.version))
  t.is(await refusal(world), 'ERR_TUNNEL_VERSION')
  // names of what every object has are no services
  t.deepEqual(await collect((await open(encodeHead('constructor'))).source), encodeAnswer(STATUS.unknownService))
})

test('a head of rubbish, and one that ends too soon: reset', async t => {
  const { world, open } = await exposing(t)
  t.is(await codeOf(collect((await open(Uint8Array.of(1, 200, 1, 2, 3))).source)), 'ERR_RESET_FAILED')
  t.is(await refusal(world), 'ERR_TUNNEL_HEAD')
  const short = await world.alice.peer(world.bob.id).open(TUNNEL_KIND)
  short.sink(pieces(Uint8Array.of(1, 3, 97))).catch(() => {})
  t.is(await codeOf(collect(short.source)), 'ERR_RESET_FAILED')
  t.is(await refusal(world), 'ERR_TUNNEL_HEAD')
})

test('a head that never ends is not waited for', async t => {
  const { world, open } = await exposing(t, { limits: { headTimeout: 100 } })
  // on a machine that is busy it may be too late before the stream is open here
  t.is(await codeOf(open(Uint8Array.of(1, 3)).then(stream => collect(stream.source))), 'ERR_RESET_STALLED')
  t.is(await refusal(world), 'ERR_RESET_STALLED')
})

test('records that are cut short, and something behind a reset, reset the service', async t => {
  const { world } = await exposing(t)
  for (const wire of [encodeData(Uint8Array.of(1, 2, 3)).subarray(0, 5), Uint8Array.from([...encodeReset(), 1])]) {
    const stream = await world.alice.peer(world.bob.id).open(TUNNEL_KIND)
    stream.sink(pieces(encodeHead('web'), wire)).catch(() => {})
    t.is(((await event(world.exposed, 'close')).error as { code?: string }).code, 'ERR_TUNNEL_RECORD')
    stream.abort(new Error('enough'))
  }
})

test('streams of those who are no contacts, or not allowed, and of other kinds are refused', async t => {
  const { world } = await exposing(t)
  const carol = await world.client({ accept: 'contacts' })
  t.is(await codeOf(carol.peer(world.bob.id).open(TUNNEL_KIND)), 'ERR_RESET_REFUSED')
  t.is(await codeOf(world.alice.peer(world.bob.id).open(7n)), 'ERR_RESET_REFUSED')
})

test('a contact that is not allowed is refused', async t => {
  const { world } = await exposing(t, { accept: async () => false })
  t.is(await codeOf(world.alice.peer(world.bob.id).open(TUNNEL_KIND)), 'ERR_RESET_REFUSED')
  t.is(await refusal(world), 'ERR_TUNNEL_PEER')
})

test('whom the client lets in is still no contact', async t => {
  const world = await TunnelWorld.startTunnels({ accept: 'anyone' })
  t.teardown(() => world.end())
  const upstream = await service(() => {})
  t.teardown(upstream.close)
  const exposure = world.expose({ web: { port: upstream.port } })
  const carol = await world.client()
  t.is(await codeOf(carol.peer(world.bob.id).open(TUNNEL_KIND)), 'ERR_RESET_REFUSED')
  t.is(exposure.connections, 0)
})

test('who opens streams without end has as many as are allowed', async t => {
  const { world, open } = await exposing(t, { limits: { maxPeerConnections: 3 } })
  const streams = await Promise.all([1, 2, 3].map(() => open(Uint8Array.of(1))))
  for (let count = 0; count < 20; count++) t.is(await codeOf(open()), 'ERR_RESET_LIMIT')
  t.is(await refusal(world), 'ERR_TUNNEL_LIMIT')
  for (const stream of streams) stream.abort(new Error('enough'))
  for (let count = 0; count < 3; count++) await event(world.exposed, 'refused')
})

test('who takes nothing of what came before a reset is given up after a while', async t => {
  const closed = deferred({ handled: true })
  const stream = {
    closed: closed.promise,
    // takes the first bytes, and no more
    sink: async (source: AsyncIterable<Uint8Array>) => {
      await source[Symbol.asyncIterator]().next()
      await closed.promise
    },
    abort: closed.reject
  }
  const [near, far] = memoryPair()
  const carriage = new Carriage(stream, near, { idleTimeout: 60_000, lingerTimeout: 20 })
  carriage.send(Uint8Array.of(0))
  carriage.receive(pieces(encodeReset()))
  t.is(await codeOf(collect(far.source)), 'ERR_TRANSPORT_RESET')
  await carriage.over()
  t.is(await codeOf(closed.promise), 'ERR_RESET_STALLED')
  t.is((carriage.error as { code?: string } | undefined)?.code, 'ERR_TUNNEL_RESET')
})

test('who has ended its direction and takes nothing is given up when the connection is reset', async t => {
  const closed = deferred({ handled: true })
  const stream = { closed: closed.promise, sink: () => closed.promise, abort: closed.reject }
  const [near, far] = memoryPair()
  const carriage = new Carriage(stream, near, { idleTimeout: 60_000, lingerTimeout: 20 })
  carriage.send(Uint8Array.of(0))
  carriage.receive(pieces(encodeData(Uint8Array.of(1))))
  t.deepEqual(await collect(far.source), Uint8Array.of(1))
  far.abort(new Error('reset'))
  await carriage.over()
  t.is(await codeOf(closed.promise), 'ERR_RESET_STALLED')
  t.is((carriage.error as { code?: string } | undefined)?.code, 'ERR_TRANSPORT_RESET')
})

test('an end that answers rubbish, with another version, or not at all: the connection is reset', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const tunnel = await world.connect({ limits: { openTimeout: 2000 } })
  const cases: ReadonlyArray<readonly [AsyncIterable<Uint8Array>, string]> = [
    [pieces(Uint8Array.of(1, 99)), 'ERR_TUNNEL_HEAD'],
    [pieces(Uint8Array.of(7, 0)), 'ERR_TUNNEL_VERSION'],
    [pieces(Uint8Array.of(1)), 'ERR_TUNNEL_HEAD'],
    [pieces(), 'ERR_TUNNEL_HEAD'],
    [hanging(Uint8Array.of(1)), 'ERR_TUNNEL_TIMEOUT']
  ]
  for (const [answer, code] of cases) {
    const coming = next(world.bob.streams).then(stream => stream.accept())
    const caller = await Caller.dial(tunnel.port)
    const stream = await coming
    stream.sink(answer).catch(() => {})
    t.is(await caller.ended(), 'ECONNRESET')
    t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, code)
    stream.abort(new Error('enough'))
  }
})

test('records of rubbish from the end that exposes reset the connection, and so does one that stops reading', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const tunnel = await world.connect({ limits: { lingerTimeout: 50 } })
  const connected = async (...all: Uint8Array[]): Promise<{ caller: Caller, stream: PeerStream }> => {
    const coming = next(world.bob.streams).then(stream => stream.accept())
    const caller = await Caller.dial(tunnel.port)
    const stream = await coming
    stream.sink(hanging(encodeAnswer(STATUS.connected), ...all)).catch(() => {})
    await event(world.connected, 'open')
    return { caller, stream }
  }
  const rubbish = await connected(encodeData(Buffer.from('some')), Uint8Array.from([...encodeReset(), 0, 0]))
  t.is(await rubbish.caller.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'close')).error as { code?: string }).code, 'ERR_TUNNEL_RECORD')
  const leaving = await connected()
  leaving.caller.socket.write('hello')
  await leaving.stream.source[Symbol.asyncIterator]().return?.()
  t.is(await leaving.caller.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'close')).error as { code?: string }).code, 'ERR_TUNNEL_RESET')
})

test('who has connected and gone before the service answered leaves nothing open', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const tunnel = await world.connect()
  const coming = next(world.bob.streams).then(stream => stream.accept())
  const caller = await Caller.dial(tunnel.port)
  const stream = await coming
  caller.socket.resetAndDestroy()
  await t.throwsAsync(collect(stream.source), { code: 'ERR_RESET_CANCELLED' })
  t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, 'ERR_TRANSPORT_RESET')
})

test('more local connections than allowed are reset', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(() => {})
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port, { limits: { maxConnections: 1 } })
  const first = await Caller.dial(tunnel.port)
  const second = await Caller.dial(tunnel.port)
  t.is(await second.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, 'ERR_TUNNEL_LIMIT')
  first.socket.destroy()
})

test('connections that are idle for too long are reset', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(() => {})
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port, { limits: { idleTimeout: 50 } })
  const caller = await Caller.dial(tunnel.port)
  t.is(await caller.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'close')).error as { code?: string }).code, 'ERR_TUNNEL_IDLE')
  t.is(((await event(world.exposed, 'close')).error as { code?: string }).code, 'ERR_RESET_STALLED')
})

test('a service that does not answer in time is told as that', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  world.expose({ web: { port: await deaf(t) } }, { limits: { dialTimeout: 100 } })
  const tunnel = await world.connect()
  const caller = await Caller.dial(tunnel.port)
  t.is(await caller.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, 'ERR_TUNNEL_TIMEOUT')
  t.is(await refusal(world), 'ERR_TRANSPORT_CONNECT_TIMEOUT')
})

test('options that are none are refused where they are given', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const bad = (options: object): void => { t.throws(() => world.expose({ web: { port: 1 } }, options), { code: 'ERR_TUNNEL_OPTION' }, JSON.stringify(options)) }
  for (const services of [{}, { 'a b': { port: 1 } }, { a: { port: 0 } }, { a: { port: 65_536 } }, { a: 80 }, { a: { port: 1, host: '' } }, undefined, []]) bad({ services })
  for (const options of [{ accept: 'everybody' }, { onEvent: 7 }]) bad(options)
  t.throws(() => world.expose({ web: { port: 1 } }, { limits: { maxConnections: 0 } }), { code: 'ERR_LIMIT_OPTION' })
  for (const options of [{ port: -1 }, { port: 1.5 }, { host: '' }, { service: 'a b' }, { service: '' }, { onEvent: 'x' }]) t.is(await codeOf(world.connect(options as object)), 'ERR_TUNNEL_OPTION', JSON.stringify(options))
  t.is(await codeOf(world.connect(JSON.parse('{"signal":1}') as object)), 'ERR_ARGUMENT')
  const taken = await service(() => {})
  t.teardown(taken.close)
  t.is(await codeOf(world.connect({ port: taken.port })), 'ERR_TRANSPORT_LISTEN')
})
