import type { NovaLink, RoutedHeader } from '../../nova/index.js'
import { delayOf, SparseSet } from '../../stream/index.js'
import { Passage } from './passage.js'

/** How often in `maxIdle` it is looked whether something is to be cut. */
const LOOKS = 4

/** What is on its way to one connection, and whether that takes it. */
export class Passages {
  readonly #link: NovaLink
  readonly #maxIdle: number
  readonly #maxCrowd: number
  readonly #passages = new SparseSet<Passage>()
  /** Those whose turn has not come, in the order they came. */
  readonly #waiting = new SparseSet<Passage>()
  #timer: NodeJS.Timeout | undefined
  /** When the connection last took anything, or had nothing to take. */
  #takenAt = 0

  /**
   * @param limits - `maxIdle`: see {@link carry}; `maxCrowd`: packets that may wait before {@link isCrowded}
   */
  constructor (link: NovaLink, { maxIdle, maxCrowd }: { readonly maxIdle: number, readonly maxCrowd: number }) {
    this.#link = link
    this.#maxIdle = maxIdle
    this.#maxCrowd = maxCrowd
  }

  /** Whether so much waits already that what is left of the link's queue is for what is the relay's own: mail, answers, and errors. */
  get isCrowded (): boolean { return this.#waiting.size > 0 && this.#waiting.size >= this.#maxCrowd }

  /**
   * Sees a packet through. Who has as many in flight as it takes is held up by those that come to nothing: when one
   * has waited for its turn for `maxIdle`, those of which nothing has moved for as long are cut.
   *
   * @param source - stays the caller's to let go of
   * @throws what the link does, ERR_RELAY_IDLE when it was cut (as rejections)
   */
  async carry (header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#passages.size === 0) this.#takenAt = performance.now()
    const passage = new Passage(source, () => {
      this.#takenAt = performance.now()
      this.#waitsNoMore(passage)
    })
    this.#passages.add(passage)
    const sent = this.#link.send(header, passage)
    if (!passage.started) this.#wait(passage)
    try {
      await sent
    } finally {
      this.#passages.delete(passage)
      this.#waitsNoMore(passage)
      this.#takenAt = performance.now()
    }
  }

  /** Milliseconds for which nothing has been taken of what waits; 0 when nothing waits for the connection. */
  heldUpFor (): number {
    for (const passage of this.#passages) if (passage.heldUp) return performance.now() - this.#takenAt
    return 0
  }

  #wait (passage: Passage): void {
    this.#waiting.add(passage)
    // one for all of them: there may be thousands, and each look goes over all that is in flight
    this.#timer ??= setInterval(() => { this.#look() }, delayOf(Math.ceil(this.#maxIdle / LOOKS)))
  }

  #waitsNoMore (passage: Passage): void {
    this.#waiting.delete(passage)
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look (): void {
    const [longest] = this.#waiting
    if (longest === undefined || longest.age < this.#maxIdle) return
    for (const passage of this.#passages) passage.cutIfIdle(this.#maxIdle)
  }
}
