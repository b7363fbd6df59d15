import { now } from '../harness/clock.js'
import type { Churner } from './actors/churner.js'
import type { SoakCase } from './case.js'
import { until } from './until.js'

/** Looks after the warm-up, and parts of the time that the warm-up is. */
const LOOKS = 5
const WARM = 1 / 3
/** Milliseconds for the last connections to be gone. */
const SETTLE = 5000
const KIB = 1024
/** Bytes of heap, and of RSS, that a connection may leave behind. What is not a leak varies, over few connections all the more. */
const HEAP_LEFT = 64
const HEAP_NOISE = 512 * KIB
const RSS_NOISE = 24 * 1024 * KIB

/** Handles more than at first that a look may see: timers of what is being closed. A leak would be as many as connections. */
const MORE_HANDLES = 2

/** How much a value grows with each step of another: least squares. */
function slope (points: ReadonlyArray<readonly [number, number]>): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}

/** Case 46. */
export const churn: SoakCase = {
  name: 'churn',
  number: 46,
  what: 'connections that are made and gone (up to 1,000 a second): resets, garbage, and handshakes with a hello',
  run: async ({ seconds = 25, size = 1000 }, watch) => {
    const relay = await watch.relay({ admission: { addressHandshakes: 1e9, addressPending: 1000, addressConnections: 1000 } })
    const churner = await watch.spawn<Churner>('soak/actors/churner.js', 'churner', { place: await relay.place() })
    const all = { bare: 0, garbage: 0, greeted: 0 }
    let busy = 0
    const quiet = (await relay.state()).handles.length
    const some = async (share: number): Promise<void> => {
      const from = now()
      const made = await churner.churn(size, seconds * 1000 * share)
      busy += now() - from
      for (const way of ['bare', 'garbage', 'greeted'] as const) all[way] += made[way]
      await until(async () => (await relay.state()).connections === 0, SETTLE)
    }
    const heaps: Array<[number, number]> = []
    const sizes: Array<[number, number]> = []
    const handles: number[] = []
    const look = async (): Promise<void> => {
      const { heap, rss } = await relay.held()
      const made = all.bare + all.garbage + all.greeted
      heaps.push([made, heap])
      sizes.push([made, rss])
      // a socket is closed a turn after its connection is gone, and a heartbeat's timer may just be set
      await until(async () => (await relay.state()).handles.length <= quiet, SETTLE)
      handles.push((await relay.state()).handles.length)
    }
    await some(WARM)
    await look()
    for (let i = 0; i < LOOKS; i++) {
      await some((1 - WARM) / LOOKS)
      await look()
    }
    const { connections, events, handles: left, unhandled } = await relay.state()
    const counted = (heaps.at(-1)?.[0] ?? 0) - (heaps[0]?.[0] ?? 0)
    const [heap, rss] = [slope(heaps), slope(sizes)]
    const made = all.bare + all.garbage + all.greeted
    watch.figure('connections', made)
    watch.figure('of them with a hello', all.greeted)
    watch.figure('connections a second', made / busy * 1000)
    watch.figure('connected events', events['connected'] ?? 0)
    watch.figure('heap after warm-up, KiB', (heaps[0]?.[1] ?? 0) / KIB)
    watch.figure('heap at the end, KiB', (heaps.at(-1)?.[1] ?? 0) / KIB)
    watch.figure('heap slope, bytes a connection', heap)
    watch.figure('RSS after warm-up, KiB', (sizes[0]?.[1] ?? 0) / KIB)
    watch.figure('RSS at the end, KiB', (sizes.at(-1)?.[1] ?? 0) / KIB)
    watch.figure('RSS slope, bytes a connection', rss)
    watch.figure('handles at first, and at each look', [quiet, ...handles].join(' '))
    watch.figure('unhandled rejections', unhandled.length)
    watch.expect(counted > 0 && (events['connected'] ?? 0) > 0, 'nobody has come')
    watch.expect(heap * counted <= HEAP_LEFT * counted + HEAP_NOISE, `the heap grows by ${heap} bytes a connection`)
    watch.expect(rss * counted <= HEAP_LEFT * counted + RSS_NOISE, `RSS grows by ${rss} bytes a connection`)
    watch.expect(handles.every(count => count <= quiet + MORE_HANDLES), `handles: ${handles.join(' ')}; ${left.join(' ')}`)
    watch.expect(connections === 0, `${connections} connections are left`)
    watch.expect(unhandled.length === 0, `unhandled: ${unhandled.join('; ')}`)
  }
}
