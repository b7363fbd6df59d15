/** What is left to say of a direction in which nothing else is to be sent: nothing yet, a goaway, or its end. */
export type LastWord = 'wait' | 'goaway' | 'end'

/**
 * How the own direction of a link comes to its end (nova.md, Control: goaway). A goaway is the last that is said where the link has
 * one. With credit it may be said twice: the other side has to hear that nothing more is begun, and what it has begun itself still
 * needs credit.
 */
export class SendingEnd {
  readonly #goaway: boolean
  #state: 'open' | 'closing' | 'ended' = 'open'
  #code = 0
  /** The other side has been told that nothing more is begun. */
  #announced = false
  /** What was sent last is a goaway. */
  #said = false

  /** @param goaway - whether the link has goaways */
  constructor (goaway: boolean) {
    this.#goaway = goaway
  }

  get closing (): boolean { return this.#state === 'closing' }
  get ended (): boolean { return this.#state === 'ended' }
  /** Why the goaway is said. */
  get code (): number { return this.#code }

  /** The end is wanted. @returns false when it was before */
  close (code: number): boolean {
    if (this.#state !== 'open') return false
    this.#state = 'closing'
    this.#code = code
    return true
  }

  /** Something else is sent. */
  spoke (): void { this.#said = false }

  /**
   * Nothing else is to be sent: what is said now counts as said.
   *
   * @param mayEnd - whether the other side needs to hear nothing more from us
   */
  next (mayEnd: () => boolean): LastWord {
    if (this.#state === 'open') return 'wait'
    if (this.closing && this.#goaway) {
      if (this.#announced && !mayEnd()) return 'wait'
      if (!this.#announced || !this.#said) return this.#say()
    }
    this.#state = 'ended'
    return 'end'
  }

  #say (): LastWord {
    this.#announced = true
    this.#said = true
    return 'goaway'
  }
}
