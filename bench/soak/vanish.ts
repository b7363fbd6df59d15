import { randomInt } from 'node:crypto'
import { now } from '../harness/clock.js'
import type { Remote } from '../harness/processes.js'
import { LightClient } from '../peers/light-client.js'
import type { Place } from '../peers/peer.js'
import { pause } from '../peers/probe.js'
import type { SoakRelay } from './actors/relay.js'
import type { SoakCase, Watch } from './case.js'
import { Correspondent, PING_INTERVAL, PING_TIMEOUT } from './correspondent.js'
import { Proxy } from './proxy.js'
import { until } from './until.js'

const HEARTBEAT_INTERVAL = 1000
const HEARTBEAT_TIMEOUT = 1000
/** Milliseconds by which timers may be late on a busy machine. */
const SLACK = 500
/** Milliseconds in which somebody is connected again once that is possible, and in which everything has come. */
const BACK = 10_000
const SETTLE = 30_000
/** Milliseconds of a partition in each round; longer than a lost connection takes to be found. */
const PARTITION = 4000
/** Bytes of a connection that pass before it is reset. */
const MOST_BYTES = 2000

/** The longest times that something took. */
class Longest {
  readonly #times = new Map<string, number>()

  note (what: string, milliseconds: number | undefined): void {
    this.#times.set(what, Math.max(this.#times.get(what) ?? 0, milliseconds ?? Infinity))
  }

  tell (watch: Watch): void {
    for (const [what, time] of this.#times) watch.figure(`${what}, at most, ms`, time)
  }

  /** Whether all of them were found in time. */
  within (what: string, limit: number): boolean {
    return (this.#times.get(what) ?? Infinity) <= limit
  }
}

const RESET = 'reset in a frame: found and connected again'
const CLIENT_FINDS = 'half-open: found by the client'
const RELAY_FINDS = 'half-open: found by the relay'
const PARTED = 'partition: connected again after it'

/** Case 47. */
export const vanish: SoakCase = {
  name: 'vanish',
  number: 47,
  what: 'resets in the middle of a frame, connections that go silent, and partitions, while two clients write mail (50 letters a second each)',
  run: async ({ seconds = 20, size = 50 }, watch) => {
    const relay = await watch.relay({ limits: { heartbeatInterval: HEARTBEAT_INTERVAL, heartbeatTimeout: HEARTBEAT_TIMEOUT } })
    const place = await relay.place()
    const both = [await Correspondent.come(place), await Correspondent.come(place)] as const
    for (const one of both) watch.ending(() => one.leave())
    const [here, there] = both
    const writing = [here.write(there, size), there.write(here, size)]
    const longest = new Longest()
    const from = now()
    let rounds = 0
    for (; rounds === 0 || now() - from < seconds * 1000; rounds++) {
      await reset(both, longest)
      await goSilent(here, longest)
      await leaveInSilence(relay, place, watch, longest)
      await part(both, longest)
    }
    for (const one of both) one.stop()
    await Promise.all(writing)
    const settled = await until(() => both.every(({ sent, acknowledged }) => sent === acknowledged) && there.got.length >= here.sent && here.got.length >= there.sent, SETTLE)
    // what comes twice may come late
    await pause(SLACK)
    const { codes, events, unhandled } = await relay.state()
    watch.figure('rounds', rounds)
    watch.figure('letters sent', here.sent + there.sent)
    watch.figure('letters acknowledged', here.acknowledged + there.acknowledged)
    watch.figure('letters handed out', here.got.length + there.got.length)
    watch.figure('duplicates that the relay kept back', events['mail-duplicate'] ?? 0)
    watch.figure('connections made', here.states.connected + there.states.connected)
    watch.figure('connections that the relay lost, by code', Object.entries(codes).map(([code, count]) => `${code} ${count}`).join(', '))
    longest.tell(watch)
    for (const { failed } of both) watch.expect(failed.length === 0, `failed: ${failed[0]}`)
    watch.expect(settled !== undefined, 'not every letter was acknowledged and has come')
    watch.expect(inOrder(there.got, here.sent) && inOrder(here.got, there.sent), 'letters are lost, doubled or out of order')
    watch.expect(longest.within(RESET, BACK), 'a reset was not healed')
    watch.expect(longest.within(CLIENT_FINDS, PING_INTERVAL * 1.25 + PING_TIMEOUT + SLACK), 'the client found a half-open connection too late')
    watch.expect(longest.within(RELAY_FINDS, HEARTBEAT_INTERVAL + HEARTBEAT_TIMEOUT + SLACK), 'the relay found a half-open connection too late')
    watch.expect(longest.within(PARTED, BACK), 'a partition was not healed')
    watch.expect(unhandled.length === 0, `unhandled: ${unhandled.join('; ')}`)
  }
}

function inOrder (numbers: readonly number[], count: number): boolean {
  return numbers.length === count && numbers.every((number, index) => number === index)
}

/** Both connections are reset once some more bytes have passed. */
async function reset (both: readonly Correspondent[], longest: Longest): Promise<void> {
  await Promise.all(both.map(async ({ proxy, states }) => {
    const { connected } = states
    proxy.cutAfter(randomInt(MOST_BYTES))
    longest.note(RESET, await until(() => states.connected > connected, BACK))
  }))
}

/** The network forgets the connection of a client, which comes back on another. */
async function goSilent ({ proxy, states }: Correspondent, longest: Longest): Promise<void> {
  const { connected, lost } = states
  proxy.vanish()
  longest.note(CLIENT_FINDS, await until(() => states.lost > lost, BACK))
  await until(() => states.connected > connected, BACK)
}

/** A client is gone, and the relay is not told. */
async function leaveInSilence (relay: Remote<SoakRelay>, place: Place, watch: Watch, longest: Longest): Promise<void> {
  const proxy = await Proxy.start(place.port)
  watch.ending(() => { proxy.stop() })
  const client = await LightClient.connect({ place: { ...place, port: proxy.port } })
  const silences = async (): Promise<number> => (await relay.state()).events['silent'] ?? 0
  const before = await silences()
  proxy.vanish()
  longest.note(RELAY_FINDS, await until(async () => await silences() > before, BACK))
  client.link.abort(new Error('the case is over'))
}

/** Nobody reaches the relay for a while. */
async function part (both: readonly Correspondent[], longest: Longest): Promise<void> {
  const before = both.map(({ states }) => states.connected)
  for (const { proxy } of both) proxy.partition()
  await pause(PARTITION)
  for (const { proxy } of both) proxy.heal()
  longest.note(PARTED, await until(() => both.every(({ connected, states }, index) => connected && states.connected > (before[index] ?? 0)), BACK))
}
