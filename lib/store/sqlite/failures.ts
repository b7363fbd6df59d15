import { HushwireError } from '../../stream/index.js'
import { storeError } from '../errors.js'

/** What SQLite calls it, such as `SQLITE_FULL`; empty when it is not an error of SQLite's. */
export function sqliteCode (error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : ''
}

/** True when an error came from the driver, not from the work that used it. */
export function isFailure (error: unknown): boolean {
  return sqliteCode(error) !== ''
}

/** True when the file is what is wrong. A statement that finds no table is one, too: the schema is ours. */
export function isDamage (error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 'SQLITE_ERROR' || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_FORMAT' || code === 'SQLITE_SCHEMA'
}

/** An error of the driver as one of ours; others as they are. */
export function failure (error: unknown, during: 'opening' | 'reading' | 'writing'): unknown {
  if (error instanceof HushwireError || !isFailure(error)) return error
  const code = sqliteCode(error)
  if (code.startsWith('SQLITE_FULL')) return storeError('ERR_STORE_SPACE', undefined, error)
  if (code.startsWith('SQLITE_READONLY')) return storeError('ERR_STORE_READ_ONLY', undefined, error)
  if (code.startsWith('SQLITE_BUSY') && during === 'opening') return storeError('ERR_STORE_BUSY', undefined, error)
  if (code.startsWith('SQLITE_IOERR') && during === 'writing') return storeError('ERR_STORE_FAILED', code, error)
  return isDamage(error) ? storeError('ERR_STORE_DAMAGED', code, error) : storeError('ERR_STORE_IO', code, error)
}
