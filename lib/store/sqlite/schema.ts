import { storeError } from '../errors.js'
import type { Driver } from './driver.js'

/** A step from one version of the tables to the next. */
export type SchemaStep = (driver: Driver) => void

/** The table of the records. It is the first that is made, so it begins on page 2: salvaging relies on that. */
export const RECORDS_TABLE = 'CREATE TABLE records (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, sum INTEGER NOT NULL) STRICT'

/** The tables, step by step; `PRAGMA user_version` is how many have been done. */
export const SCHEMA: readonly SchemaStep[] = [
  (driver: Driver): void => {
    driver.exec(RECORDS_TABLE)
    driver.exec('CREATE TABLE quarantine (id INTEGER PRIMARY KEY, key BLOB NOT NULL, value BLOB NOT NULL, sum INTEGER NOT NULL, found INTEGER NOT NULL) STRICT')
    driver.exec('CREATE TABLE commits (id INTEGER PRIMARY KEY, count INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT')
  }
]

/** Does the steps that are left, each in a transaction of its own. @throws ERR_STORE_VERSION, and what the driver throws */
export function upgrade (driver: Driver, steps: readonly SchemaStep[]): void {
  const version = Number(driver.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version > steps.length || version < 0) throw storeError('ERR_STORE_VERSION', `tables ${version}`)
  for (let done = version; done < steps.length; done++) {
    driver.exec('BEGIN IMMEDIATE')
    try {
      steps[done]?.(driver)
      driver.exec(`PRAGMA user_version = ${done + 1}`)
      driver.exec('COMMIT')
    } catch (error) {
      rollBack(driver)
      throw error
    }
  }
}

/** SQLite may have done it by itself, after a failure of the disk. */
export function rollBack (driver: Driver): void {
  try {
    driver.exec('ROLLBACK')
  } catch {
    // there is nothing to roll back
  }
}
