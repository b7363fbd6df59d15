import { asError, deferred, HushwireError, type Deferred } from '../../stream/index.js'
import { storeError } from '../errors.js'
import type { Store, StoreReport, StoreTransaction, StoreView } from '../interface.js'
import { scoped } from '../scope.js'
import type { Database } from './database.js'
import type { NumberedRecords } from './numbered.js'

/** Transactions that are written together at the most. */
const MAX_BATCH = 256

/** What a store is made of. */
export interface Parts {
  readonly database: Database
  readonly records: NumberedRecords
  /** Lets go of the lock. */
  readonly release: () => void
  /** What was found damaged while it was opened. */
  readonly reports: readonly StoreReport[]
}

interface Waiting {
  /** Runs the work, and says how to settle its promise once that is on disk. */
  run(): () => void
  fail(error: unknown): void
}

/**
 * All records in memory, and every change of them in the database before its write resolves. While changes are on their way to the
 * database, readers wait: they see nothing that may turn out not to be kept.
 */
export class IndexedDbStore implements Store {
  readonly quarantined: number
  readonly #parts: Parts
  #waiting: Waiting[] = []
  #readers: Array<() => void> = []
  #working = false
  #failed: Error | undefined
  #closing: Deferred<void> | undefined

  constructor (parts: Parts) {
    this.#parts = parts
    this.quarantined = parts.reports.length
  }

  async read<T> (work: (view: StoreView) => T): Promise<T> {
    this.#checkOpen()
    if (this.#working) {
      const turn = deferred()
      this.#readers.push(turn.resolve)
      await turn.promise
    }
    return scoped(this.#parts.records.memory, false, work)
  }

  async write<T> (work: (transaction: StoreTransaction) => T): Promise<T> {
    this.#checkOpen()
    const written = deferred<T>()
    this.#waiting.push({
      run: () => {
        const result = scoped(this.#parts.records.memory, true, work)
        return () => { written.resolve(result) }
      },
      fail: error => { written.reject(error) }
    })
    if (!this.#working) void this.#work()
    return written.promise
  }

  close (): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = deferred()
      if (!this.#working) this.#finish()
    }
    return this.#closing.promise
  }

  /** The browser has closed the database: what is acknowledged from now on would be in memory alone. */
  lost (): void {
    this.#failed ??= storeError('ERR_STORE_FAILED', 'the browser has closed it, or its data was cleared')
  }

  #checkOpen (): void {
    if (this.#closing !== undefined) throw storeError('ERR_STORE_CLOSED')
    if (this.#failed !== undefined) throw this.#failed
  }

  /** Writes until nothing waits. Never rejects. */
  async #work (): Promise<void> {
    this.#working = true
    // the rest of this turn's writes go along
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#writeBatch(this.#waiting.splice(0, MAX_BATCH))
      // memory is what the database is, until the next batch begins
      this.#letRead()
      await Promise.resolve()
    }
    this.#working = false
    this.#letRead()
    if (this.#closing !== undefined) this.#finish()
  }

  async #writeBatch (batch: readonly Waiting[]): Promise<void> {
    const { memory } = this.#parts.records
    try {
      if (this.#failed !== undefined) throw this.#failed
      for (const settle of await this.#transaction(batch)) settle()
    } catch (error) {
      memory.undo()
      if (error instanceof HushwireError && error.fatal) this.#failed ??= error
      // one that there is no room for must not fail the others
      if (batch.length > 1 && this.#failed === undefined) for (const one of batch) await this.#writeBatch([one])
      else for (const one of batch) one.fail(asError(error))
    }
  }

  /** @throws what the database does; nothing of the batch is kept then (as rejections) */
  async #transaction (batch: readonly Waiting[]): Promise<Array<() => void>> {
    const { database, records } = this.#parts
    const settling: Array<() => void> = []
    for (const one of batch) {
      const before = records.memory.changes
      try {
        settling.push(one.run())
      } catch (error) {
        records.memory.undo(before)
        settling.push(() => { one.fail(error) })
      }
    }
    const { changes, kept } = await records.changes()
    if (changes.puts.length + changes.deletes.length > 0) await database.apply(changes)
    kept()
    return settling
  }

  #letRead (): void {
    for (const read of this.#readers.splice(0)) read()
  }

  #finish (): void {
    this.#parts.database.close()
    this.#parts.release()
    this.#closing?.resolve()
  }
}
