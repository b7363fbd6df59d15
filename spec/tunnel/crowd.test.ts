import test from 'ava'
import { act, script, theatre } from './script.js'
import { TunnelWorld } from './support.js'

const CONNECTIONS = 100
const SEED = 20_261_128

test('100 connections at once, with half-closes and resets by chance: each side sees what it sees without a tunnel', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const stage = await theatre()
  t.teardown(stage.close)
  const tunnel = await world.tunnelTo(stage.port)
  const seeds = Array.from({ length: CONNECTIONS }, (_, index) => SEED + index)
  const scripts = seeds.map(seed => script(seed))
  const play = async (port: number): Promise<unknown[]> => {
    const all = await Promise.all(seeds.map(seed => stage.begin(port, seed)))
    if (port === tunnel.port) t.is(tunnel.connections, CONNECTIONS)
    return Promise.all(all.map((actors, index) => act(actors, scripts[index] ?? [])))
  }
  const direct = await play(stage.port)
  const through = await play(tunnel.port)
  for (const [index, outcome] of through.entries()) t.deepEqual(outcome, direct[index], `seed ${seeds[index]}`)
  // the seeds are worth something
  const kinds = new Set(scripts.map(steps => steps.map(({ side, act: what }) => side + what).filter(name => !name.endsWith('write')).join(' ')))
  t.true(kinds.size >= 6, [...kinds].join(', '))
})
