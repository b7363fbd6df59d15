import test from 'ava'
import { deferred } from '../../lib/stream/index.js'
import { service, Caller, event, TunnelWorld } from './support.js'

test('bytes go both ways, and each direction ends on its own', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(socket => {
    const caller = new Caller(socket)
    void caller.ended().then(() => { socket.end(`you said ${caller.text}`) })
  })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const caller = await Caller.dial(tunnel.port)
  caller.socket.write('hello ')
  caller.socket.end('there')
  t.is(await caller.ended(), 'end')
  t.is(caller.text, 'you said hello there')
  for (const events of [world.connected, world.exposed]) {
    const { error, sent, received, service: name } = await event(events, 'close')
    t.is(error, undefined)
    t.deepEqual([sent, received], events === world.connected ? [11, 20] : [20, 11])
    t.is(name, '')
  }
  t.is(tunnel.connections, 0)
})

test('the end of the service comes first, and what is written then still gets there', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  let there: Caller | undefined
  const upstream = await service(socket => {
    there = new Caller(socket)
    socket.end('first')
  })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const caller = await Caller.dial(tunnel.port)
  t.is(await caller.ended(), 'end')
  caller.socket.end('second')
  t.is(await there?.ended(), 'end')
  t.is(there?.text, 'second')
})

test('a reset of the service is one for who has connected, behind what came before it', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(socket => {
    socket.once('data', () => { socket.write(Buffer.alloc(50_000, 7), () => { socket.resetAndDestroy() }) })
  })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const caller = await Caller.dial(tunnel.port)
  caller.socket.write('go')
  t.is(await caller.ended(), 'ECONNRESET')
  t.is(caller.length, 50_000)
  t.is(((await event(world.connected, 'close')).error as { code?: string }).code, 'ERR_TUNNEL_RESET')
  t.is(((await event(world.exposed, 'close')).error as { code?: string }).code, 'ERR_TRANSPORT_RESET')
})

test('a reset of who has connected is one for the service', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const came = deferred<Caller>()
  const upstream = await service(socket => { came.resolve(new Caller(socket)) })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const caller = await Caller.dial(tunnel.port)
  caller.socket.write('hello')
  await event(world.connected, 'open')
  await event(world.exposed, 'open')
  const there = await came.promise
  await there.until(5)
  caller.socket.resetAndDestroy()
  t.is(await there.ended(), 'ECONNRESET')
})

test('a service that has gone after its end resets who goes on writing', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(socket => { socket.end('bye', () => { socket.destroy() }) })
  t.teardown(upstream.close)
  const tunnel = await world.tunnelTo(upstream.port)
  const caller = await Caller.dial(tunnel.port)
  t.is(await caller.ended(), 'end')
  const write = (): void => { if (caller.socket.writable) caller.socket.write('still there?', () => { setImmediate(write) }) }
  write()
  t.regex(await caller.gone ?? '', /^(ECONNRESET|EPIPE)$/)
  t.is(caller.text, 'bye')
})

test('nobody at the service, a name that is none, and no such host: reset, and told why', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  // nobody listens at port 1; one that was free a moment ago may be somebody else's now
  world.expose({ web: { port: 1 }, other: { port: 1, host: 'nowhere.invalid' } })
  for (const [name, code] of [['web', 'ERR_TUNNEL_REFUSED'], ['other', 'ERR_TUNNEL_UNREACHABLE'], ['third', 'ERR_TUNNEL_SERVICE'], [undefined, 'ERR_TUNNEL_SERVICE']] as const) {
    const tunnel = await world.connect({ service: name })
    const caller = await Caller.dial(tunnel.port)
    t.is(await caller.ended(), 'ECONNRESET')
    t.is(((await event(world.connected, 'refused')).error as { code?: string }).code, code)
  }
})
