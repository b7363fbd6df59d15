import { now } from '../harness/clock.js'
import { pause } from '../peers/probe.js'

const TICK = 20

/**
 * Looks until something holds.
 *
 * @returns milliseconds that it took, or undefined when it did not hold within `limit`
 */
export async function until (holds: () => boolean | Promise<boolean>, limit: number): Promise<number | undefined> {
  const from = now()
  for (;;) {
    if (await holds()) return now() - from
    if (now() - from >= limit) return undefined
    await pause(TICK)
  }
}
