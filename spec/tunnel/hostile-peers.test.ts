import test, { type ExecutionContext } from 'ava'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { PeerStream } from '../../lib/relay/index.js'
import { encodeAnswer, encodeHead, STATUS } from '../../lib/tunnel/head.js'
import { encodeData } from '../../lib/tunnel/records.js'
import { connectTunnel, expose, TUNNEL_KIND } from '../../lib/tunnel/index.js'
import { Random } from '../simulation/random.js'
import type { TestClient } from '../relay/client/support.js'
import { misbehave } from './misbehaving.js'
import { Caller, service, TunnelWorld } from './support.js'

// One end does to the other whatever it can, through a relay on this machine: others go on meanwhile, and nothing is left of it.

const SEED = 20_261_128
const ROUNDS = 6
const AT_ONCE = 20
/** Short, so that what was reset is soon over; honest peers depend on none of it. */
const LIMITS = { lingerTimeout: 150 } as const

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

type Loopback = Awaited<ReturnType<typeof TunnelWorld.startOnLoopback>>

async function loopback (t: ExecutionContext): Promise<{ world: Loopback, carol: TestClient }> {
  const world = await TunnelWorld.startOnLoopback()
  t.teardown(() => world.end())
  const carol = await world.client({ accept: 'contacts', ...world.place })
  return { world, carol }
}

/** Until nothing of it is left; the test is over its time otherwise. */
async function none (what: { readonly connections: number }): Promise<void> {
  while (what.connections > 0) await turn()
}

async function echoed (t: ExecutionContext, port: number): Promise<void> {
  const caller = await Caller.dial(port)
  const bytes = Buffer.alloc(100_000, 'honest')
  caller.socket.end(bytes)
  await caller.until(bytes.byteLength)
  t.true(caller.bytes.equals(bytes))
  t.is(await caller.ended(), 'end')
}

test.serial('whatever a peer that connects does: another one is served as before, and nothing stays', async t => {
  const { world, carol } = await loopback(t)
  const { bob, alice } = world
  await bob.contacts.trust(carol.identity.publicKey)
  await carol.contacts.trust(bob.identity.publicKey)
  const echo = await service(socket => { socket.pipe(socket) })
  const flood = await service(socket => { pour(socket) })
  const deaf = await service(socket => { socket.pause() })
  for (const { close } of [echo, flood, deaf]) t.teardown(close)
  const exposure = world.expose({ echo: { port: echo.port }, flood: { port: flood.port }, deaf: { port: deaf.port } }, { limits: { ...LIMITS, maxPeerConnections: AT_ONCE / 2 } })
  const tunnel = await connectTunnel(carol, bob.id, { service: 'echo' })
  t.teardown(() => tunnel.close())
  const beginnings = ['echo', 'flood', 'deaf', 'nothing', ''].map(encodeHead)
  for (let round = 0; round < ROUNDS; round++) {
    const streams: PeerStream[] = []
    const attacks = Array.from({ length: AT_ONCE }, async (_, index) => {
      const stream = await alice.peer(bob.id).open(TUNNEL_KIND)
      streams.push(stream)
      await misbehave(stream, new Random(SEED + round * AT_ONCE + index), beginnings)
    })
    await echoed(t, tunnel.port)
    await Promise.allSettled(attacks)
    await echoed(t, tunnel.port)
    for (const stream of streams) stream.abort(new Error('the round is over'))
    await none(exposure)
  }
  // one that does not read is not told of its end
  for (const { sockets } of [echo, flood]) while (sockets.size > 0) await turn()
  t.is(exposure.connections, 0)
})

