import type { KeyRange } from '../interface.js'
import type { Records } from '../scope.js'
import { checksum } from './checksum.js'
import type { Driver, Row, Statement } from './driver.js'
import { isFailure } from './failures.js'

/** Records in quarantine; the oldest are dropped. */
const MAX_QUARANTINE = 1000
/** Rows that are checked at a time: of 1 MiB at the most. */
const CHECKED_AT_ONCE = 16

/** A record whose checksum does not hold. */
export interface Damaged {
  readonly key: Uint8Array
  readonly bytes: number
}

/** The records of an open database. Runs in whatever transaction is open. */
export class SqliteRecords implements Records {
  readonly #get: Statement
  readonly #first: Statement
  readonly #after: Statement
  readonly #set: Statement
  readonly #delete: Statement
  readonly #walk: Statement
  readonly #keep: Statement
  readonly #trim: Statement
  readonly #remove: Statement
  readonly #onDamaged: (damaged: Damaged) => void
  /** True while a transaction for writing is open. */
  writing = false

  /** @param onDamaged - told of what has been put into quarantine */
  constructor (driver: Driver, onDamaged: (damaged: Damaged) => void) {
    this.#get = driver.prepare('SELECT id, key, value, sum FROM records WHERE key = ?')
    this.#first = driver.prepare('SELECT key FROM records WHERE key >= ? AND key < ? ORDER BY key LIMIT ?')
    this.#after = driver.prepare('SELECT key FROM records WHERE key > ? AND key < ? ORDER BY key LIMIT ?')
    this.#set = driver.prepare('INSERT INTO records (key, value, sum) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum')
    this.#delete = driver.prepare('DELETE FROM records WHERE key = ?')
    this.#walk = driver.prepare('SELECT id, key, value, sum FROM records WHERE id > ? ORDER BY id LIMIT ?')
    this.#keep = driver.prepare('INSERT INTO quarantine (key, value, sum, found) VALUES (?, ?, ?, ?)')
    this.#trim = driver.prepare('DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?')
    this.#remove = driver.prepare('DELETE FROM records WHERE id = ?')
    this.#onDamaged = onDamaged
  }

  get (key: Uint8Array): Uint8Array | undefined {
    const row = this.#get.get(key)
    if (row === undefined) return undefined
    const record = recordOf(row)
    if (record.sound) return record.value
    this.#setAside(row)
    return undefined
  }

  page ({ from, to }: KeyRange, after: Uint8Array | undefined, limit: number): Uint8Array[] {
    const rows = after === undefined ? this.#first.all(from, to, limit) : this.#after.all(after, to, limit)
    return rows.map(row => row['key'] as Uint8Array)
  }

  set (key: Uint8Array, value: Uint8Array): void {
    this.#set.run(key, value, checksum(key, value))
  }

  delete (key: Uint8Array): void {
    this.#delete.run(key)
  }

  /** Checks every record. */
  check (): void {
    for (let last = -Infinity; ;) {
      const rows = this.#walk.all(Math.max(last, -Number.MAX_SAFE_INTEGER), CHECKED_AT_ONCE)
      for (const row of rows) {
        last = row['id'] as number
        if (!recordOf(row).sound) this.#setAside(row)
      }
      if (rows.length < CHECKED_AT_ONCE) return
    }
  }

  #setAside (row: Row): void {
    const { key, value, sum } = recordOf(row)
    try {
      this.#keep.run(key, value, sum, Date.now())
      this.#trim.run(MAX_QUARANTINE)
      this.#remove.run(row['id'] as number)
    } catch (error) {
      // who reads is not to be troubled by a disk that is full; the record stays where it is, and is never served
      if (this.writing || !isFailure(error)) throw error
    }
    this.#onDamaged({ key, bytes: value.byteLength })
  }
}

/** A row of the records, and whether its checksum holds. */
export function recordOf (row: Row): { readonly key: Uint8Array, readonly value: Uint8Array, readonly sum: number, readonly sound: boolean } {
  const [key, value, sum] = [row['key'], row['value'], row['sum']]
  // in a damaged row a column can have any type
  if (!(key instanceof Uint8Array) || !(value instanceof Uint8Array) || typeof sum !== 'number') {
    return { key: key instanceof Uint8Array ? key : new Uint8Array(), value: value instanceof Uint8Array ? value : new Uint8Array(), sum: 0, sound: false }
  }
  return { key, value, sum, sound: checksum(key, value) === sum }
}
