import { u64 } from '../keys.js'
import { checksum } from './checksum.js'
import type { Driver, Statement } from './driver.js'

const LABEL = new TextEncoder().encode('commits')

/** Sets how many transactions there have been. */
export function commitStatement (driver: Driver): Statement {
  return driver.prepare('INSERT INTO commits (id, count, sum) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET count = excluded.count, sum = excluded.sum')
}

export function writeCommits (statement: Statement, count: number): void {
  statement.run(count, checksum(LABEL, u64(count)))
}

/** How many transactions there have been: 0 in a new database, undefined when the count is damaged. */
export function readCommits (driver: Driver): number | undefined {
  const row = driver.prepare('SELECT count, sum FROM commits WHERE id = 1').get()
  if (row === undefined) return 0
  const count = row['count']
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 && checksum(LABEL, u64(count)) === row['sum'] ? count : undefined
}
