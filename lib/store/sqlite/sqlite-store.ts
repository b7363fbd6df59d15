import { deferred, HushwireError, type Deferred } from '../../stream/index.js'
import { storeError } from '../errors.js'
import type { Store, StoreReport, StoreTransaction, StoreView } from '../interface.js'
import { scoped } from '../scope.js'
import type { Driver, Statement } from './driver.js'
import { failure, isFailure } from './failures.js'
import type { Lock } from './lock.js'
import type { Mark } from './mark.js'
import type { Damaged, SqliteRecords } from './records.js'
import { commitStatement, writeCommits } from './commits.js'
import { rollBack } from './schema.js'

/** Transactions that are committed together at the most. */
const MAX_BATCH = 256

/** What a store is made of. */
export interface Parts {
  readonly driver: Driver
  readonly records: SqliteRecords
  readonly mark: Mark
  readonly lock: Lock
  /** Transactions that have been acknowledged. */
  readonly commits: number
  /** What was found damaged and not reported yet; the records add to it. */
  readonly damaged: Damaged[]
  readonly report: (report: StoreReport) => void
}

interface Waiting {
  /** Runs the work, and says how to settle its promise once that is on disk. */
  run(): () => void
  fail(error: unknown): void
}

/**
 * A store over an open database. Writes that are asked for in one turn of the event loop are committed together, each in a
 * savepoint of its own: syncing the file is what a commit costs.
 */
export class SqliteStore implements Store {
  readonly #parts: Parts
  readonly #commit: Statement
  #commits: number
  #quarantined = 0
  #waiting: Waiting[] = []
  #scheduled = false
  #failed: Error | undefined
  #closing: Deferred<void> | undefined

  constructor (parts: Parts) {
    this.#parts = parts
    this.#commit = commitStatement(parts.driver)
    this.#commits = parts.commits
    this.#tellDamaged()
  }

  get quarantined (): number { return this.#quarantined }

  async read<T> (work: (view: StoreView) => T): Promise<T> {
    this.#checkOpen()
    try {
      return scoped(this.#parts.records, false, work)
    } catch (error) {
      throw failure(error, 'reading')
    } finally {
      this.#tellDamaged()
    }
  }

  async write<T> (work: (transaction: StoreTransaction) => T): Promise<T> {
    this.#checkOpen()
    const written = deferred<T>()
    this.#waiting.push({
      run: () => {
        const result = scoped(this.#parts.records, true, work)
        return () => { written.resolve(result) }
      },
      fail: error => { written.reject(error) }
    })
    this.#schedule()
    return written.promise
  }

  close (): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = deferred()
      if (!this.#scheduled) this.#finish()
    }
    return this.#closing.promise
  }

  #checkOpen (): void {
    if (this.#closing !== undefined) throw storeError('ERR_STORE_CLOSED')
    if (this.#failed !== undefined) throw this.#failed
  }

  #schedule (): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#writeBatch(this.#waiting.splice(0, MAX_BATCH))
      if (this.#waiting.length > 0) this.#schedule()
      else if (this.#closing !== undefined) this.#finish()
    })
  }

  #writeBatch (batch: readonly Waiting[]): void {
    if (this.#failed !== undefined) {
      for (const one of batch) one.fail(this.#failed)
      return
    }
    try {
      for (const settle of this.#transaction(batch)) settle()
    } catch (error) {
      const cause = failure(error, 'writing')
      if (cause instanceof HushwireError && cause.fatal) this.#failed = cause
      // one that is too large for the disk must not fail the others
      if (batch.length > 1) for (const one of batch) this.#writeBatch([one])
      else batch[0]?.fail(cause)
    } finally {
      this.#tellDamaged()
    }
  }

  /** @throws what the driver does; nothing of the batch is kept then */
  #transaction (batch: readonly Waiting[]): Array<() => void> {
    const { driver, records, mark, damaged } = this.#parts
    const settling: Array<() => void> = []
    records.writing = true
    try {
      driver.exec('BEGIN IMMEDIATE')
      for (const one of batch) {
        const known = damaged.length
        driver.exec('SAVEPOINT work')
        try {
          settling.push(one.run())
        } catch (error) {
          // after a failure of the disk SQLite may have rolled back everything
          if (isFailure(error)) throw error
          driver.exec('ROLLBACK TO work')
          damaged.length = known
          settling.push(() => { one.fail(error) })
        }
        driver.exec('RELEASE work')
      }
      writeCommits(this.#commit, this.#commits + 1)
      driver.exec('COMMIT')
    } catch (error) {
      rollBack(driver)
      damaged.length = 0
      throw error
    } finally {
      records.writing = false
    }
    this.#commits++
    mark.write(this.#commits)
    return settling
  }

  #tellDamaged (): void {
    for (const { key, bytes } of this.#parts.damaged.splice(0)) {
      this.#quarantined++
      this.#parts.report({ type: 'record-damaged', key, bytes })
    }
  }

  #finish (): void {
    const { driver, mark, lock } = this.#parts
    abandonDatabase(driver)
    mark.close()
    lock.release()
    this.#closing?.resolve()
  }
}

/**
 * Closes a database so that one file is left, and lets go of the lock at once: libsql keeps a closed connection, and with
 * it the log and the lock, until the last statement has been collected as garbage.
 *
 * @throws what the driver does
 */
export function leaveDatabase (driver: Driver): void {
  try {
    driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
    driver.prepare('PRAGMA journal_mode = DELETE').all()
    driver.prepare('PRAGMA locking_mode = NORMAL').all()
    driver.prepare('PRAGMA user_version').all()
  } finally {
    driver.close()
  }
}

/** Closes a database as far as it can be closed: what was acknowledged is in the log, and is found there when the store is opened again. */
export function abandonDatabase (driver: Driver): void {
  try {
    leaveDatabase(driver)
  } catch {
    // what has failed is the disk, and it has been told where something was lost by it
  }
}
