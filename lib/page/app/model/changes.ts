/** Tells those who listen that something has changed. */
export class Changes<T> {
  readonly #listeners = new Set<(change: T) => void>()

  on (listener: (change: T) => void): void {
    this.#listeners.add(listener)
  }

  tell (change: T): void {
    for (const listener of this.#listeners) listener(change)
  }
}
