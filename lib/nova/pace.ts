/** Lets something happen so many times within a time, and no more. */
export class Pace {
  readonly #most: number
  readonly #milliseconds: number
  readonly #clock: () => number
  /** When it happened, the oldest first. */
  readonly #times: number[] = []

  /** @param clock - milliseconds that never go backwards */
  constructor (most: number, milliseconds: number, clock: () => number = () => performance.now()) {
    this.#most = most
    this.#milliseconds = milliseconds
    this.#clock = clock
  }

  /** Whether it may happen now, which counts. */
  take (): boolean {
    if (this.#most === Infinity) return true
    const now = this.#clock()
    while (this.#times.length > 0 && now - (this.#times[0] as number) >= this.#milliseconds) this.#times.shift()
    if (this.#times.length >= this.#most) return false
    this.#times.push(now)
    return true
  }
}
