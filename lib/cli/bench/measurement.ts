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
 */
export async function perSecond (seconds: number, work: () => unknown): Promise<number> {
  // what is compiled and allocated at first is not counted
  await work()
  const from = performance.now()
  let count = 0
  do {
    await work()
    count++
  } while (performance.now() - from < seconds * 1000)
  return count * 1000 / (performance.now() - from)
}

/** So many chunks' worth of bytes for so many seconds. */
export async function * chunksFor (seconds: number, chunk: Uint8Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const from = performance.now()
  do yield chunk
  while (performance.now() - from < seconds * 1000 && signal?.aborted !== true)
}
