import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds of work that waits for nothing, after which signals get their turn. */
const TURN = 50

/** One figure. */
export interface Measurement {
  /** For programs, in camelCase. */
  readonly name: string
  /** For people. */
  readonly text: string
  readonly value: number
  readonly unit: 'MB/s' | '/s' | 'ms'
}

/**
 * Does something again and again for so many seconds, once at the least.
 *
 * @returns how often a second
 * @throws what the work does, and the signal's reason (as rejections)
 */
export async function perSecond (seconds: number, work: () => unknown, signal?: AbortSignal): Promise<number> {
  // what is compiled and allocated at first is not counted
  await work()
  const from = performance.now()
  let count = 0
  let turned = from
  do {
    await work()
    count++
    if (performance.now() - turned > TURN) {
      await turn()
      turned = performance.now()
    }
    signal?.throwIfAborted()
  } while (performance.now() - from < seconds * 1000)
  return count * 1000 / (performance.now() - from)
}

/** So many chunks' worth of bytes for so many seconds. */
export async function * chunksFor (seconds: number, chunk: Uint8Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const from = performance.now()
  do yield chunk
  while (performance.now() - from < seconds * 1000 && signal?.aborted !== true)
}
