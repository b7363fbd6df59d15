/** Milliseconds that a rate looks back. */
const WINDOW = 5000
/** Milliseconds between two samples. */
const STEP = 250

/** How fast something goes on, over the last seconds. */
export class Rate {
  readonly #samples: Array<{ readonly time: number, readonly bytes: number }> = []

  /** How far it is, at a time in milliseconds. */
  sample (bytes: number, time: number): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && time - last.time < STEP) return
    this.#samples.push({ time, bytes })
    while (this.#samples.length > 2 && time - (this.#samples[1]?.time ?? 0) >= WINDOW) this.#samples.shift()
  }

  /** Bytes a second; 0 while nothing is known. */
  get perSecond (): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.time === first.time) return 0
    return Math.max(0, (last.bytes - first.bytes) / (last.time - first.time) * 1000)
  }
}
