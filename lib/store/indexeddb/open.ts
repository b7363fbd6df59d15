import { checkExpected, limitsOf } from '../../stream/index.js'
import { storeError } from '../errors.js'
import type { Store, StoreReport } from '../interface.js'
import { Database } from './database.js'
import { IndexedDbStore } from './indexeddb-store.js'
import { takeLock } from './lock.js'
import { NumberedRecords } from './numbered.js'
import { noSeal, sealWith, type Seal } from './seal.js'

/** Milliseconds for a page that is being left to let go. */
const LIMITS = { lockTimeout: 1000 } as const
/** What the seal of a database holds; a number that no record has. */
const SEALED = new TextEncoder().encode('hushwire')
const SEAL_NUMBER = -1

/** Options of {@link openIndexedDbStore}. */
export interface IndexedDbStoreOptions {
  /** Of the database, among those of the origin. */
  readonly name: string
  /** Seals every record, its key included: AES-GCM, for encryption and decryption, as {@link sealingKey} makes it. Default: records lie there as they are. */
  readonly key?: CryptoKey | undefined
  /** Told of damage while the store is opened. What it throws is dropped. Default: `quarantined` of the store alone says so. */
  readonly onReport?: ((report: StoreReport) => void) | undefined
  /** Milliseconds to wait for a page that is being left. Default 1,000. */
  readonly lockTimeout?: number | undefined
}

/**
 * Opens a store in the browser, or makes it. All of it is in memory, for reading; every write is in the database, and written through to
 * the disk, before it resolves. So it is for what one person keeps, some ten thousand records. One page, window or worker has it open at a time.
 *
 * The browser may clear what a site keeps when the disk is full, unless `navigator.storage.persist()` was granted; and its owner
 * may at any time. Then the store fails with ERR_STORE_FAILED.
 *
 * @throws ERR_ARGUMENT, ERR_LIMIT_OPTION, ERR_STORE_OPEN, ERR_STORE_BUSY, ERR_STORE_VERSION, ERR_STORE_SEAL, ERR_STORE_SPACE, ERR_STORE_IO, ERR_STORE_FAILED (as rejections)
 * @example
 * ```ts
 * import { openIndexedDbStore, sealingKey } from 'hushwire/store/indexeddb'
 *
 * const store = await openIndexedDbStore({ name: 'notes', key: await sealingKey('notes-key') })
 * await store.write(transaction => { transaction.set(Uint8Array.of(1), Uint8Array.of(2)) })
 * await store.close()
 * ```
 */
export async function openIndexedDbStore (options: IndexedDbStoreOptions): Promise<Store> {
  checkExpected(options, {
    name: [value => typeof value === 'string' && value !== '', 'a name of one character or more'],
    key: [value => value instanceof CryptoKey && value.algorithm.name === 'AES-GCM', 'a CryptoKey for AES-GCM; sealingKey makes one'],
    onReport: [value => typeof value === 'function', 'a function']
  }, ['name'])
  const { name, key, onReport } = options
  const { lockTimeout } = limitsOf(LIMITS, { lockTimeout: options.lockTimeout })
  const release = await takeLock(`hushwire/store/${name}`, lockTimeout)
  let database: Database | undefined
  let store: IndexedDbStore | undefined
  let lost = false
  try {
    database = await Database.open(name, () => { lost = true; store?.lost() })
    const seal = key === undefined ? noSeal : sealWith(key)
    await checkSeal(database, seal, key !== undefined)
    const records = new NumberedRecords(seal)
    const reports = await records.load(database)
    store = new IndexedDbStore({ database, records, release, reports })
    // while it was being read
    if (lost) store.lost()
    for (const report of reports) tell(onReport, report)
    return store
  } catch (error) {
    database?.close()
    release()
    throw error
  }
}

/** With another key every record would look damaged, and be put aside. @throws ERR_STORE_SEAL (as rejections) */
async function checkSeal (database: Database, seal: Seal, sealed: boolean): Promise<void> {
  const found = await database.seal()
  if (found === undefined) {
    await database.setSeal(await seal.seal(SEAL_NUMBER, SEALED))
    return
  }
  const opened = await seal.open(SEAL_NUMBER, found)
  if (opened === undefined || opened.byteLength !== SEALED.byteLength || opened.some((byte, at) => byte !== SEALED[at])) {
    throw storeError('ERR_STORE_SEAL', sealed ? undefined : 'no key was given')
  }
}

function tell (onReport: IndexedDbStoreOptions['onReport'], report: StoreReport): void {
  try {
    onReport?.(report)
  } catch {
    // the caller's own affair
  }
}
