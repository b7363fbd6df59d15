import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** Above so many bytes V8's own rule is good enough, and ours would cost memory. */
const SMALL_HEAP = 33_554_432
const INTERVAL = 10_000

/**
 * Lets the small heap of a command's process grow before the collector marks all of it. Buffers that are sealed, opened and forgotten count as growth for V8, so that a process with little else
 * marks its whole heap every 32 MB that go through it, which halves what a relay forwards (docs/decisions/collector.md). Looked at again as the heap grows: garbage of a large one would be too much.
 */
export function tuneCollector (): void {
  const tune = (): void => {
    setFlagsFromString(`--heap-growing-percent=${getHeapStatistics().used_heap_size < SMALL_HEAP ? 700 : 0}`)
  }
  tune()
  setInterval(tune, INTERVAL).unref()
}
