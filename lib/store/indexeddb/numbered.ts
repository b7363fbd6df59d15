import type { StoreReport } from '../interface.js'
import { MemoryRecords, textOf } from '../memory-records.js'
import type { Changes, Database, StoredRecord } from './database.js'
import { decodeRecord, encodeRecord } from './record.js'
import type { Seal } from './seal.js'

/** The records in memory, and under which numbers they lie in the database, which must not know their keys. */
export class NumberedRecords {
  readonly memory = new MemoryRecords()
  readonly #numbers = new Map<string, number>()
  readonly #seal: Seal
  #next = 0

  constructor (seal: Seal) {
    this.#seal = seal
  }

  /**
   * Reads the database; what does not open is put into quarantine.
   *
   * @returns a report of each record that was damaged
   * @throws what the database does (as rejections)
   */
  async load (database: Database): Promise<StoreReport[]> {
    const reports: StoreReport[] = []
    const damaged: StoredRecord[] = []
    for await (const records of database.records()) {
      const opened = await Promise.all(records.map(({ number, bytes }) => this.#seal.open(number, bytes)))
      for (const [at, record] of records.entries()) {
        this.#next = Math.max(this.#next, record.number + 1)
        const bytes = opened[at]
        const found = bytes === undefined ? undefined : decodeRecord(bytes)
        if (found !== undefined && !this.#numbers.has(textOf(found.key))) {
          this.memory.set(found.key, found.value)
          this.#numbers.set(textOf(found.key), record.number)
          continue
        }
        damaged.push(record)
        reports.push({ type: 'record-damaged', key: new Uint8Array(found?.key ?? []), bytes: record.bytes.byteLength })
      }
      this.memory.keep()
    }
    if (damaged.length > 0) await database.setAside(damaged)
    return reports
  }

  /**
   * What has changed in memory, for the database.
   *
   * @returns the changes, and what is to be called once they are kept
   */
  async changes (): Promise<{ readonly changes: Changes, readonly kept: () => void }> {
    const puts: Array<Promise<StoredRecord>> = []
    const deletes: number[] = []
    const numbers = new Map<string, number | undefined>()
    for (const [key, value] of this.memory.changed()) {
      const known = this.#numbers.get(key)
      if (value !== undefined) {
        const number = known ?? this.#next++
        numbers.set(key, number)
        puts.push(this.#seal.seal(number, encodeRecord(key, value)).then(bytes => ({ number, bytes })))
      } else if (known !== undefined) {
        numbers.set(key, undefined)
        deletes.push(known)
      }
    }
    return {
      changes: { puts: await Promise.all(puts), deletes },
      kept: () => {
        for (const [key, number] of numbers) {
          if (number === undefined) this.#numbers.delete(key)
          else this.#numbers.set(key, number)
        }
        this.memory.keep()
      }
    }
  }
}
