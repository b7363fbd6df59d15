/** A rate: so many a second, and so many at once after a pause. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Milliseconds that never go backwards: of the process, not of the wall. */
export type Clock = () => number

/**
 * A bucket of tokens. `limiter` has one by a monotonic clock too, but it begins empty, takes nothing larger than itself, and its
 * clock cannot be given: here a chunk of bytes is charged after it came, however large, and the debt is waited for.
 */
export class Bucket {
  readonly #rate: Rate
  readonly #clock: Clock
  #tokens: number
  #filled: number

  constructor (rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate.burst
    this.#filled = clock()
  }

  /** Takes one if there is one. */
  take (): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Takes so many, into debt. @returns milliseconds until the debt is paid; 0 when there is none */
  charge (count: number): number {
    this.#fill()
    this.#tokens -= count
    return this.#tokens >= 0 ? 0 : -this.#tokens * 1000 / this.#rate.perSecond
  }

  #fill (): void {
    const now = this.#clock()
    // what is charged is less than infinite, so nothing is ever NaN
    const came = Math.max(0, now - this.#filled) * this.#rate.perSecond / 1000
    this.#filled = now
    this.#tokens = Math.min(this.#rate.burst, Number.isNaN(came) ? this.#rate.burst : this.#tokens + came)
  }
}
