/** Milliseconds for which a reset counts. */
const PERIOD = 10_000

/**
 * How often the other side may open streams only to reset them: each costs us all that a request does, and is not
 * open for long enough to count as such.
 */
export class ResetRate {
  readonly #most: number
  #count = 0
  #since = -Infinity

  /** @param most - resets in ten seconds */
  constructor (most: number) {
    this.#most = most
  }

  /**
   * Counts a reset.
   *
   * @param now - milliseconds on any clock that only goes forward
   * @returns false when it is one too many
   */
  count (now: number): boolean {
    if (now - this.#since >= PERIOD) {
      this.#since = now
      this.#count = 0
    }
    return ++this.#count <= this.#most
  }
}
