import type { CheckedFilesLimits } from './limits.js'

interface Pause { readonly length: number, readonly until: number }

/** For how long those whose offers were not wanted are not asked about again: each time in a row for twice as long. */
export class Pauses {
  readonly #limits: Pick<CheckedFilesLimits, 'declinePause' | 'maxDeclinePause' | 'maxRemembered'>
  readonly #now: () => number
  /** By the id of each, the latest at the end. */
  readonly #pauses = new Map<string, Pause>()

  /** @param now - milliseconds of a clock that only goes on */
  constructor (limits: Pick<CheckedFilesLimits, 'declinePause' | 'maxDeclinePause' | 'maxRemembered'>, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** Whether this one has to wait. */
  holds (peer: string): boolean { return this.#now() < (this.#pauses.get(peer)?.until ?? -Infinity) }

  /** An offer of this one was not wanted. */
  begin (peer: string): void {
    const { declinePause, maxDeclinePause, maxRemembered } = this.#limits
    const length = Math.min(2 * (this.#pauses.get(peer)?.length ?? declinePause / 2), maxDeclinePause)
    this.#pauses.delete(peer)
    this.#pauses.set(peer, { length, until: this.#now() + length })
    const [oldest] = this.#pauses.keys()
    if (this.#pauses.size > maxRemembered && oldest !== undefined) this.#pauses.delete(oldest)
  }

  /** An offer of this one was wanted. */
  end (peer: string): void { this.#pauses.delete(peer) }
}
