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
/** Those whose messages share reads and writes when a client has several under way. */
const SHARING = WAYS.filter(({ way }) => way !== 'mail')

/** How many messages are under way: as many whoever sends them, one for each client, or as many for each of a thousand clients as 64 are for each of ten. */
type Load = 'all' | 'each' | 'many'

function lettersOf (size: number, load: Load): number {
  return { all: LETTERS, each: size, many: MANY_LETTERS }[load]
}

function nameOf (name: string, size: number, load: Load = 'all'): string {
  return `${name}, ${size.toLocaleString('en')} clients${{ all: '', each: ', one under way each', many: `, ${MANY_LETTERS.toLocaleString('en')} under way` }[load]}`
}

function town ({ name, way, store, messages }: (typeof WAYS)[number], size: number, load: Load = 'all'): Contender {
  return {
    name: nameOf(name, size, load),
    start: async (processes: Processes, { quick }: Scale) => {
      const relay = store === undefined ? await startHub(processes) : await startRelayActor(processes, { store })
      const standing = await settle(processes, relay, way, quick ? Math.min(size, 50) : size)
      return () => talk(standing, quick ? 640 : messages, quick ? Math.min(LETTERS, lettersOf(size, load)) : lettersOf(size, load))
    }
  }
}

/** How much more a message costs with many clients. */
function growth (name: string, load: Load, atMost?: number): Benchmark['aims'][number] {
  return { measure: 'relay processor', of: nameOf(name, 1000, load), against: nameOf(name, 10, load === 'many' ? 'all' : load), ...atMost === undefined ? {} : { atMost } }
}

/** Many clients of one relay. */
export const relayFanout: Benchmark = {
  name: 'relay-fanout',
  work: `Messages of 256 B between 10, 100 and 1,000 clients of one relay at random; the relay pinned to one core (taskset), its clients in ${CROWDS} processes on the others. ${LETTERS} are under way at a time, whoever sends them; or one for each client; or ${MANY_LETTERS.toLocaleString('en')} between 1,000 clients, as many a client as ${LETTERS} between 10. Live: packets from link to link. Mail: stored, acknowledged, delivered, taken. Beside them a hub of node:tls, which forwards bytes from one connection to another and does nothing else`,
  measures: TALK_MEASURES,
  contenders: [
    ...WAYS.flatMap(way => SIZES.map(size => town(way, size))),
    ...SHARING.flatMap(way => [town(way, 10, 'each'), town(way, 1000, 'each'), town(way, 1000, 'many')])
  ],
  aims: [
    growth('live', 'each', 1.5),
    growth('mail in memory', 'all', 1.5),
    growth('mail in SQLite', 'all', 1.5),
    growth('live', 'all'),
    growth('live', 'many'),
    growth(HUB, 'each'),
    growth(HUB, 'all'),
    growth(HUB, 'many'),
    ...SIZES.map(size => ({ measure: 'relay processor', of: nameOf('live', size), against: nameOf(HUB, size) }))
  ]
}
