import { storeError } from './errors.js'
import type { Store, StoreTransaction } from './interface.js'
import { numberIn, storeKey, u64 } from './keys.js'

/** Turns the records of one version into those of the next. */
export type Migration = (transaction: StoreTransaction) => void

/** A damaged copy leaves the other one. */
const COPIES = [0, 1] as const

/**
 * Brings the records of one name to the newest version: each step in a transaction of its own, together with its number,
 * so that a process that dies between two goes on with the next. A name that is new begins with the newest version.
 *
 * @param name - of what the records belong to, such as `mail`
 * @param steps - the first one turns version 1 into 2, and so on; the newest version is one more than there are steps
 * @returns the version that was there before, or undefined when the name is new
 * @throws ERR_STORE_VERSION when the records are of a version that has no step here, and what `write` does (as rejections)
 * @example
 * ```ts runnable
 * import { memoryStore, migrate, storeKey } from 'hushwire/store'
 *
 * const store = memoryStore()
 * await migrate(store, 'notes', [])
 * // the next release keeps them under another name
 * await migrate(store, 'notes', [transaction => { transaction.delete(storeKey('notes/old')) }])
 * ```
 */
export async function migrate (store: Store, name: string, steps: readonly Migration[]): Promise<number | undefined> {
  const newest = steps.length + 1
  const before = await store.write(transaction => {
    const version = versionOf(transaction, name)
    if (version === undefined) setVersion(transaction, name, newest)
    return version
  })
  if (before !== undefined && before > newest) throw storeError('ERR_STORE_VERSION', `${name} ${before}`)
  for (let version = before ?? newest; version < newest; version++) {
    await store.write(transaction => {
      steps[version - 1]?.(transaction)
      setVersion(transaction, name, version + 1)
    })
  }
  return before
}

function versionOf (transaction: StoreTransaction, name: string): number | undefined {
  for (const copy of COPIES) {
    const version = transaction.get(storeKey(`version/${name}/`, copy))
    if (version !== undefined) return numberIn(version, 0)
  }
  return undefined
}

function setVersion (transaction: StoreTransaction, name: string, version: number): void {
  for (const copy of COPIES) transaction.set(storeKey(`version/${name}/`, copy), u64(version))
}
