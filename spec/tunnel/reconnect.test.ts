import test, { type ExecutionContext } from 'ava'
import { state } from '../relay/client/support.js'
import { Caller, event, service, TunnelWorld } from './support.js'

async function echoing (t: ExecutionContext): Promise<{ world: TunnelWorld, port: number }> {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(socket => { socket.pipe(socket) })
  t.teardown(upstream.close)
  return { world, port: upstream.port }
}

async function works (port: number): Promise<boolean> {
  const caller = await Caller.dial(port)
  caller.socket.write('hello')
  const done = await caller.until(5).then(() => true, () => false)
  caller.socket.destroy()
  return done
}

test('the relay dies: connections are reset at both sides, and new ones work once it is back', async t => {
  const { world, port } = await echoing(t)
  const tunnel = await world.tunnelTo(port)
  const caller = await Caller.dial(tunnel.port)
  caller.socket.write('hello')
  await caller.until(5)
  await world.restart()
  t.is(await caller.ended(), 'ECONNRESET')
  for (const events of [world.connected, world.exposed]) t.is(((await event(events, 'close')).error as { code?: string }).code, 'ERR_RESET_GONE')
  await state(world.bob, 'waiting')
  await state(world.bob, 'connected')
  t.true(await works(tunnel.port))
})

test('while the relay is away a new connection waits, and is reset when that takes too long', async t => {
  const { world, port } = await echoing(t)
  world.expose({ web: { port } })
  const patient = await world.connect()
  const impatient = await world.connect({ limits: { openTimeout: 20 } })
  world.aliceDown = true
  world.cut()
  await state(world.alice, 'waiting')
  const waiting = await Caller.dial(patient.port)
  waiting.socket.write('before')
  const late = await Caller.dial(impatient.port)
  t.is(await late.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, 'ERR_TUNNEL_TIMEOUT')
  await state(world.bob, 'waiting')
  await state(world.bob, 'connected')
  world.aliceDown = false
  await waiting.until(6)
  t.is(waiting.text, 'before')
})

test('a peer that is away is told at once, and when it is back connections work', async t => {
  const { world, port } = await echoing(t)
  const exposure = world.expose({ web: { port } })
  const tunnel = await world.connect()
  t.true(await works(tunnel.port))
  const { identity, store } = world.bob
  await world.bob.close()
  await exposure.closed
  const caller = await Caller.dial(tunnel.port)
  t.is(await caller.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, 'ERR_RELAY_OFFLINE')
  world.bob = await world.client({ accept: 'contacts', identity, store })
  world.expose({ web: { port } })
  t.true(await works(tunnel.port))
})

test('the end of either side\'s tunnel resets its connections; a client that is closed ends its tunnel', async t => {
  const { world, port } = await echoing(t)
  const exposure = world.expose({ web: { port } })
  const tunnel = await world.connect()
  const first = await Caller.dial(tunnel.port)
  first.socket.write('hello')
  await first.until(5)
  await exposure.close()
  t.is(await first.ended(), 'ECONNRESET')
  t.is(((await event(world.connected, 'close')).error as { code?: string }).code, 'ERR_RESET_SHUTDOWN')
  t.is(((await event(world.exposed, 'close')).error as { code?: string }).code, 'ERR_TUNNEL_CLOSED')
  await exposure.closed
  t.is(exposure.connections, 0)
  const second = await Caller.dial(tunnel.port)
  t.is(await second.ended(), 'ECONNRESET')
  await world.alice.close()
  await tunnel.closed
  t.is(await (await Caller.dial(tunnel.port)).ended(), 'ECONNREFUSED')
})

test('a signal closes either side', async t => {
  const { world, port } = await echoing(t)
  const stop = new AbortController()
  const exposure = world.expose({ web: { port } }, { signal: stop.signal })
  const tunnel = await world.connect({ signal: stop.signal })
  t.true(await works(tunnel.port))
  stop.abort()
  await Promise.all([exposure.closed, tunnel.closed])
  t.is(await (await Caller.dial(tunnel.port)).ended(), 'ECONNREFUSED')
})
