import { storeError } from './errors.js'
import type { Store, StoreTransaction, StoreView } from './interface.js'
import { MemoryRecords } from './memory-records.js'
import { scoped } from './scope.js'

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
