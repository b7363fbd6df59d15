import { randomFillSync } from 'node:crypto'
import { now } from '../harness/clock.js'
import { quantile } from '../harness/statistics.js'
import type { RoundTrips, Work } from './peer.js'

/** Counts what comes at a server until it is what was expected. */
export class Tally {
  #bytes = 0
  #units = 0
  #expectedBytes = 0
  #expectedUnits = 0
  #arrived = Promise.resolve(0)
  #resolve: ((at: number) => void) | undefined

  /** @param bytesOnly - where nothing marks the end of a packet */
  expect (work: Work, bytesOnly = false): void {
    this.#expectedBytes += work.count * work.size
    if (!bytesOnly) this.#expectedUnits += work.shape === 'each' ? work.count : 1
    this.#arrived = new Promise(resolve => { this.#resolve = resolve })
    this.#check()
  }

  arrived (): Promise<number> { return this.#arrived }

  bytes (count: number): void {
    this.#bytes += count
    this.#check()
  }

  unit (): void {
    this.#units++
    this.#check()
  }

  #check (): void {
    if (this.#resolve === undefined || this.#bytes < this.#expectedBytes || this.#units < this.#expectedUnits) return
    this.#resolve(now())
    this.#resolve = undefined
  }
}

/** Bytes that do not compress. */
export function noise (size: number): Uint8Array {
  return randomFillSync(new Uint8Array(size))
}

/** The same chunk, as often as the work says. */
export function * chunks (work: Work): Generator<Uint8Array> {
  const chunk = noise(work.size)
  for (let i = 0; i < work.count; i++) yield chunk
}

/** Runs a task for each of `count`, `inFlight` at a time. */
export async function inTurns (count: number, inFlight: number, task: () => Promise<void>): Promise<void> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await task()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

/** Takes the time of each call. */
export async function timed (count: number, call: () => Promise<void>): Promise<RoundTrips> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const from = performance.now()
    await call()
    times.push((performance.now() - from) * 1000)
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}
