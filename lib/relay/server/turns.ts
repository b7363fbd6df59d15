import { deferred, type Deferred } from '../../stream/index.js'

/** So many at a time; more wait, in the order in which they came. */
export class Turns {
  readonly #most: number
  readonly #waiting: Array<Deferred<void>> = []
  #taken = 0

  constructor (most: number) {
    this.#most = most
  }

  /** Runs a task when its turn has come. @throws what the task does (as rejections) */
  async run<T> (task: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#most) this.#taken++
    else {
      const turn = deferred()
      this.#waiting.push(turn)
      await turn.promise
    }
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#taken--
      else next.resolve()
    }
  }
}
