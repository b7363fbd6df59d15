/** Tells those who listen that something has changed. */
export class Changes<T> {
  readonly #listeners = new Set<(change: T) => void>()

  /** @param signal - listens no more once it is aborted */
  on (listener: (change: T) => void, signal?: AbortSignal): void {
    this.#listeners.add(listener)
    signal?.addEventListener('abort', () => { this.#listeners.delete(listener) }, { once: true })
  }

  tell (change: T): void {
    for (const listener of this.#listeners) listener(change)
  }
}
