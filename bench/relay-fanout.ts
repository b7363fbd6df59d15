import type { Benchmark, Contender, Measured, Scale } from './harness/benchmark.js'
import { now } from './harness/clock.js'
import type { Processes, Remote } from './harness/processes.js'
import { quantile } from './harness/statistics.js'
import type { Crowd, Way } from './peers/crowd.js'
import type { RelayActor, RelayActorOptions } from './peers/relay-actor.js'

/** Processes that the clients of one relay are spread over. */
const CROWDS = 2
/** Messages under way at a time, whoever sends them. */
const LETTERS = 64
/** As many for each of a thousand clients as those are for each of ten. */
const MANY_LETTERS = 6400

/** The relay has the first core to itself, as far as the rest of the machine lets it; clients have the others. */
export const RELAY_CORE = '0'
export const CLIENT_CORES = '1-1023'

/** A relay and crowds of clients. */
export interface Town {
  readonly relay: Remote<Pick<RelayActor, 'place'>>
  readonly crowds: ReadonlyArray<Remote<Crowd>>
}

/** Starts a relay on a core of its own. */
export function startRelayActor (processes: Processes, options: RelayActorOptions): Promise<Remote<RelayActor>> {
  return processes.spawn<RelayActor>('peers/relay-actor.js', 'relay', options, { core: RELAY_CORE })
}

/** Starts a hub of node:tls where a relay would be. */
function startHub (processes: Processes): Promise<Remote<Pick<RelayActor, 'place'>>> {
  return processes.spawn<Pick<RelayActor, 'place'>>('peers/tls-hub.js', 'hub', {}, { core: RELAY_CORE })
}

/** Starts crowds that know each other and are connected. */
export async function settle (processes: Processes, relay: Town['relay'], way: Way, clients: number): Promise<Town> {
  const place = await relay.place()
  const crowds: Array<Remote<Crowd>> = []
  const ids: Uint8Array[] = []
  for (let index = 0; index < CROWDS; index++) {
    const crowd = await processes.spawn<Crowd>('peers/crowd.js', 'crowd', { place, way, index }, { core: CLIENT_CORES })
    crowds.push(crowd)
    ids.push(...await crowd.connect(Math.ceil(clients / CROWDS)))
  }
  await Promise.all(crowds.map(crowd => crowd.meet(ids)))
  return { relay, crowds }
}

/** Passes letters around and measures. */
export async function talk ({ relay, crowds }: Town, messages: number, letters = LETTERS): Promise<Measured> {
  const before = await relay.cpu()
  const from = now()
  await Promise.all(crowds.map(crowd => crowd.pass(letters / CROWDS, Math.ceil(messages / letters))))
  const seconds = (now() - from) / 1000
  const cpu = await relay.cpu() - before
  const times = (await Promise.all(crowds.map(crowd => crowd.times()))).flatMap(some => [...some])
  return { rate: times.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99), 'relay processor': cpu / times.length * 1e6 }
}

/** What is measured of a town that talks. */
export const TALK_MEASURES = [
  { name: 'rate', unit: 'messages/s', better: 'higher' },
  { name: 'p50', unit: 'ms', better: 'lower' },
  { name: 'p99', unit: 'ms', better: 'lower' },
  { name: 'relay processor', unit: 'µs a message', better: 'lower' }
] as const

const SIZES = [10, 100, 1000] as const
const HUB = 'node:tls hub'
const WAYS = [
  { name: 'live', way: 'live', store: 'memory', messages: 60_000 },
  { name: 'mail in memory', way: 'mail', store: 'memory', messages: 20_000 },
  { name: 'mail in SQLite', way: 'mail', store: 'sqlite', messages: 20_000 },
  { name: HUB, way: 'tls', store: undefined, messages: 60_000 }
] as const
/** Those whose messages share reads and writes when many are under way. */
const CROWDED = WAYS.filter(({ way }) => way !== 'mail')

function nameOf (name: string, size: number, letters = LETTERS): string {
  return `${name}, ${size.toLocaleString('en')} clients${letters === LETTERS ? '' : `, ${letters.toLocaleString('en')} under way`}`
}

function town ({ name, way, store, messages }: (typeof WAYS)[number], size: number, letters = LETTERS): Contender {
  return {
    name: nameOf(name, size, letters),
    start: async (processes: Processes, { quick }: Scale) => {
      const relay = store === undefined ? await startHub(processes) : await startRelayActor(processes, { store })
      const standing = await settle(processes, relay, way, quick ? Math.min(size, 50) : size)
      return () => talk(standing, quick ? 640 : messages, quick ? LETTERS : letters)
    }
  }
}

/** Many clients of one relay. */
export const relayFanout: Benchmark = {
  name: 'relay-fanout',
  work: `Messages of 256 B between 10, 100 and 1,000 clients of one relay at random, ${LETTERS} under way at a time; the relay pinned to one core (taskset), its clients in ${CROWDS} processes on the others; and ${MANY_LETTERS.toLocaleString('en')} between 1,000 clients, as many a client as between 10. Live: packets from link to link. Mail: stored, acknowledged, delivered, taken. Beside them a hub of node:tls, which forwards bytes from one connection to another and does nothing else`,
  measures: TALK_MEASURES,
  contenders: [...WAYS.flatMap(way => SIZES.map(size => town(way, size))), ...CROWDED.map(way => town(way, 1000, MANY_LETTERS))],
  aims: [
    ...CROWDED.map(({ name }) => ({ measure: 'relay processor', of: nameOf(name, 1000, MANY_LETTERS), against: nameOf(name, 10) })),
    ...WAYS.map(({ name }) => ({ measure: 'relay processor', of: nameOf(name, 1000), against: nameOf(name, 10), ...name === HUB ? {} : { atMost: 1.5 } })),
    ...SIZES.map(size => ({ measure: 'relay processor', of: nameOf('live', size), against: nameOf(HUB, size) }))
  ]
}
