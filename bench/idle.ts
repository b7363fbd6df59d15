import type { Benchmark, Contender, Measured, Scale } from './harness/benchmark.js'
import type { Processes, Remote } from './harness/processes.js'
import type { Crowd } from './peers/crowd.js'
import type { Held as Holding, Holder } from './peers/holder.js'
import type { Held, Probed } from './peers/probe.js'
import type { RelayActor } from './peers/relay-actor.js'
import { CLIENT_CORES, RELAY_CORE, settle, startRelayActor, talk, TALK_MEASURES } from './relay-fanout.js'

/** Processes that connections which are idle are spread over. */
const IDLERS = 4
/** Milliseconds between two pings of a connection, and for which the event loop is watched: every connection is pinged once. */
const HEARTBEAT = 30_000
const QUICK_HEARTBEAT = 2000
const KIB = 1024

const RELAY = 'relay, 10,000 idle connections'
const BARE = 'bare TCP server, 10,000 connections'
const BESIDE = 'relay, 1,000 active beside 10,000 idle'
const ALONE = 'relay, 1,000 active alone'

interface Sizes {
  readonly idle: number
  readonly active: number
  readonly messages: number
  readonly heartbeat: number
}

function sizesOf ({ quick }: Scale): Sizes {
  return quick ? { idle: 400, active: 40, messages: 640, heartbeat: QUICK_HEARTBEAT } : { idle: 10_000, active: 1000, messages: 60_000, heartbeat: HEARTBEAT }
}

function relayOf (processes: Processes, { heartbeat }: Sizes): Promise<Remote<RelayActor>> {
  return startRelayActor(processes, { limits: { maxConnections: 20_000, heartbeatInterval: heartbeat } })
}

/** Idle clients of a relay, in a few processes, connected one process after the other. */
async function idlers (processes: Processes, relay: Remote<RelayActor>, count: number): Promise<void> {
  const place = await relay.place()
  for (let index = 0; index < IDLERS; index++) {
    const crowd = await processes.spawn<Crowd>('peers/crowd.js', 'crowd', { place, way: 'live', index }, { core: CLIENT_CORES })
    await crowd.connect(Math.ceil(count / IDLERS))
  }
}

/** What a server holds for each connection beyond what it held before them, and how its event loop does meanwhile. */
async function hold (server: Probed, before: Held, { idle, heartbeat }: Sizes): Promise<Measured> {
  const loop = await server.delay(heartbeat)
  const { heap, rss } = await server.held()
  return { heap: (heap - before.heap) / idle / KIB, RSS: (rss - before.rss) / idle / KIB, 'late p99': loop.p99, 'late max': loop.max, busy: loop.busy * 100 }
}

const relay: Contender = {
  name: RELAY,
  start: async (processes, scale) => {
    const sizes = sizesOf(scale)
    const server = await relayOf(processes, sizes)
    // everything that is loaded and compiled for the first clients is not counted
    await idlers(processes, server, IDLERS)
    const before = await server.held()
    await idlers(processes, server, sizes.idle)
    return () => hold(server, before, sizes)
  }
}

const bare: Contender = {
  name: BARE,
  start: async (processes, scale) => {
    const sizes = sizesOf(scale)
    const server = await processes.spawn<Holder>('peers/holder.js', 'server', {}, { core: RELAY_CORE })
    const clients = await processes.spawn<Holding>('peers/holder.js', 'clients', { place: await server.place() }, { core: CLIENT_CORES })
    await clients.connect(IDLERS)
    const before = await server.held()
    await clients.connect(sizes.idle)
    return () => hold(server, before, sizes)
  }
}

function active (name: string, idle: boolean): Contender {
  return {
    name,
    start: async (processes, scale) => {
      const sizes = sizesOf(scale)
      const server = await relayOf(processes, sizes)
      if (idle) await idlers(processes, server, sizes.idle)
      const town = await settle(processes, server, 'live', sizes.active)
      return () => talk(town, sizes.messages)
    }
  }
}

/** What a connection costs of which nothing comes. */
export const idle: Benchmark = {
  name: 'idle',
  work: `10,000 idle connections that have proved who they are, on a relay pinned to one core that pings each every ${HEARTBEAT / 1000} s, against a server of node:net that holds as many sockets: heap (with buffers outside of it) and RSS a connection after a collection, and how late timers were in ${HEARTBEAT / 1000} s; and 1,000 clients that send live messages beside them`,
  measures: [
    { name: 'heap', unit: 'KiB a connection', better: 'lower' },
    { name: 'RSS', unit: 'KiB a connection', better: 'lower' },
    { name: 'late p99', unit: 'ms', better: 'lower' },
    { name: 'late max', unit: 'ms', better: 'lower' },
    { name: 'busy', unit: '% of a core', better: 'lower' },
    ...TALK_MEASURES
  ],
  contenders: [relay, bare, active(BESIDE, true), active(ALONE, false)],
  aims: [
    { measure: 'heap', of: RELAY, above: BARE, atMost: 16 },
    { measure: 'RSS', of: RELAY, above: BARE },
    { measure: 'late p99', of: RELAY, atMost: 50 },
    { measure: 'relay processor', of: BESIDE, against: ALONE }
  ]
}
