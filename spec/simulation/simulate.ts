import { CreditBudget } from '../../lib/nova/index.js'
import { portable } from './portable.js'
import { calm } from './calm.js'
import { chaos } from './scenario.js'
import { nameOf } from './tracker.js'
import { World } from './world.js'

/** What a run came to. */
export interface Outcome {
  readonly seed: number
  /** What should not be, in words. */
  readonly problems: readonly string[]
  /** What happened, each line beginning with its time in milliseconds. */
  readonly trace: readonly string[]
  /** Letters by their fate. */
  readonly letters: Readonly<Record<string, number>>
  readonly streams: number
  /** Milliseconds that would have passed. */
  readonly time: number
}

/** What happens in a run before everything has to come to its end. */
export type Script = (world: World) => Promise<void>

/** One run. The same seed gives the same one, as far as nothing depends on keys that are made at random. One at a time in a process. */
export async function simulate (seed: number, script: Script = traffic): Promise<Outcome> {
  const world = new World(seed)
  const { clock, problems } = world
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => { rejections.push(reason) }
  process.on('unhandledRejection', onRejection)
  const credit = watchCredit()
  const restore = portable()
  clock.install()
  try {
    await clock.drive(run(world, script))
  } catch (error) {
    world.problem(nameOf(error))
    if (!/^(stuck|not within)/.test(nameOf(error))) world.problem((error as Error).stack ?? '')
  } finally {
    clock.uninstall()
    restore()
    await new Promise(resolve => { setImmediate(resolve) })
    process.off('unhandledRejection', onRejection)
  }
  if (problems.length === 0) leftovers(world, rejections, credit())
  for (const rejection of rejections) world.problem(`nobody held the rejection ${nameOf(rejection)} ${(rejection as Error).stack ?? ''}`)
  return { seed, problems, trace: world.trace, letters: world.ledger.counts, streams: world.plays.length, time: clock.now }
}

/** Traffic with faults at every step. */
async function traffic (world: World): Promise<void> {
  const { actors, random } = world
  for (const actor of actors) if (random.chance(0.6)) void actor.start()
  await chaos(world, random.int(20, 160))
}

async function run (world: World, script: Script): Promise<void> {
  const { actors, clock, host, network, note, random, tracker } = world
  await host.start()
  await script(world)
  await calm(world)
  note('-- end')
  await Promise.all(actors.map(actor => actor.close()))
  if (host.relay?.connections !== 0) await clock.sleep(5000)
  if (host.relay?.connections !== 0) world.problem(`${host.relay?.connections} connections are left at the relay`)
  await host.end(random.pick(['close', 'drain', 'abort']))
  for (const { gone, cut } of [...network.wires].map(wire => ({ gone: wire.gone, cut: () => { wire.cut() } }))) {
    cut()
    await tracker.track('wire', gone)
  }
  // what gives up by itself has the time to
  await clock.sleep(60_000)
}

function leftovers (world: World, rejections: unknown[], credit: number): void {
  const { clock, host, problem, tracker } = world
  for (const name of tracker.pending) problem(`never settled: ${name}`)
  if (clock.timers > 0) problem(`${clock.timers} timers are left, in ${clock.waits.join()} ms`)
  if (credit !== 0) problem(`${credit} bytes of credit were not given back`)
  if (rejections.length > 0) problem(`${rejections.length} rejections`)
  if (host.mail.messages !== 0 || host.mail.bytes !== 0) problem(`the mailbox counts ${JSON.stringify(host.mail)}`)
}

/** Counts what is taken from all budgets. @returns what ends that, and tells what was not given back */
function watchCredit (): () => number {
  const { take, give } = CreditBudget.prototype
  let out = 0
  CreditBudget.prototype.take = function (bytes) {
    const taken = take.call(this, bytes)
    out += taken
    return taken
  }
  CreditBudget.prototype.give = function (bytes) {
    out -= bytes
    give.call(this, bytes)
  }
  return () => {
    Object.assign(CreditBudget.prototype, { take, give })
    return out
  }
}
