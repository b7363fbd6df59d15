import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { checksum } from './checksum.js'
import type { Connect, Driver, Row } from './driver.js'
import { isFailure } from './failures.js'
import { recordOf } from './records.js'
import { RECORDS_TABLE } from './schema.js'

const PAGE_BYTES = 4096
const VERSIONS_AT = 18
const PAGES_AT = 28
/** The largest id that is exact as a number. */
const LAST = Number.MAX_SAFE_INTEGER

/**
 * Reads what can be read of a damaged database: each row of the table of records that SQLite still finds, in the order of
 * its id. It writes into the file, so it is given a copy.
 *
 * @param scratch - where a small database may be made
 */
export function * salvage (connect: Connect, path: string, scratch: string): Generator<Row, void> {
  putFirstPage(path, firstPage(connect, scratch))
  let driver: Driver | undefined
  try {
    driver = connect(path)
    yield * rows(driver)
  } catch (error) {
    // nothing more of it can be read
    if (!isFailure(error)) throw error
  } finally {
    driver?.close()
  }
}

/** Page 1 of a database with the table of records and nothing else: the header, and the schema. */
function firstPage (connect: Connect, scratch: string): Uint8Array {
  const driver = connect(scratch)
  // without the index, which may be what is damaged
  driver.exec(RECORDS_TABLE.replace(' UNIQUE', ''))
  driver.close()
  return readFileSync(scratch).subarray(0, PAGE_BYTES)
}

/** Puts a sound page 1 into a database: what is in it is known but for the number of pages (SQLite's file format, 1.3). */
function putFirstPage (path: string, page: Uint8Array): void {
  const file = openSync(path, 'r+')
  try {
    const { size } = fstatSync(file)
    if (size < PAGE_BYTES) return
    const logged = existsSync(`${path}-wal`)
    const header = new DataView(page.buffer, page.byteOffset)
    header.setUint8(VERSIONS_AT, logged ? 2 : 1)
    header.setUint8(VERSIONS_AT + 1, logged ? 2 : 1)
    header.setUint32(PAGES_AT, Math.floor(size / PAGE_BYTES))
    writeSync(file, page, 0, PAGE_BYTES, 0)
  } finally {
    closeSync(file)
  }
}

/** False when the versions in the header cannot be right: SQLite would take the file for one that it may only read. */
export function soundVersions (path: string): boolean {
  const file = openSync(path, 'r')
  try {
    return fstatSync(file).size < PAGE_BYTES || readVersions(file)
  } finally {
    closeSync(file)
  }
}

/** Those of writing and of reading: 1 is without a log, 2 with one. */
function readVersions (file: number): boolean {
  const versions = new Uint8Array(2)
  readSync(file, versions, 0, 2, VERSIONS_AT)
  const [write, read] = versions
  return write === read && (write === 1 || write === 2)
}

/** Every row that can be reached. Behind one that cannot be read, the next one that can is looked for. */
function * rows (driver: Driver): Generator<Row, void> {
  const statement = driver.prepare('SELECT id, key, value, sum FROM records WHERE id > ? ORDER BY id LIMIT 1')
  /** The first row behind an id; null when there is none, undefined when it cannot be read. */
  const next = (after: number): Row | null | undefined => {
    try {
      const row = statement.get(after)
      if (row === undefined) return null
      const id = row['id']
      return typeof id === 'number' && id > after && id < LAST ? row : undefined
    } catch (error) {
      if (!isFailure(error)) throw error
      return undefined
    }
  }
  for (let last = 0; ;) {
    const row = next(last)
    if (row === null) return
    if (row !== undefined) {
      last = row['id'] as number
      yield row
      continue
    }
    // in growing steps, then back to the first place from where reading goes on
    let [bad, good] = [last, last + 1]
    while (next(good) === undefined) {
      if (good >= LAST / 2) return
      ;[bad, good] = [good, good + 2 * (good - last)]
    }
    while (good - bad > 1) {
      const middle = bad + Math.floor((good - bad) / 2)
      if (next(middle) === undefined) bad = middle
      else good = middle
    }
    last = good
  }
}

/** Puts rows into a new database. @returns how many were sound; the others are told to `onDamaged` */
export function refill (driver: Driver, found: Iterable<Row>, onDamaged: (row: Row) => void): number {
  const insert = driver.prepare('INSERT OR IGNORE INTO records (key, value, sum) VALUES (?, ?, ?)')
  let count = 0
  driver.exec('BEGIN IMMEDIATE')
  for (const row of found) {
    const { key, value, sound } = recordOf(row)
    if (!sound) {
      onDamaged(row)
      continue
    }
    insert.run(key, value, checksum(key, value))
    count++
    if (count % 1000 === 0) {
      driver.exec('COMMIT')
      driver.exec('BEGIN IMMEDIATE')
    }
  }
  driver.exec('COMMIT')
  return count
}
