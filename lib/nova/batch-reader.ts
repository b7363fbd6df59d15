import { ignore } from '../stream/index.js'
import type { Frame } from './frame.js'

/** What a read gives: frames, or that there are no more. */
export type Batch = IteratorResult<Frame[]>

/** Who makes batches. */
interface BatchMaker {
  /** The next one, if there is anything to put into it. */
  nextBatch(): Batch | undefined
  /** The last one was given: there are no more. */
  ended(): void
  /** One could not be made. */
  fail(error: Error): void
}

/** Who reads the batches of a link, one at a time: none is made before it is asked for, so that what comes meanwhile goes into it. */
export class BatchReader {
  readonly #maker: BatchMaker
  /** True while whoever reads waits for a batch. */
  #waiting = false
  #wake: () => void = ignore
  #wakeScheduled = false
  readonly #flush = (): void => {
    this.#wakeScheduled = false
    this.flush()
  }

  constructor (maker: BatchMaker) {
    this.#maker = maker
  }

  /**
   * The next batch, if there is anything to put into it; else `wake` is called once there may be.
   *
   * @throws what making it has failed with
   */
  poll (wake: () => void): Batch | undefined {
    try {
      const batch = this.#maker.nextBatch()
      this.#waiting = batch === undefined
      this.#wake = wake
      if (batch?.done === true) this.#maker.ended()
      return batch
    } catch (error) {
      this.#maker.fail(error as Error)
      throw error
    }
  }

  /** There may be something to read: in a microtask, so that everything that is finished in this turn goes out in one write. */
  wake (): void {
    if (this.#wakeScheduled || !this.#waiting) return
    this.#wakeScheduled = true
    queueMicrotask(this.#flush)
  }

  /** Wakes whoever waits, at once. */
  flush (): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#wake()
  }
}
