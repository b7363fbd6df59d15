import { deferred, type Deferred } from '../stream/index.js'

/** Places of which only so many are taken at a time, first come, first served. */
export class Slots {
  #places: number
  #taken = 0
  readonly #waiting: Array<Deferred<void>> = []

  constructor (places: number) {
    this.#places = places
  }

  /** How many there are from now on; those that are taken stay. */
  set places (places: number) {
    this.#places = places
    this.#serve()
  }

  /** Runs work in a place, when there is one. @throws what the work throws */
  async use<T> (work: () => Promise<T>): Promise<T> {
    const turn = deferred()
    this.#waiting.push(turn)
    this.#serve()
    await turn.promise
    try {
      return await work()
    } finally {
      this.#taken--
      this.#serve()
    }
  }

  #serve (): void {
    while (this.#taken < this.#places) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#taken++
      next.resolve()
    }
  }
}
