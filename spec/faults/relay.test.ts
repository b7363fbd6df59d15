import { simulate, type Script } from '../simulation/simulate.js'
import { once as test } from '../store/once.js'
import type { World } from '../simulation/world.js'

/** Runs of each, each with other limits and delays. */
const SEEDS = [1, 2, 3]
const DAY = 86_400_000

/** Everybody writes to everybody, those that are away as well. */
function letters ({ actors }: World): void {
  for (const from of actors) for (const to of actors) void from.send(to, 100)
}

/** Everybody is there, and known to the relay. */
async function gathered ({ actors, clock, network }: World): Promise<void> {
  network.faulty = false
  for (const actor of actors) await actor.start()
  while (!actors.every(({ process }) => process?.client.state.type === 'connected')) await clock.sleep(10)
}

/** How often each process has lost its connection since a line of the trace. */
function lost (world: World, since: number): number {
  return world.trace.slice(since).filter(line => line.includes(' is waiting')).length
}

function simulated (title: string, script: Script): void {
  test(title, async t => {
    for (const seed of SEEDS) {
      const { problems, trace } = await simulate(seed, script)
      if (problems.length > 0) t.log(trace.slice(-40).join('\n'))
      t.deepEqual(problems, [], `seed ${seed}`)
    }
  })
}

simulated('case 30: the wall clock jumps a day ahead and back: nobody is cut off, and nothing runs out', async world => {
  await gathered(world)
  const since = world.trace.length
  for (const wrong of [0, DAY, -DAY, 0, -DAY, DAY]) {
    world.clock.wrong = wrong
    letters(world)
    await world.clock.sleep(5000)
  }
  if (lost(world, since) > 0) world.problem('a connection was lost for the wall clock')
  if (world.ledger.missing.length > 0) world.problem('letters wait for the wall clock')
})

simulated('case 30: a machine sleeps for an hour in the middle of traffic', async world => {
  await gathered(world)
  for (let left = 3; left > 0; left--) {
    letters(world)
    await world.clock.sleep(3)
    world.clock.now += 3_600_000
    letters(world)
    await world.clock.sleep(5000)
  }
})

simulated('case 47: a partition of 30 s: both sides find out by their heartbeats, and what was sent meanwhile comes', async world => {
  await gathered(world)
  const { actors, clock, host, network } = world
  letters(world)
  await clock.sleep(5)
  // new connections do not get through either
  const { accept } = network
  network.accept = undefined
  for (const wire of network.wires) wire.freeze()
  const since = world.trace.length
  letters(world)
  // ping interval and a quarter, and the timeout of the ping; at the relay, interval and timeout
  await clock.sleep(2000 * 1.25 + 1500 + 3000 + 2000)
  if (lost(world, since) < actors.length) world.problem('a half-open connection was not found out by its client')
  if (host.relay?.connections !== 0) world.problem('a half-open connection was not found out by the relay')
  await clock.sleep(22_000)
  network.accept = accept
})

simulated('case 47: a peer vanishes, and its next process takes its place', async world => {
  await gathered(world)
  for (const actor of world.actors) {
    letters(world)
    await world.clock.sleep(world.random.int(0, 10))
    actor.kill(true)
    await actor.start()
  }
})

simulated('case 28: the connection is reset after each answer of the relay has been written and before it is read', async world => {
  await gathered(world)
  for (let left = 12; left > 0; left--) {
    letters(world)
    await world.clock.sleep(1)
    for (const wire of world.network.wires) wire.freeze('toClient')
    await world.clock.sleep(200)
    for (const wire of world.network.wires) wire.cut()
    await world.clock.sleep(world.random.int(0, 1500))
  }
})

simulated('case 27: the disks of the relay and of everybody fail now and then', async world => {
  await gathered(world)
  for (let left = 15; left > 0; left--) {
    letters(world)
    world.host.disk.failing += world.random.int(1, 8)
    world.random.pick(world.actors).disk.failing++
    await world.clock.sleep(world.random.int(0, 400))
  }
})
