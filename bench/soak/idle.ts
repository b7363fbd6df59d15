import type { Crowd } from '../peers/crowd.js'
import type { Held, Holder } from '../peers/holder.js'
import type { SoakCase, Watch } from './case.js'

/** Processes that the connections are spread over. */
const CROWDS = 2
const KIB = 1024
const FIRST = 10
/** KiB of heap that a connection may hold beside its socket, and milliseconds by which the event loop may be late of 99 in 100. */
const HEAP = 16
const LATE = 50

/** Case 4. */
export const idle: SoakCase = {
  name: 'idle',
  number: 4,
  what: 'idle connections that have proved who they are (2,000), each asked for signs of life twice',
  run: async ({ seconds = 15, size = 2000 }, watch) => {
    const heartbeat = seconds * 1000 / 2
    const relay = await watch.relay({ limits: { maxConnections: size + 100, heartbeatInterval: heartbeat, heartbeatTimeout: heartbeat } })
    const place = await relay.place()
    const crowds = await Promise.all(Array.from({ length: CROWDS }, (_, index) => watch.spawn<Crowd>('peers/crowd.js', 'crowd', { place, way: 'live', index })))
    // everything that is loaded and compiled for the first clients is not counted
    for (const crowd of crowds) await crowd.connect(FIRST)
    const before = await relay.held()
    for (const crowd of crowds) await crowd.connect(Math.ceil(size / CROWDS))
    const stood = await relay.state()
    const loop = await relay.delay(seconds * 1000)
    const after = await relay.held()
    const { connections, events, unhandled } = await relay.state()
    const heap = (after.heap - before.heap) / size / KIB
    watch.figure('connections', connections)
    watch.figure('heap a connection, KiB', heap)
    const socket = await socketHeap(watch, size)
    watch.figure('heap a socket of node:net, KiB', socket)
    watch.figure('RSS a connection, KiB', (after.rss - before.rss) / size / KIB)
    watch.figure('event loop late p99, ms', loop.p99)
    watch.figure('event loop late max, ms', loop.max)
    watch.figure('busy, % of a core', loop.busy * 100)
    watch.expect(connections >= size && connections === stood.connections, `${connections} of ${stood.connections} connections stand`)
    watch.expect((events['silent'] ?? 0) === 0, `${events['silent'] ?? 0} connections were cut as silent`)
    watch.expect(heap - socket < HEAP, `${heap - socket} KiB of heap a connection beside its socket`)
    watch.expect(loop.p99 < LATE, `timers were late by ${loop.p99} ms`)
    watch.expect(unhandled.length === 0, `unhandled: ${unhandled.join('; ')}`)
  }
}

/** KiB of heap for each connection that a bare server of this runtime holds. */
async function socketHeap (watch: Watch, size: number): Promise<number> {
  const server = await watch.spawn<Holder>('peers/holder.js', 'server', {})
  const clients = await watch.spawn<Held>('peers/holder.js', 'clients', { place: await server.place() })
  await clients.connect(FIRST)
  const before = await server.held()
  await clients.connect(size)
  return ((await server.held()).heap - before.heap) / size / KIB
}
