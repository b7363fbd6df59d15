import { createIdentity } from '../../lib/nova/index.js'
import type { Actor } from './actor.js'
import type { Random } from './random.js'
import type { World } from './world.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What can happen at a step, and how often. */
const STEPS = {
  letter: 30,
  burst: 6,
  stranger: 1,
  stream: 14,
  cut: 6,
  freeze: 3,
  thaw: 3,
  kill: 3,
  vanish: 1,
  close: 2,
  start: 10,
  stall: 3,
  diskOfClient: 1,
  diskOfRelay: 2,
  relay: 2,
  wallClock: 1,
  suspend: 0.1,
  wait: 10
} as const

/** How long letters are. */
export function lengthOf (random: Random): number {
  return random.chance(0.1) ? random.int(0, random.chance(0.2) ? 400_000 : 60_000) : random.chance(0.2) ? 0 : random.int(1, 2000)
}

/** So many steps of traffic and faults, one shortly after the other. */
export async function chaos (world: World, steps: number): Promise<void> {
  const { clock, note } = world
  const random = world.random.fork()
  const moments = world.random.fork()
  const often = moments.pick([0, 0.02, 0.1])
  world.onMoment = () => { if (moments.chance(often)) strike(world, moments) }
  for (let step = 0; step < steps; step++) {
    const name = random.weighted(STEPS)
    if (name !== 'letter' && name !== 'wait') note(`-- ${name}`)
    perform(world, random, name)
    await clock.sleep(random.chance(0.6) ? random.int(1, 12) : random.int(1, name === 'wait' ? 3000 : 200))
  }
}

/** A fault at the very moment at which something is stored, delivered or taken, before anybody is told. */
function strike (world: World, random: Random): void {
  world.note('-- strike')
  const { actors, host, network } = world
  const fault = random.weighted({ cut: 10, freeze: 2, kill: 3, relay: 1 })
  const wire = random.pick([...network.wires])
  if (fault === 'cut') wire?.cut()
  if (fault === 'freeze') wire?.freeze('toClient')
  if (fault === 'kill') random.pick(actors).kill(false)
  if (fault === 'relay' && !host.busy && host.relay !== undefined) void restart(world, random)
}

function perform (world: World, random: Random, step: keyof typeof STEPS): void {
  const { actors, host, network } = world
  const actor = random.pick(actors)
  const other = random.pick(actors)
  const wire = random.pick([...network.wires])
  switch (step) {
    case 'letter':
      void actor.send(other, lengthOf(random), random.chance(0.03) ? { signal: givingUp(world, random) } : {})
      break
    case 'burst':
      for (let left = random.int(2, 12); left > 0; left--) void actor.send(other, lengthOf(random) % 500)
      break
    case 'stranger':
      void world.tracker.track('letter to nobody', actor.process?.client.peer(createIdentity().id).send(1n, new Uint8Array(1)) ?? Promise.resolve())
      break
    case 'stream':
      if (actor !== other) void actor.open(other)
      break
    case 'cut':
      wire?.cut()
      break
    case 'freeze':
      wire?.freeze(...random.pick([[], ['toRelay'], ['toClient']] as const))
      break
    case 'thaw':
      wire?.thaw()
      break
    case 'kill':
    case 'vanish':
      actor.kill(step === 'vanish')
      break
    case 'close':
      void actor.close()
      break
    case 'start':
      startOne(world, random)
      break
    case 'stall':
      actor.stalledUntil = world.clock.now + random.int(10, 10_000)
      break
    case 'diskOfClient':
      actor.disk.failing += random.int(1, 2)
      break
    case 'diskOfRelay':
      host.disk.failing += random.int(1, 6)
      break
    case 'relay':
      if (!host.busy && host.relay !== undefined) void restart(world, random)
      break
    case 'wallClock':
      world.clock.wrong = random.pick([-1, 1, 0]) * random.int(0, DAY)
      break
    case 'suspend':
      // timers are late then, all of them
      world.clock.now += HOUR
      break
    case 'wait':
  }
}

function startOne (world: World, random: Random): void {
  const away: Actor[] = world.actors.filter(({ process }) => process === undefined)
  if (away.length > 0) void random.pick(away).start()
}

async function restart ({ clock, host, tracker }: World, random: Random): Promise<void> {
  const way = random.weighted({ kill: 6, vanish: 1, abort: 1, close: 1, drain: 2 })
  const away = random.chance(0.5) ? random.int(0, 20) : random.int(0, 2000)
  await tracker.track('restart of the relay', (async () => {
    await host.end(way)
    await clock.sleep(away)
    await host.start()
  })())
}

function givingUp ({ clock }: World, random: Random): AbortSignal {
  const controller = new AbortController()
  void clock.sleep(random.int(1, 500)).then(() => { controller.abort(new Error('given up')) })
  return controller.signal
}
