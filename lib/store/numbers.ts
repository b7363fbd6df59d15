import type { StoreTransaction } from './interface.js'
import { numberIn, u64 } from './keys.js'

/** Numbers that are reserved by one write. */
const BLOCK = 1024

/** Numbers that go up and are never given twice, also across restarts: they are reserved ahead in a record. */
export class Numbers {
  readonly #key: Uint8Array
  #next: number

  /** @param atLeast - above every number that is in use, for when the record is lost */
  constructor (transaction: StoreTransaction, key: Uint8Array, atLeast: number) {
    const record = transaction.get(key)
    this.#key = key
    this.#next = Math.max(record === undefined ? 1 : numberIn(record, 0), atLeast)
  }

  take (transaction: StoreTransaction): number {
    const number = this.#next++
    const record = transaction.get(this.#key)
    if (record === undefined || numberIn(record, 0) <= number) transaction.set(this.#key, u64(number + BLOCK))
    return number
  }
}
