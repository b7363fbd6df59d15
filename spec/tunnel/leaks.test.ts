import test from 'ava'
import { resetError, RESET_CODES } from '../../lib/nova/index.js'
import { deferred } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { Carriage } from '../../lib/tunnel/carriage.js'
import { leaksOf } from '../support/leaks.js'
import { act, script, theatre } from './script.js'
import { Caller, TunnelWorld } from './support.js'

test.serial('connections in order, reset, refused, cut off and left at the end leave nothing behind', async t => {
  const leaks = await leaksOf(async () => {
    const world = await TunnelWorld.startTunnels()
    const stage = await theatre()
    const tunnel = await world.tunnelTo(stage.port)
    for (let seed = 0; seed < 30; seed += 10) {
      await Promise.all(Array.from({ length: 10 }, async (_, index) => act(await stage.begin(tunnel.port, seed + index), script(seed + index))))
    }
    const nothing = await world.connect({ service: 'nothing' })
    await (await Caller.dial(nothing.port)).gone
    const { client } = await stage.begin(tunnel.port, 98)
    const impatient = await Caller.dial(tunnel.port)
    impatient.socket.resetAndDestroy()
    world.cut()
    await client.gone
    // what stands, and what is being made, when everything ends
    await stage.begin(tunnel.port, 99)
    await Caller.dial(tunnel.port)
    await world.end()
    await stage.close()
    t.is(tunnel.connections, 0)
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test.serial('what a sink throws when its stream has closed before keeps no timer', async t => {
  const leaks = await leaksOf(async () => {
    const [closed, sent] = [deferred({ handled: true }), deferred({ handled: true })]
    const [near] = memoryPair()
    const carriage = new Carriage({ closed: closed.promise, sink: () => sent.promise, abort: closed.reject }, near, { idleTimeout: 60_000, lingerTimeout: 60_000 })
    carriage.send(Uint8Array.of(0))
    carriage.abort(new Error('enough'), RESET_CODES.cancelled)
    await carriage.over()
    sent.reject(resetError(RESET_CODES.cancelled))
    await sent.promise.catch(() => {})
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
