const HOUR = 3_600_000

/** So many in an hour, all at once or as they come. */
export class Allowance {
  readonly #perHour: number
  readonly #clock: () => number
  #left: number
  #filled: number

  /** @param clock - milliseconds that never go backwards */
  constructor (perHour: number, clock: () => number = () => performance.now()) {
    this.#perHour = perHour
    this.#clock = clock
    this.#left = perHour
    this.#filled = clock()
  }

  /** How many there are now. */
  get left (): number {
    const now = this.#clock()
    // of infinitely many there are always as many
    if (this.#perHour !== Infinity) this.#left = Math.min(this.#perHour, this.#left + (now - this.#filled) * this.#perHour / HOUR)
    this.#filled = now
    return Math.max(0, Math.floor(this.#left))
  }

  take (count: number): void { this.#left -= count }

  /** Gives some back. */
  give (count: number): void { this.#left = Math.min(this.#perHour, this.#left + count) }
}
