import type { MaybePromise } from '../stream/index.js'
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
  /** Settles the read that is pending. */
  #pending: ((batch: MaybePromise<Batch>) => void) | undefined
  #wakeScheduled = false

  constructor (maker: BatchMaker) {
    this.#maker = maker
  }

  /** @returns a promise of the next batch: what is ready now, or else the first that becomes ready */
  read (): Promise<Batch> {
    const batch = new Promise<Batch>(resolve => { this.#pending = resolve })
    this.flush()
    return batch
  }

  /** There may be something to read: in a microtask, so that everything that is finished in this turn goes out in one write. */
  wake (): void {
    if (this.#wakeScheduled || this.#pending === undefined) return
    this.#wakeScheduled = true
    queueMicrotask(() => {
      this.#wakeScheduled = false
      this.flush()
    })
  }

  /** Gives the next batch to who reads, if there is one. */
  flush (): void {
    const read = this.#pending
    if (read === undefined) return
    try {
      const batch = this.#maker.nextBatch()
      if (batch === undefined) return
      this.#pending = undefined
      read(batch)
      if (batch.done === true) this.#maker.ended()
    } catch (error) {
      this.#maker.fail(error as Error)
    }
  }

  /** Fails the read that is pending. */
  fail (error: Error): void {
    this.#pending?.(Promise.reject(error))
    this.#pending = undefined
  }
}
