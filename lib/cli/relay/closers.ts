/** What a process has opened, to be let go of in the opposite order. */
export class Closers {
  readonly #closers: Array<() => Promise<void>> = []
  readonly #onFailure: (error: unknown) => void

  /** @param onFailure - told of what one of them fails with */
  constructor (onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  add (close: () => Promise<void>): void { this.#closers.push(close) }

  /** Lets go of each one once, whatever becomes of the others. Never rejects. */
  async close (): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        this.#onFailure(error)
      }
    }
  }
}
