/**
 * How long to wait before the next try: exponential, with full jitter, so that those who were cut off at once do not come
 * back at once.
 */
export class Backoff {
  readonly #min: number
  readonly #max: number
  readonly #random: () => number
  #tries = 0

  /**
   * @param min - milliseconds, the most for the first try
   * @param max - milliseconds, the most ever
   * @param random - from 0 up to 1
   */
  constructor (min: number, max: number, random: () => number = Math.random) {
    this.#min = min
    this.#max = max
    this.#random = random
  }

  /** Tries since the last success. */
  get tries (): number { return this.#tries }

  /** Milliseconds to wait now. */
  next (): number {
    const most = Math.min(this.#max, this.#min * 2 ** Math.min(this.#tries++, 30))
    return Math.ceil(this.#random() * most)
  }

  /** It has worked. */
  reset (): void { this.#tries = 0 }
}
