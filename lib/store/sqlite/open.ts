import { existsSync } from 'node:fs'
import { HushwireError } from '../../stream/index.js'
import { storeError } from '../errors.js'
import type { Store, StoreReport } from '../interface.js'
import { commitStatement, readCommits, writeCommits } from './commits.js'
import type { Connect, Driver, Row } from './driver.js'
import { failure, isDamage } from './failures.js'
import { Folder } from './folder.js'
import { Lock } from './lock.js'
import { Mark } from './mark.js'
import { recordOf, SqliteRecords, type Damaged } from './records.js'
import { refill, salvage, soundVersions } from './salvage.js'
import { SCHEMA, upgrade, type SchemaStep } from './schema.js'
import { abandonDatabase, leaveDatabase, SqliteStore } from './sqlite-store.js'

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /** Where its files are: a folder of its own, made when it is not there. */
  readonly folder: string
  /** Told of damage, while the store is opened and later. There is no default: damage must not go by unseen. What it throws is dropped. */
  readonly onReport: (report: StoreReport) => void
  /** Whether the database and the checksum of each record are checked before the store is used. Default true; without it, damage is found when it is read. */
  readonly verify?: boolean | undefined
}

/** What tests put in. */
export interface Inner {
  readonly connect: Connect
  readonly schema?: readonly SchemaStep[]
}

/** A database that has been opened and checked. */
interface Opened {
  readonly driver: Driver
  readonly records: SqliteRecords
  readonly commits: number | undefined
  readonly damaged: Damaged[]
}

/** Why a database is taken for damaged. */
class Unsound extends Error {}

/** Opens the store of a folder. @throws what `openSqliteStore` does */
export function openFolder ({ folder: path, onReport, verify = true }: SqliteStoreOptions, { connect, schema = SCHEMA }: Inner): Store {
  const report = (about: StoreReport): void => {
    try {
      onReport(about)
    } catch {
      // the caller's own affair
    }
  }
  let lock: Lock | undefined
  let mark: Mark | undefined
  let opened: Opened | undefined
  try {
    const folder = new Folder(path)
    lock = new Lock(connect, folder.lock)
    const settled = folder.settle()
    for (const kept of settled.kept) report({ type: 'file-damaged', kept, detail: 'it had been replaced when the process died', records: 0 })
    let { number } = settled
    mark = new Mark(folder.mark)
    try {
      opened = openDatabase(connect, folder.database(number), schema, verify)
    } catch (error) {
      if (!(error instanceof Unsound) && !isDamage(error)) throw error
      const { kept, records, damaged } = replace(folder, number, connect, schema, mark.found)
      report({ type: 'file-damaged', kept, detail: (error as Error).message, records })
      for (const { key, bytes } of damaged) report({ type: 'record-damaged', key, bytes })
      opened = openDatabase(connect, folder.database(++number), schema, verify)
    }
    folder.sync()
    const { driver, records, damaged } = opened
    const commits = Math.max(mark.found, opened.commits ?? mark.found)
    if (opened.commits !== undefined && opened.commits < mark.found) {
      report({ type: 'commits-lost', commits: mark.found - opened.commits, kept: folder.keepLog(number) })
    }
    // reported once
    if (opened.commits !== commits) writeCommits(commitStatement(driver), commits)
    return new SqliteStore({ driver, records, mark, lock, commits, damaged, report })
  } catch (error) {
    if (opened !== undefined) abandonDatabase(opened.driver)
    mark?.close()
    lock?.release()
    throw opening(error)
  }
}

/** @throws Unsound, ERR_STORE_VERSION, and what the driver does */
function openDatabase (connect: Connect, path: string, schema: readonly SchemaStep[], verify: boolean): Opened {
  const known = existsSync(path)
  if (known && !soundVersions(path)) throw new Unsound('the versions of the file format')
  const driver = connect(path)
  try {
    // before the log: its index is in memory then, and no file of its own
    driver.prepare('PRAGMA locking_mode = EXCLUSIVE').all()
    const mode = driver.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
    if (mode !== 'wal') throw storeError('ERR_STORE_OPEN', `no log, but journal mode ${String(mode)}`)
    driver.exec('PRAGMA synchronous = FULL')
    driver.exec('PRAGMA journal_size_limit = 67108864')
    upgrade(driver, schema)
    if (known && verify) checkPages(driver)
    const damaged: Damaged[] = []
    const records = new SqliteRecords(driver, one => damaged.push(one))
    if (known && verify) records.check()
    return { driver, records, commits: readCommits(driver), damaged }
  } catch (error) {
    abandonDatabase(driver)
    throw error
  }
}

/** @throws Unsound */
function checkPages (driver: Driver): void {
  const first = driver.prepare('PRAGMA integrity_check(1)').all()[0]
  const finding = first === undefined ? 'nothing' : Object.values(first)[0]
  if (finding !== 'ok') throw new Unsound(String(finding))
}

/** Puts a damaged database aside and makes a new one of what can be read of it. @returns what came of it */
function replace (folder: Folder, number: number, connect: Connect, schema: readonly SchemaStep[], commits: number): { kept: string, records: number, damaged: Damaged[] } {
  const damaged: Damaged[] = []
  const fresh = connect(folder.fresh)
  let records: number
  try {
    upgrade(fresh, schema)
    const keep = fresh.prepare('INSERT INTO quarantine (key, value, sum, found) VALUES (?, ?, ?, ?)')
    records = refill(fresh, salvage(connect, folder.copyOf(number), folder.scratch), (row: Row) => {
      const { key, value, sum } = recordOf(row)
      keep.run(key, value, sum, Date.now())
      damaged.push({ key, bytes: value.byteLength })
    })
    writeCommits(commitStatement(fresh), commits + 1)
  } finally {
    leaveDatabase(fresh)
  }
  folder.promote(number + 1)
  const kept = folder.keep(number)
  // the copy goes
  folder.settle()
  return { kept, records, damaged }
}

function opening (error: unknown): unknown {
  const known = failure(error, 'opening')
  return known instanceof HushwireError ? known : storeError('ERR_STORE_OPEN', error instanceof Error ? error.message : undefined, error)
}
