import type { Passage } from './passage.js'

/** The mail that is being stored: when the mailbox has no place left, the slowest of it gives way, so that nobody holds places by sending a byte at a time. */
export class Storing {
  readonly #grace: number
  readonly #since = new Map<Passage, number>()

  /** @param grace - milliseconds for which mail is left alone */
  constructor (grace: number) {
    this.#grace = grace
  }

  begin (passage: Passage): void {
    this.#since.set(passage, performance.now())
  }

  end (passage: Passage): void {
    this.#since.delete(passage)
  }

  /** Cuts the mail that has gained least for its time. Who asked for a place comes again. */
  cutSlowest (): void {
    const now = performance.now()
    let slowest: Passage | undefined
    let least = Infinity
    for (const [passage, since] of this.#since) {
      const time = now - since
      if (time < this.#grace || passage.bytes / time >= least) continue
      slowest = passage
      least = passage.bytes / time
    }
    slowest?.cutIfIdle(0)
  }
}
