import { bool, decode, encode, fixedBytes, struct, uint32, uint64, type Infer, type Uuid } from '../../../bytes/index.js'
import { wipe } from '../../../crypto/index.js'
import { PREKEY_ID_BYTES, STORED_PREKEY_BYTES } from '../../../nova/mail/index.js'
import { keysUnder, storeKey, type StoreTransaction, type StoreView } from '../../../store/index.js'

const stored = fixedBytes(STORED_PREKEY_BYTES)
const oneTime = struct({ stored, sequence: uint64, published: bool })
const lastResort = struct({ stored, created: uint64, published: bool, retired: uint64, opened: uint32 })

/** A one-time prekey as it is kept: the secret form of it, its place in the order of creation, and whether the relay has said that it has it. */
export type OneTimeRecord = Infer<typeof oneTime>
/**
 * A prekey of last resort as it is kept. Times are milliseconds since 1970; `retired` is when the relay had the next one, 0
 * before; `opened` counts its marks.
 */
export type LastResortRecord = Infer<typeof lastResort>

/** A record and the name of the prekey that it is of. */
export interface Named<Record> {
  readonly id: Uint8Array
  readonly record: Record
}

/** Marks that are deleted in one transaction. */
const PAGE = 1000

/** Where the prekeys of one identity lie in a store. What `stored` of a record has is the caller's to wipe: stores give new memory, and keep copies. */
export class PrekeyRecords {
  readonly #self: Uuid

  constructor (self: Uuid) {
    this.#self = new Uint8Array(self)
  }

  oneTime (view: StoreView, id: Uint8Array): OneTimeRecord | undefined {
    const record = view.get(this.#key('one-time', id))
    return record === undefined ? undefined : decode(oneTime, record)
  }

  hasOneTime (view: StoreView, id: Uint8Array): boolean { return has(view, this.#key('one-time', id)) }

  setOneTime (transaction: StoreTransaction, id: Uint8Array, record: OneTimeRecord): void {
    this.#set(transaction, this.#key('one-time', id), encode(oneTime, record))
  }

  deleteOneTime (transaction: StoreTransaction, id: Uint8Array): void {
    transaction.delete(this.#key('one-time', id))
  }

  lastResort (view: StoreView, id: Uint8Array): LastResortRecord | undefined {
    const record = view.get(this.#key('last-resort', id))
    return record === undefined ? undefined : decode(lastResort, record)
  }

  setLastResort (transaction: StoreTransaction, id: Uint8Array, record: LastResortRecord): void {
    this.#set(transaction, this.#key('last-resort', id), encode(lastResort, record))
  }

  deleteLastResort (transaction: StoreTransaction, id: Uint8Array): void {
    transaction.delete(this.#key('last-resort', id))
  }

  /** In the order in which they were made. */
  allOneTime (view: StoreView): Array<Named<OneTimeRecord>> {
    return this.#all(view, 'one-time', id => this.oneTime(view, id)).sort((a, b) => Number(a.record.sequence - b.record.sequence))
  }

  /** In the order in which they were made. */
  allLastResorts (view: StoreView): Array<Named<LastResortRecord>> {
    return this.#all(view, 'last-resort', id => this.lastResort(view, id)).sort((a, b) => Number(a.record.created - b.record.created))
  }

  marked (view: StoreView, id: Uint8Array, mark: Uint8Array): boolean {
    return view.get(this.#key('mark', id, mark)) !== undefined
  }

  mark (transaction: StoreTransaction, id: Uint8Array, mark: Uint8Array): void {
    transaction.set(this.#key('mark', id, mark), new Uint8Array())
  }

  /** The name of a prekey that is gone and has left marks. */
  orphaned (view: StoreView): Uint8Array | undefined {
    const prefix = this.#key('mark')
    let { from, to } = keysUnder(prefix)
    for (;;) {
      const [key] = view.keys({ from, to })
      if (key === undefined) return undefined
      const id = key.slice(prefix.byteLength, prefix.byteLength + PREKEY_ID_BYTES)
      if (!has(view, this.#key('last-resort', id))) return id
      from = keysUnder(this.#key('mark', id)).to
    }
  }

  /** Deletes some of the marks of a prekey. */
  deleteMarks (transaction: StoreTransaction, id: Uint8Array): void {
    let deleted = 0
    for (const mark of transaction.keys(keysUnder(this.#key('mark', id)))) {
      if (deleted++ === PAGE) return
      transaction.delete(mark)
    }
  }

  #all<Record> (view: StoreView, name: string, at: (id: Uint8Array) => Record | undefined): Array<Named<Record>> {
    const all: Array<Named<Record>> = []
    for (const key of view.keys(keysUnder(this.#key(name)))) {
      const id = key.slice(-PREKEY_ID_BYTES)
      const record = at(id)
      if (record !== undefined) all.push({ id, record })
    }
    return all
  }

  #set (transaction: StoreTransaction, key: Uint8Array, record: Uint8Array): void {
    try {
      transaction.set(key, record)
    } finally {
      wipe(record)
    }
  }

  #key (name: string, ...fields: readonly Uint8Array[]): Uint8Array {
    return storeKey(`prekeys/${name}/`, this.#self, ...fields)
  }
}

function has (view: StoreView, key: Uint8Array): boolean {
  const record = view.get(key)
  wipe(record)
  return record !== undefined
}

/** Wipes what records have of private keys. */
export function wipeRecords (...records: ReadonlyArray<OneTimeRecord | LastResortRecord | undefined>): void {
  wipe(...records.map(record => record?.stored))
}
