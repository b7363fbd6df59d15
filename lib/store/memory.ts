import { storeError } from './errors.js'
import type { KeyRange, Store, StoreTransaction, StoreView } from './interface.js'
import { scoped, type Records } from './scope.js'

/**
 * A store in memory, for tests, browsers, and relays that may forget: what it holds goes with the process. What it takes
 * is bounded by what stands on it (the quotas of a mailbox, of a directory).
 *
 * @example
 * ```ts runnable
 * import { memoryStore, storeKey } from 'hushwire/store'
 *
 * const store = memoryStore()
 * await store.write(transaction => { transaction.set(storeKey('greeting/', 1), Uint8Array.of(1, 2, 3)) })
 * console.log(await store.read(view => view.get(storeKey('greeting/', 1)))) // Uint8Array(3) [ 1, 2, 3 ]
 * await store.close()
 * ```
 */
export function memoryStore (): Store {
  return new MemoryStore()
}

class MemoryStore implements Store {
  readonly quarantined = 0
  readonly #records = new MemoryRecords()
  #closed = false

  async read<T> (work: (view: StoreView) => T): Promise<T> {
    if (this.#closed) throw storeError('ERR_STORE_CLOSED')
    return scoped(this.#records, false, work)
  }

  async write<T> (work: (transaction: StoreTransaction) => T): Promise<T> {
    if (this.#closed) throw storeError('ERR_STORE_CLOSED')
    try {
      return scoped(this.#records, true, work)
    } catch (error) {
      this.#records.undo()
      throw error
    } finally {
      this.#records.keep()
    }
  }

  async close (): Promise<void> {
    this.#closed = true
  }
}

/** Keys as texts of one unit a byte, whose order is that of the bytes. */
class MemoryRecords implements Records {
  readonly #values = new Map<string, Uint8Array>()
  readonly #sorted: string[] = []
  /** What stood there before, in the order of the changes. */
  #changes: Array<readonly [key: string, before: Uint8Array | undefined]> = []

  get (key: Uint8Array): Uint8Array | undefined {
    const value = this.#values.get(textOf(key))
    return value === undefined ? undefined : new Uint8Array(value)
  }

  page ({ from, to }: KeyRange, after: Uint8Array | undefined, limit: number): Uint8Array[] {
    const end = this.#indexOf(textOf(to))
    const last = after === undefined ? undefined : textOf(after)
    let start = this.#indexOf(last ?? textOf(from))
    if (last !== undefined && this.#sorted[start] === last) start++
    return this.#sorted.slice(start, Math.max(start, Math.min(end, start + limit))).map(text => Uint8Array.from(text, unit => unit.charCodeAt(0)))
  }

  set (key: Uint8Array, value: Uint8Array): void {
    this.#change(textOf(key), new Uint8Array(value))
  }

  delete (key: Uint8Array): void {
    this.#change(textOf(key), undefined)
  }

  undo (): void {
    for (const [key, before] of this.#changes.reverse()) this.#put(key, before)
  }

  keep (): void {
    this.#changes = []
  }

  #change (key: string, value: Uint8Array | undefined): void {
    this.#changes.push([key, this.#values.get(key)])
    this.#put(key, value)
  }

  #put (key: string, value: Uint8Array | undefined): void {
    const known = this.#values.has(key)
    if (value !== undefined && !known) this.#sorted.splice(this.#indexOf(key), 0, key)
    if (value === undefined && known) this.#sorted.splice(this.#indexOf(key), 1)
    if (value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
  }

  /** Where a key is, or would be. */
  #indexOf (key: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = low + high >>> 1
      if ((this.#sorted[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function textOf (key: Uint8Array): string {
  // spreading would go through an iterator, which takes most of a small write
  return Reflect.apply(String.fromCharCode, undefined, key) as string
}
