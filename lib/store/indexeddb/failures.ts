import { HushwireError } from '../../stream/index.js'
import { storeError } from '../errors.js'

/** An error of the browser as one of ours. */
export function failure (error: unknown, during: 'opening' | 'reading' | 'writing'): HushwireError {
  if (error instanceof HushwireError) return error
  const name = error instanceof Error ? error.name : ''
  if (name === 'QuotaExceededError') return storeError('ERR_STORE_SPACE', 'the browser gives this site no more', error)
  if (name === 'VersionError') return storeError('ERR_STORE_VERSION', undefined, error)
  if (during === 'opening') return storeError('ERR_STORE_OPEN', name, error)
  // the connection to the database is gone
  if (name === 'InvalidStateError') return storeError('ERR_STORE_FAILED', 'the browser has closed it', error)
  return storeError('ERR_STORE_IO', name, error)
}

/** Asks for a database. Where pages may keep nothing, the browser throws at once. @throws ERR_STORE_OPEN */
export function openDatabase (name: string, version: number): IDBOpenDBRequest {
  try {
    return indexedDB.open(name, version)
  } catch (error) {
    throw failure(error, 'opening')
  }
}
