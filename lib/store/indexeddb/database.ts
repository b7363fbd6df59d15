import { deferred } from '../../stream/index.js'
import { storeError } from '../errors.js'
import { failure, openDatabase } from './failures.js'

/** The version of the database's shape: its object stores. */
const VERSION = 1
/** Records that are in memory twice while the database is read. */
const READ_AT_ONCE = 256
/** Records that are kept in quarantine. */
const MAX_QUARANTINE = 1000
/** Where a database says what sealed it. */
const SEAL = 'seal'

/** A record as it lies there. Numbers are given by us, and never twice while the database is open. */
export interface StoredRecord {
  readonly number: number
  readonly bytes: Uint8Array
}

/** What a transaction does: records that are put under their numbers, and numbers that are deleted. */
export interface Changes {
  readonly puts: readonly StoredRecord[]
  readonly deletes: readonly number[]
}

/** An IndexedDB database with records under numbers. */
export class Database {
  readonly #database: IDBDatabase

  private constructor (database: IDBDatabase) {
    this.#database = database
  }

  /**
   * Opens it, or makes it. Nobody else has it open, since the caller holds its lock.
   *
   * @param onLost - told when the browser closes it: its data was cleared, or another page deletes it
   * @throws ERR_STORE_OPEN, ERR_STORE_VERSION, ERR_STORE_BUSY, ERR_STORE_SPACE (as rejections)
   */
  static async open (name: string, onLost: () => void): Promise<Database> {
    const opening = openDatabase(name, VERSION)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('about')
      opening.result.createObjectStore('records')
      opening.result.createObjectStore('quarantine', { autoIncrement: true })
    }
    const opened = deferred<IDBDatabase>()
    let refused = false
    opening.onsuccess = () => {
      const database = opening.result
      database.onversionchange = () => { database.close(); onLost() }
      database.onclose = onLost
      opened.resolve(database)
      // it opens all the same once nothing blocks it any more, and nobody would ever close it
      if (refused) database.close()
    }
    opening.onerror = () => { opened.reject(failure(opening.error, 'opening')) }
    opening.onblocked = () => {
      refused = true
      opened.reject(storeError('ERR_STORE_BUSY', 'another page keeps an older version of it open'))
    }
    return new Database(await opened.promise)
  }

  /** What the owner of the records has written about them, if anything. */
  async seal (): Promise<Uint8Array | undefined> {
    const found: unknown = await answer(this.#reading('about').get(SEAL))
    return found instanceof Uint8Array ? found : undefined
  }

  setSeal (bytes: Uint8Array): Promise<void> {
    return this.#change('about', transaction => { transaction.objectStore('about').put(bytes, SEAL) })
  }

  /** Every record, in the order of the numbers, some at a time. */
  async * records (): AsyncGenerator<readonly StoredRecord[], void> {
    for (let last = -1; ;) {
      const store = this.#reading('records')
      const range = IDBKeyRange.lowerBound(last, true)
      const [numbers, values] = await Promise.all([answer(store.getAllKeys(range, READ_AT_ONCE)), answer<unknown[]>(store.getAll(range, READ_AT_ONCE))])
      if (numbers.length === 0) return
      yield numbers.map((number, at) => ({ number: number as number, bytes: bytesOf(values[at]) }))
      last = numbers.at(-1) as number
    }
  }

  /** All of it, or nothing: written through to the disk when it resolves. */
  apply ({ puts, deletes }: Changes): Promise<void> {
    return this.#change('records', transaction => {
      const store = transaction.objectStore('records')
      for (const number of deletes) store.delete(number)
      for (const { number, bytes } of puts) store.put(bytes, number)
    })
  }

  /** Puts records out of the way; the oldest that lie there go when there are too many. */
  setAside (records: readonly StoredRecord[]): Promise<void> {
    return this.#change(['records', 'quarantine'], transaction => {
      const [store, quarantine] = [transaction.objectStore('records'), transaction.objectStore('quarantine')]
      for (const { number, bytes } of records) {
        store.delete(number)
        quarantine.add(bytes)
      }
      const counting = quarantine.count()
      counting.onsuccess = () => {
        const surplus = counting.result - MAX_QUARANTINE
        if (surplus <= 0) return
        const oldest = quarantine.getAllKeys(null, surplus)
        oldest.onsuccess = () => { for (const key of oldest.result) quarantine.delete(key) }
      }
    })
  }

  close (): void {
    this.#database.close()
  }

  /** @throws ERR_STORE_FAILED when the browser has closed the database */
  #reading (name: string): IDBObjectStore {
    try {
      return this.#database.transaction(name).objectStore(name)
    } catch (error) {
      throw failure(error, 'reading')
    }
  }

  async #change (stores: string | string[], work: (transaction: IDBTransaction) => void): Promise<void> {
    let transaction: IDBTransaction | undefined
    try {
      transaction = this.#database.transaction(stores, 'readwrite', { durability: 'strict' })
      const done = ended(transaction)
      work(transaction)
      await done
    } catch (error) {
      // what fails while it is asked for has not aborted the rest by itself
      abort(transaction)
      throw failure(error, 'writing')
    }
  }
}

function ended (transaction: IDBTransaction): Promise<void> {
  const done = deferred({ handled: true })
  transaction.oncomplete = () => { done.resolve() }
  transaction.onabort = () => { done.reject(transaction.error) }
  return done.promise
}

function abort (transaction: IDBTransaction | undefined): void {
  try {
    transaction?.abort()
  } catch {
    // it has ended already
  }
}

function answer<T> (request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => { resolve(request.result) }
    request.onerror = () => { reject(failure(request.error, 'reading')) }
  })
}

/** What is no bytes is no record of ours, and is found damaged. */
function bytesOf (value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}
