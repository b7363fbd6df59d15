import { storeError } from '../errors.js'
import { failure, openDatabase } from './failures.js'

const STORE = 'keys'
const KEY = 'sealing'

/**
 * The key that this browser seals with under a name: AES-256-GCM by WebCrypto, not extractable, made at the first call and kept in an
 * IndexedDB database of that name. Pages can use it and cannot read it. It is no secret from whoever can read the files of the
 * browser's profile, where the browser keeps it in the clear, nor does it keep a script in the page from opening what it has sealed.
 *
 * @throws ERR_STORE_OPEN, ERR_STORE_SPACE, ERR_STORE_IO (as rejections)
 * @example
 * ```ts
 * import { sealingKey } from 'hushwire/store/indexeddb'
 *
 * const key = await sealingKey('notes-key')
 * console.log(key.extractable) // false
 * ```
 */
export async function sealingKey (name: string): Promise<CryptoKey> {
  // pages of http: that are not of this machine have none
  if ((crypto as Partial<Crypto>).subtle === undefined) throw storeError('ERR_STORE_OPEN', 'the page is not a secure context: open it by https:, or at localhost')
  const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const database = await open(name)
  try {
    return await firstOf(database, fresh)
  } finally {
    database.close()
  }
}

function open (name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = openDatabase(name, 1)
    opening.onupgradeneeded = () => { opening.result.createObjectStore(STORE) }
    opening.onsuccess = () => { resolve(opening.result) }
    opening.onerror = () => { reject(failure(opening.error, 'opening')) }
  })
}

/** The key that is there, or this one: in one transaction, so that two pages at once have the same. */
function firstOf (database: IDBDatabase, fresh: CryptoKey): Promise<CryptoKey> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
    let key = fresh
    const asked = transaction.objectStore(STORE).get(KEY)
    asked.onsuccess = () => {
      if (asked.result instanceof CryptoKey) key = asked.result
      else transaction.objectStore(STORE).put(fresh, KEY)
    }
    transaction.oncomplete = () => { resolve(key) }
    transaction.onabort = () => { reject(failure(transaction.error, 'writing')) }
  })
}
