import { failureOf } from '../terminal/failure.js'
import type { Output } from '../terminal/output.js'
import { plainLine } from '../terminal/plain-text.js'

/** Milliseconds in which a relay may refuse for a moment, before anybody is told. */
const PATIENCE = 5000

/** What the relay does not take though there is a connection, as when its disk is full. It is told once, and again only when something was taken in between. */
export class Untaken {
  readonly #output: Pick<Output, 'event' | 'warn' | 'situation'>
  readonly #what: string
  readonly #later: string
  readonly #clock: () => number
  /** When it was first not taken. */
  #since: number | undefined
  #told = false

  /**
   * @param about - `what` is not taken, and what becomes of it `later`, a sentence
   * @param clock - milliseconds that never go backwards
   */
  constructor (output: Pick<Output, 'event' | 'warn' | 'situation'>, { what, later }: { readonly what: string, readonly later: string }, clock: () => number = () => performance.now()) {
    this.#output = output
    this.#what = what
    this.#later = later
    this.#clock = clock
  }

  /** For `onRetry` of what is sent. */
  readonly again = (error: Error): void => {
    const now = this.#clock()
    this.#since ??= now
    if (this.#told || now - this.#since < PATIENCE) return
    this.#told = true
    const { code, message, advice } = failureOf(error, this.#output.situation)
    this.#output.event('untaken', { code })
    const ofRelay = `Tell who runs the relay if that goes on${code === 'ERR_RELAY_UNAVAILABLE' ? ': its disk may be full' : ''}.`
    const whatToDo = code === 'ERR_RELAY_UNAVAILABLE' || advice === '' ? ofRelay : advice
    this.#output.warn(`the relay has not taken ${this.#what} yet (${code}: ${plainLine(message)}). ${this.#later} ${whatToDo}`)
  }

  /** Something was taken. */
  taken (): void {
    this.#since = undefined
    this.#told = false
  }
}
