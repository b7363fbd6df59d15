import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes that a process holds once it has collected its garbage. */
export interface Held {
  /** On V8's heap, and what that holds outside of it: buffers. */
  readonly heap: number
  readonly rss: number
}

/** How an event loop does. */
export interface LoopDelay {
  /** Milliseconds by which timers were late, of 99 in 100. */
  readonly p99: number
  readonly max: number
  /** Part of the time in which the process used a processor. */
  readonly busy: number
}

/** What every server whose memory is measured can be asked. */
export interface Probed {
  held(): Promise<Held>
  /** Watches the event loop for so many milliseconds. */
  delay(milliseconds: number): Promise<LoopDelay>
}

/** Milliseconds between two looks at the event loop; as late as one look is, as late can be what it shows. */
const RESOLUTION = 1

/** Collects garbage and measures. */
export async function held (): Promise<Held> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // what is freed by finalizers is collected by the next one
  for (let i = 0; i < 3; i++) {
    collect()
    await pause(50)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

/** Watches the own event loop. */
export async function delay (milliseconds: number): Promise<LoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  const before = process.cpuUsage()
  histogram.enable()
  await pause(milliseconds)
  histogram.disable()
  const { user, system } = process.cpuUsage(before)
  return { p99: histogram.percentile(99) / 1e6 - RESOLUTION, max: histogram.max / 1e6 - RESOLUTION, busy: (user + system) / 1000 / milliseconds }
}

/** The probes of an actor. */
export const probes: Probed = { held, delay }

export function pause (milliseconds: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, milliseconds) })
}
