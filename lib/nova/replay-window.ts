import { streamError } from '../stream/index.js'

const WORD = 32

/**
 * A sliding window over numbers that may each be used once: what was marked is refused from then on, and so is
 * what lies `width` or more below the highest that was marked. Its memory is `width` bits (RFC 6479's ring).
 *
 * @example
 * ```ts
 * import { ReplayWindow } from 'hushwire/nova'
 *
 * const window = new ReplayWindow(1024)
 * if (window.accepts(7)) window.mark(7) // after what came with it has been authenticated
 * window.accepts(7) // false
 * ```
 */
export class ReplayWindow {
  readonly #width: number
  readonly #ring: Uint32Array
  readonly #floor: number
  #highest: number

  /**
   * @param width - how many numbers back from the highest one are still taken, 1 to 2^24
   * @param floor - the highest number that is refused from the start, none by default
   * @throws ERR_LIMIT_OPTION when the width is out of its range
   */
  constructor (width = 1024, floor = -1) {
    if (!Number.isInteger(width) || width < 1 || width > 0x1000000) throw streamError('ERR_LIMIT_OPTION', 'width of a replay window')
    if (!Number.isSafeInteger(floor) || floor < -1) throw streamError('ERR_LIMIT_OPTION', 'floor of a replay window')
    this.#width = width
    this.#floor = floor
    this.#highest = floor
    // one word more than the window, so that words are cleared whole as it moves
    this.#ring = new Uint32Array(Math.ceil(width / WORD) + 1)
  }

  /** The highest number that was marked, -1 before any. */
  get highest (): number { return this.#highest }

  /** True when `n` is new and not too old. False for what is not a safe integer from 0. */
  accepts (n: number): boolean {
    if (!Number.isSafeInteger(n) || n < 0) return false
    if (n > this.#highest) return true
    if (n <= this.#floor || n <= this.#highest - this.#width) return false
    return ((this.#ring[this.#slot(n)] as number) & bit(n)) === 0
  }

  /** Marks `n` as used and moves the window up to it. What {@link ReplayWindow.accepts} refuses changes nothing. */
  mark (n: number): void {
    if (!this.accepts(n)) return
    if (n > this.#highest) this.#moveTo(n)
    const slot = this.#slot(n)
    this.#ring[slot] = (this.#ring[slot] as number) | bit(n)
  }

  #moveTo (n: number): void {
    const from = Math.floor(this.#highest / WORD)
    const words = Math.min(Math.floor(n / WORD) - from, this.#ring.length)
    for (let i = 1; i <= words; i++) this.#ring[(from + i) % this.#ring.length] = 0
    this.#highest = n
  }

  #slot (n: number): number {
    return Math.floor(n / WORD) % this.#ring.length
  }
}

function bit (n: number): number {
  return 1 << (n % WORD)
}
