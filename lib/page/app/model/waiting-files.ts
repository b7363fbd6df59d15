const STORE = 'sets'

/** Files that were chosen, and a name for each as a path. */
export interface ChosenFile {
  readonly path: string
  readonly file: File
}

/** Files for somebody that are not all there yet. */
export interface WaitingSet {
  readonly id: string
  readonly peer: string
  readonly files: readonly ChosenFile[]
}

/**
 * Copies of the files that are being sent, in a database of their own, so that a page that is loaded again goes on by itself. The browser keeps
 * them beside its other data, as they are.
 */
export class WaitingFiles {
  readonly #database: IDBDatabase

  private constructor (database: IDBDatabase) {
    this.#database = database
  }

  static open (name: string): Promise<WaitingFiles> {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(name, 1)
      opening.onupgradeneeded = () => { opening.result.createObjectStore(STORE, { keyPath: 'id' }) }
      opening.onsuccess = () => {
        opening.result.onversionchange = () => { opening.result.close() }
        resolve(new WaitingFiles(opening.result))
      }
      opening.onerror = () => { reject(opening.error ?? new DOMException('not opened', 'UnknownError')) }
    })
  }

  async all (): Promise<WaitingSet[]> {
    return this.#ask('readonly', store => store.getAll() as IDBRequest<WaitingSet[]>)
  }

  /** @throws QuotaExceededError and others of the browser (as rejections) */
  async add (set: WaitingSet): Promise<void> {
    await this.#ask('readwrite', store => store.put(set))
  }

  async delete (id: string): Promise<void> {
    await this.#ask('readwrite', store => store.delete(id))
  }

  #ask<T> (mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, mode)
      const asked = ask(transaction.objectStore(STORE))
      transaction.oncomplete = () => { resolve(asked.result) }
      transaction.onabort = () => { reject(transaction.error ?? asked.error ?? new DOMException('not kept', 'AbortError')) }
    })
  }
}
