import test from 'ava'
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