test.serial('whatever a peer that exposes does: every connection to it ends, and those to another go on', async t => {
  const { world, carol } = await loopback(t)
  const { bob, alice } = world
  await alice.contacts.trust(carol.identity.publicKey)
  await carol.contacts.trust(alice.identity.publicKey)
  const echo = await service(socket => { socket.pipe(socket) })
  t.teardown(echo.close)
  const honest = expose(carol, { services: { echo: { port: echo.port } } })
  t.teardown(() => honest.close())
  const tunnel = await connectTunnel(alice, carol.id)
  t.teardown(() => tunnel.close())
  const bad = await world.connect({ limits: { ...LIMITS, openTimeout: 500, idleTimeout: 500 } })
  const beginnings = [encodeAnswer(STATUS.connected), encodeAnswer(STATUS.connected), encodeAnswer(STATUS.refused), Uint8Array.of(1, 99), Uint8Array.of(7, 0)]
  const streams = new Set<PeerStream>()
  const serving = (async () => {
    let seed = SEED
    for await (const incoming of bob.streams) {
      const draw = new Random(seed++)
      const what = draw.int(0, 9)
      if (what === 0) incoming.refuse()
      if (what <= 1) continue
      const stream = incoming.accept()
      streams.add(stream)
      misbehave(stream, draw, beginnings).catch(() => {})
    }
  })()
  for (let round = 0; round < ROUNDS; round++) {
    const callers = await Promise.all(Array.from({ length: AT_ONCE }, () => Caller.dial(bad.port)))
    for (const [index, { socket }] of callers.entries()) {
      if (index % 4 === 0) socket.end('all at once')
      else if (index % 4 === 1) pour(socket)
      else if (index % 4 === 2) socket.pause()
      else socket.resetAndDestroy()
    }
    await echoed(t, tunnel.port)
    // in turn either side breaks off, and what neither notices, since it stands still, is over its idle time
    if (round % 2 === 0) for (const stream of streams) stream.abort(new Error('enough'))
    for (const { socket } of callers) socket.resetAndDestroy()
    await none(bad)
  }
  await bob.close()
  await serving
  await echoed(t, tunnel.port)
})

test.serial('who opens many and reads nothing, or writes to a service that reads nothing, makes either end hold little', async t => {
  const { world } = await loopback(t)
  const flood = await service(socket => { pour(socket) })
  const deaf = await service(socket => { socket.pause() })
  for (const { close } of [flood, deaf]) t.teardown(close)
  const exposure = world.expose({ flood: { port: flood.port }, deaf: { port: deaf.port } })
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  const count = 60
  let said = 0
  async function * endless (): AsyncGenerator<Uint8Array> {
    yield encodeHead('deaf')
    for (;;) {
      for (const records of [tiny, large]) {
        said += records.byteLength
        yield records
      }
    }
  }
  const tiny = Buffer.concat(Array.from({ length: 4096 }, () => encodeData(Uint8Array.of(1))))
  const large = encodeData(new Uint8Array(262_144))
  const streams = await Promise.all(Array.from({ length: count }, async (_, index) => {
    // what shrinks would go on for long, at the cost of who sends it
    const stream = await world.alice.peer(world.bob.id).open(TUNNEL_KIND, { level: 0 })
    const hanging = (async function * () { yield encodeHead('flood'); await new Promise(() => {}) })()
    stream.sink(index % 2 === 0 ? hanging : endless()).catch(() => {})
    return stream
  }))
  while (exposure.connections < count || [...flood.sockets].length < count / 2) await turn()
  // until nobody takes more
  const moved = (): number => said + [...flood.sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0)
  for (let last = -1, still = 0; still < 300; still = moved() === last ? still + 1 : 0) {
    last = moved()
    await turn()
  }
  // buffers that are found dead are freed on another thread, which the second one waits for
  collectGarbage()
  await turn()
  collectGarbage()
  const held = process.memoryUsage().arrayBuffers - before
  t.log(Math.round(held / count / 1024), 'KiB a connection, relay and both ends together')
  t.true(held < count * 3_145_728, `${held}`)
  for (const stream of streams) stream.abort(new Error('enough'))
  await none(exposure)
})

/** Writes for as long as the other side takes it. */
function pour (socket: Socket): void {
  const bytes = Buffer.alloc(65_536)
  const more = (): void => { while (!socket.destroyed && socket.write(bytes)); }
  socket.on('drain', more)
  more()
}
