/** What a table keeps: it may be forgotten when it is idle. */
interface Forgettable {
  readonly idle: boolean
}

/** Entries that one call looks at. */
const LOOK = 16

/**
 * Entries by key, made when they are asked for. When there are too many, the one that was unused for longest gives way; those
 * that are in use never do, and are limited by the connections that use them.
 */
export class Table<T extends Forgettable> {
  readonly #max: number
  readonly #make: () => T
  /** In the order of their last use. */
  readonly #entries = new Map<string, T>()

  constructor (max: number, make: () => T) {
    this.#max = max
    this.#make = make
  }

  get size (): number { return this.#entries.size }

  of (key: string): T {
    const entry = this.#entries.get(key) ?? this.#make()
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size > this.#max) this.#forget(entry)
    return entry
  }

  /** A few of the oldest are looked at, so that a call costs the same however many there are. */
  #forget (kept: T): void {
    let looked = 0
    for (const [key, entry] of this.#entries) {
      if (looked++ >= LOOK) return
      // to the end, so that the next call looks at others
      this.#entries.delete(key)
      if (entry === kept || !entry.idle) this.#entries.set(key, entry)
      else return
    }
  }
}
