import { storeError } from './errors.js'
import type { KeyRange, StoreTransaction } from './interface.js'

/** Bytes of the longest key, and of the longest value. */
const MAX_KEY_BYTES = 512
const MAX_VALUE_BYTES = 1_048_576
/** Keys that are asked for at a time. */
const PAGE = 128

/** What a backend does for a transaction. Arguments have been checked. */
export interface Records {
  get(key: Uint8Array): Uint8Array | undefined
  /** The first keys of a range, those after `after` where it is given. */
  page(range: KeyRange, after: Uint8Array | undefined, limit: number): Uint8Array[]
  set(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
}

/** The view that work is given: checks what it asks for, and is over when the work has returned. */
class Scope implements StoreTransaction {
  readonly #records: Records
  readonly #writable: boolean
  #over = false

  constructor (records: Records, writable: boolean) {
    this.#records = records
    this.#writable = writable
  }

  get (key: Uint8Array): Uint8Array | undefined {
    this.#check(key)
    return this.#records.get(key)
  }

  * keys (range: KeyRange): Generator<Uint8Array, void> {
    for (let after: Uint8Array | undefined; ;) {
      this.#check()
      const page = this.#records.page(range, after, PAGE)
      for (const key of page) {
        yield key
        this.#check()
      }
      if (page.length < PAGE) return
      after = page.at(-1)
    }
  }

  set (key: Uint8Array, value: Uint8Array): void {
    this.#check(key, true)
    if (value.byteLength > MAX_VALUE_BYTES) throw storeError('ERR_STORE_VALUE', `${value.byteLength} bytes`)
    this.#records.set(key, value)
  }

  delete (key: Uint8Array): void {
    this.#check(key, true)
    this.#records.delete(key)
  }

  end (): void {
    this.#over = true
  }

  #check (key?: Uint8Array, write = false): void {
    if (this.#over || write && !this.#writable) throw storeError('ERR_STORE_TRANSACTION')
    if (key !== undefined && (key.byteLength === 0 || key.byteLength > MAX_KEY_BYTES)) throw storeError('ERR_STORE_KEY', `${key.byteLength} bytes`)
  }
}

/** Runs work on records and takes the view from it again. */
export function scoped<T> (records: Records, writable: boolean, work: (scope: StoreTransaction) => T): T {
  const scope = new Scope(records, writable)
  try {
    return work(scope)
  } finally {
    scope.end()
  }
}
