import { deferred, ignore, type Deferred } from '../stream/index.js'
import type { Mail } from './mailbox.js'

/** What a reader asks its mailbox. */
export interface MailQuery {
  /** The first message behind a position. */
  next(after: number): Promise<Mail | undefined>
  /** Told when the reader is over. */
  release(): void
}

/** One reader of one recipient's mail. */
export class MailReader implements AsyncIterableIterator<Mail> {
  readonly #query: MailQuery
  readonly #follow: boolean
  #after: number
  #over = false
  /** Resolved when there may be more, or the reader is over. */
  #woken: Deferred<void> = deferred()
  #last: Promise<unknown> = Promise.resolve()

  constructor (query: MailQuery, after: number, follow: boolean) {
    this.#query = query
    this.#after = after
    this.#follow = follow
  }

  next (): Promise<IteratorResult<Mail>> {
    const result = this.#last.then(() => this.#advance())
    this.#last = result.catch(ignore)
    return result
  }

  async return (): Promise<IteratorResult<Mail>> {
    this.end()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator] (): this { return this }

  /** There may be more. */
  wake (): void {
    this.#woken.resolve()
  }

  end (): void {
    if (this.#over) return
    this.#over = true
    this.#query.release()
    this.wake()
  }

  async #advance (): Promise<IteratorResult<Mail>> {
    while (!this.#over) {
      // before it looks: what comes while it does must not be slept through
      this.#woken = deferred()
      const mail = await this.#query.next(this.#after)
      if (mail !== undefined) {
        this.#after = mail.position
        return { value: mail, done: false }
      }
      if (!this.#follow) this.end()
      else if (!this.#over) await this.#woken.promise
    }
    return { value: undefined, done: true }
  }
}
