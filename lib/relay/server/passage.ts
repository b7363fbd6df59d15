import { letGo } from '../../stream/index.js'

/** One packet on its way to a target: whether its turn has come, and how long nothing has come of it. */
export class Passage implements AsyncIterableIterator<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>
  #started = false
  #waitingSince = 0
  #cut: ((error: Error) => void) | undefined

  constructor (source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** True once the target's link has begun to take it. */
  get started (): boolean { return this.#started }

  next (): Promise<IteratorResult<Uint8Array>> {
    this.#started = true
    this.#waitingSince = performance.now()
    return new Promise((resolve, reject) => {
      this.#cut = reject
      this.#source.next().then(result => {
        // before the next one is asked for
        this.#cut = undefined
        resolve(result)
      }, reject)
    })
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    letGo(this.#source)
    return { value: undefined, done: true }
  }

  /** Fails it when its sender has given nothing for so many milliseconds though it was asked. */
  cutIfIdle (limit: number, error: Error): void {
    if (performance.now() - this.#waitingSince >= limit) this.#cut?.(error)
  }

  [Symbol.asyncIterator] (): this { return this }
}
