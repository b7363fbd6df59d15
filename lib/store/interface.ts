/** A part of the ordered keys: from `from` on, up to and without `to`, in the order of their bytes. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/** What work in a transaction sees: one state of the store. It must not be used after the work has returned. */
export interface StoreView {
  /**
   * The value of a key, new memory, or undefined where there is none. A damaged record reads as none, after it has been
   * put into quarantine and reported.
   *
   * @throws ERR_STORE_KEY, ERR_STORE_TRANSACTION, ERR_STORE_DAMAGED
   */
  get(key: Uint8Array): Uint8Array | undefined
  /**
   * Keys of a range, in order, new memory each. What is set or deleted meanwhile is seen where it lies ahead.
   *
   * @throws ERR_STORE_TRANSACTION, ERR_STORE_DAMAGED
   */
  keys(range: KeyRange): Iterable<Uint8Array>
}

/** A view that can be written to: all of it is kept, or none. */
export interface StoreTransaction extends StoreView {
  /** Both are copied. @throws ERR_STORE_KEY, ERR_STORE_VALUE, ERR_STORE_TRANSACTION */
  set(key: Uint8Array, value: Uint8Array): void
  /** @throws ERR_STORE_KEY, ERR_STORE_TRANSACTION */
  delete(key: Uint8Array): void
}

/**
 * Records in the order of their keys, with transactions. Work in a transaction is synchronous and has no effect but by
 * the transaction: it may be run again after a failure that was another's.
 */
export interface Store {
  /** Records that were damaged and have been put into quarantine since the store was opened. */
  readonly quarantined: number
  /** @throws what the work throws, ERR_STORE_CLOSED, ERR_STORE_FAILED, ERR_STORE_IO, ERR_STORE_DAMAGED (as rejections) */
  read<T>(work: (view: StoreView) => T): Promise<T>
  /**
   * Runs the work in a transaction. When the promise resolves, what it wrote is on disk and outlives the process and the
   * machine; when it rejects, nothing of it is kept. (After ERR_STORE_FAILED alone, it may turn out to have been kept.)
   *
   * @throws what the work throws, ERR_STORE_CLOSED, ERR_STORE_SPACE, ERR_STORE_READ_ONLY, ERR_STORE_FAILED, ERR_STORE_IO,
   *   ERR_STORE_DAMAGED (as rejections)
   */
  write<T>(work: (transaction: StoreTransaction) => T): Promise<T>
  /** Finishes the writes that were begun, and closes. Never rejects. */
  close(): Promise<void>
}

/** What a store tells its owner about damage. */
export type StoreReport =
  /** The checksum of a record does not hold. The record is out of the way, in quarantine, and its neighbours are served. */
  | { readonly type: 'record-damaged', readonly key: Uint8Array, readonly bytes: number }
  /** The database did not open or is not sound. It is kept at `kept` as it was; `records` of it could be read and are served from a new one (0 when a run before had replaced it, and died before it said so). */
  | { readonly type: 'file-damaged', readonly kept: string, readonly detail: string, readonly records: number }
  /** So many transactions that had been acknowledged are not in the database: a log was cut or changed, or the database is an older one. The log is kept at `kept`, where there is one. */
  | { readonly type: 'commits-lost', readonly commits: number, readonly kept: string | undefined }
