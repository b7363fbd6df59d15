import { PEER_STREAMS, type Actor } from './actor.js'
import type { World } from './world.js'

/** Milliseconds of virtual time within which everything must have come to its end once nothing goes wrong any more. */
const LIMIT = 180_000
/** Longer than all heartbeats and their timeouts. */
const HEARTBEATS = 10_000
/** Between two looks. */
const LOOK = 250

/** Nothing goes wrong any more: everybody comes back, and everything has to come to its end. */
export async function calm (world: World): Promise<void> {
  const { actors, host, ledger, network, note, tracker } = world
  note('-- calm')
  network.faulty = false
  world.onMoment = undefined
  for (const wire of network.wires) for (const lane of Object.values(wire.lanes)) lane.cutAfter = Infinity
  for (const disk of [host.disk, ...actors.map(({ disk }) => disk)]) disk.failing = 0
  for (const actor of actors) actor.stalledUntil = 0
  await until(world, 'the relay is up', () => host.relay !== undefined && !host.busy)
  await until(world, 'everybody is connected', () => {
    for (const actor of actors) if (actor.process === undefined && !tracker.pending.some(name => name.startsWith(`connect of ${actor.name}`))) void actor.start()
    return actors.every(({ process }) => process?.client.state.type === 'connected')
  })
  await until(world, 'letters have come', () => ledger.missing.length === 0, () => ledger.missing)
  await streamsOver(world)
  await afresh(world)
  await until(world, 'the mailbox is empty', () => host.mail.messages === 0 && host.mail.bytes === 0, () => [JSON.stringify(host.mail)])
}

/** What has failed has taken nothing with it: there is room for as much as at the beginning, and it works at the first try. */
async function afresh (world: World): Promise<void> {
  const { actors, clock, ledger, note } = world
  // half-open connections are found out by their heartbeats
  await clock.sleep(HEARTBEATS)
  await until(world, 'everybody is connected again', () => actors.every(({ process }) => process?.client.state.type === 'connected'))
  note('-- afresh')
  const pairs = actors.flatMap(from => actors.filter(to => to !== from).map(to => [from, to] as const))
  for (const [from, to] of pairs) void from.send(to, 100)
  await until(world, 'letters to everybody have come', () => ledger.missing.length === 0, () => ledger.missing)
  // one after the other opens as many as it may, and each of the others takes as many as it may
  for (const actor of actors) {
    await Promise.all(pairs.filter(([from]) => from === actor).map(([from, to]) => streamsBetween(world, from, to)))
    await streamsOver(world)
  }
  await presence(world)
}

async function streamsOver (world: World): Promise<void> {
  const open = (): string[] => world.tracker.pending.filter(name => /stream \d|opening/.test(name))
  await until(world, 'streams are over', () => open().length === 0, open)
}

async function streamsBetween (world: World, from: Actor, to: Actor): Promise<void> {
  const opened = await Promise.all(Array.from({ length: PEER_STREAMS }, () => from.open(to, true)))
  if (opened.includes(false)) world.problem(`a stream from ${from.name} to ${to.name} failed though nothing went wrong`)
}

/** Everybody is said to be there. */
async function presence (world: World): Promise<void> {
  const { actors, tracker } = world
  await Promise.all(actors.map(async ({ process, name }) => {
    const watch = process?.client.presence(actors.map(({ id }) => id))
    for (let left = actors.length; watch !== undefined && left > 0; left--) {
      const result = await tracker.track(`presence at ${name}`, watch.next())
      if ('error' in result || result.value.done === true || !result.value.value.online) world.problem(`${name} is told that somebody is away`)
    }
    await watch?.return?.()
  }))
}

async function until (world: World, what: string, holds: () => boolean, detail: () => string[] = () => []): Promise<void> {
  const { clock, note, host } = world
  for (const since = clock.now; !holds(); await clock.sleep(LOOK)) {
    await host.count()
    if (clock.now - since < LIMIT) continue
    throw new Error(`not within ${LIMIT} ms: ${what} ${detail().slice(0, 5).join(', ')}`)
  }
  note(`-- ${what}`)
}
