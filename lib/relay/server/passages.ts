import type { NovaLink, RoutedHeader } from '../../nova/index.js'
import { delayOf, SparseSet } from '../../stream/index.js'
import { relayError } from '../errors.js'
import { Passage } from './passage.js'

/** What is on its way to one connection, and whether that takes it. */
export class Passages {
  readonly #link: NovaLink
  readonly #maxIdle: number
  readonly #passages = new SparseSet<Passage>()
  /** When the connection last took anything, or had nothing to take. */
  #takenAt = 0

  constructor (link: NovaLink, maxIdle: number) {
    this.#link = link
    this.#maxIdle = maxIdle
  }

  /**
   * Sees a packet through. Who has as many in flight as it takes is held up by those that come to nothing: when one
   * has waited for its turn for `maxIdle`, those of which nothing has moved for as long are cut.
   *
   * @param source - stays the caller's to let go of
   * @throws what the link does, ERR_RELAY_IDLE when it was cut (as rejections)
   */
  async carry (header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#passages.size === 0) this.#takenAt = performance.now()
    const passage = new Passage(source, () => { this.#takenAt = performance.now() })
    this.#passages.add(passage)
    const sent = this.#link.send(header, passage)
    const timer = passage.started ? undefined : setInterval(() => { this.#cutIdle(passage) }, delayOf(this.#maxIdle))
    try {
      await sent
    } finally {
      clearInterval(timer)
      this.#passages.delete(passage)
      this.#takenAt = performance.now()
    }
  }

  /** Milliseconds for which nothing has been taken of what waits; 0 when nothing waits for the connection. */
  heldUpFor (): number {
    for (const passage of this.#passages) if (passage.heldUp) return performance.now() - this.#takenAt
    return 0
  }

  #cutIdle (waiting: Passage): void {
    if (waiting.started) return
    for (const passage of this.#passages) passage.cutIfIdle(this.#maxIdle, relayError('ERR_RELAY_IDLE'))
  }
}
