import { strict as assert } from 'node:assert'
import { keysUnder, storeKey, type Store, type StoreReport } from '../../lib/store/index.js'
import { openIndexedDbStore, sealingKey } from '../../lib/store/indexeddb/index.js'
import { storeContract } from '../contract/store.js'
import { codeOf } from '../support/sources.js'
import type { BrowserCase } from './cases.js'

let names = 0
const nextName = (): string => `store-${++names}`
const secret = new TextEncoder().encode('a secret of many letters')
const key = (of = 'key'): Promise<CryptoKey> => sealingKey(`sealing-${of}`)

const opened = new WeakMap<Store, string>()
const open = async (name: string, sealed: boolean): Promise<Store> => {
  const store = await openIndexedDbStore({ name, lockTimeout: 50, key: sealed ? await key() : undefined, onReport: report => { throw new Error(report.type) } })
  opened.set(store, name)
  return store
}

for (const sealed of [false, true]) {
  storeContract({
    name: sealed ? 'IndexedDB, sealed' : 'IndexedDB',
    open: () => open(nextName(), sealed),
    again: async store => {
      await store.close()
      return open(opened.get(store) ?? '', sealed)
    }
  })
}

/** The store of a browser beyond the contract. */
export const indexedDbCases: readonly BrowserCase[] = [
  { name: 'IndexedDB: sealed records show neither keys nor values, and are bound to their place', run: sealedRecords },
  { name: 'IndexedDB: the sealing key is one, and not to be read', run: oneKey },
  { name: 'IndexedDB: another key, or none, is refused and harms nothing', run: otherKey },
  { name: 'IndexedDB: one has it at a time', run: oneAtATime },
  { name: 'IndexedDB: a damaged record is put aside, and the rest is served', run: damage },
  { name: 'IndexedDB: a newer version is left alone', run: newer },
  { name: 'IndexedDB: without room a write is refused, and nothing is lost', run: full },
  { name: 'IndexedDB: a transaction that fails takes nothing of others with it, and readers see nothing of it', run: failing },
  { name: 'IndexedDB: a store whose data was cleared fails', run: cleared },
  { name: 'IndexedDB: a database that opens after it was blocked is let go of', run: blocked },
  { name: 'IndexedDB: one that is deleted while it is being opened fails, and is not in the way', run: lostEarly },
  { name: 'IndexedDB: where a page may keep nothing, that is what is told', run: forbidden },
  { name: 'IndexedDB: options are checked', run: options }
]

async function sealedRecords (): Promise<void> {
  const name = nextName()
  const store = await open(name, true)
  await store.write(transaction => { transaction.set(storeKey('name/of/it'), secret); transaction.set(storeKey('other'), secret) })
  await store.close()
  const raw = await inside(name, 'readonly', records => records.getAll()) as Uint8Array[]
  assert.equal(raw.length, 2)
  for (const bytes of raw) {
    const text = String.fromCharCode(...bytes)
    assert.ok(!text.includes('secret') && !text.includes('name/of/it'))
  }
  await inside(name, 'readwrite', records => { records.put(raw[1], 0); return records.put(raw[0], 1) })
  const swapped = await openIndexedDbStore({ name, key: await key() })
  assert.equal(swapped.quarantined, 2)
  await swapped.close()
}

async function oneKey (): Promise<void> {
  const [one, other] = await Promise.all([key('one'), key('one')])
  assert.equal(one.extractable, false)
  await assert.rejects(crypto.subtle.exportKey('raw', one), { name: 'InvalidAccessError' })
  const parameters = { name: 'AES-GCM', iv: new Uint8Array(12) }
  const sealed = await crypto.subtle.encrypt(parameters, one, secret)
  assert.deepEqual(new Uint8Array(await crypto.subtle.decrypt(parameters, other, sealed)), secret)
}

async function otherKey (): Promise<void> {
  const name = nextName()
  const store = await open(name, true)
  await store.write(transaction => { transaction.set(storeKey('a'), secret) })
  await store.close()
  await assert.rejects(openIndexedDbStore({ name, key: await key('other') }), { code: 'ERR_STORE_SEAL' })
  await assert.rejects(openIndexedDbStore({ name }), { code: 'ERR_STORE_SEAL' })
  const again = await open(name, true)
  assert.deepEqual(await again.read(view => view.get(storeKey('a'))), secret)
  await again.close()
}

async function oneAtATime (): Promise<void> {
  const name = nextName()
  const store = await open(name, false)
  await assert.rejects(open(name, false), { code: 'ERR_STORE_BUSY' })
  // one that waits has it when the other has gone
  const waiting = openIndexedDbStore({ name, lockTimeout: 60_000 })
  await store.close()
  await (await waiting).close()
}

async function damage (): Promise<void> {
  const name = nextName()
  const store = await open(name, true)
  await store.write(transaction => { for (let index = 0; index < 3; index++) transaction.set(storeKey('n/', index), secret) })
  await store.close()
  const raw = await inside(name, 'readonly', records => records.get(1)) as Uint8Array
  raw[20] = (raw[20] ?? 0) ^ 1
  await inside(name, 'readwrite', records => records.put(raw, 1))
  await inside(name, 'readwrite', records => records.put('no bytes', 7))
  const reports: StoreReport[] = []
  const again = await openIndexedDbStore({ name, key: await key(), onReport: report => { reports.push(report); throw new Error('of the caller') } })
  assert.equal(again.quarantined, 2)
  assert.deepEqual(reports.map(({ type }) => type), ['record-damaged', 'record-damaged'])
  assert.deepEqual(await again.read(view => [0, 1, 2].map(index => view.get(storeKey('n/', index)))), [secret, undefined, secret])
  await again.close()
  assert.deepEqual(await inside(name, 'readonly', quarantine => quarantine.count(), 'quarantine'), 2)
  const third = await open(name, true)
  assert.equal(third.quarantined, 0)
  await third.close()
}

async function newer (): Promise<void> {
  const name = nextName()
  const database = await request(indexedDB.open(name, 99))
  database.close()
  await assert.rejects(open(name, false), { code: 'ERR_STORE_VERSION' })
}

async function full (): Promise<void> {
  const name = nextName()
  const store = await open(name, true)
  await store.write(transaction => { transaction.set(storeKey('kept'), secret) })
  const large = (index: number): Promise<string> => codeOf(store.write(transaction => {
    transaction.delete(storeKey('kept'))
    transaction.set(storeKey('kept'), Uint8Array.of(index))
    transaction.set(storeKey('large/', index), crypto.getRandomValues(new Uint8Array(65_536)))
    for (let part = 0; part < 16; part++) transaction.set(storeKey('large/', index, part), crypto.getRandomValues(new Uint8Array(65_536)))
  }))
  let written = 0
  let outcome = await large(0)
  while (outcome === 'resolved' && written < 100) outcome = await large(++written)
  assert.equal(outcome, 'ERR_STORE_SPACE')
  const last = written === 0 ? secret : Uint8Array.of(written - 1)
  assert.deepEqual(await store.read(view => view.get(storeKey('kept'))), last)
  await store.write(transaction => { for (let index = 0; index < written; index++) for (let part = 0; part < 16; part++) transaction.delete(storeKey('large/', index, part)) })
  await store.close()
  const again = await open(name, true)
  assert.deepEqual(await again.read(view => view.get(storeKey('kept'))), last)
  assert.equal(await again.read(view => [...view.keys(keysUnder(storeKey('large/')))].length), written)
  await again.close()
}

async function failing (): Promise<void> {
  const name = nextName()
  const store = await open(name, false)
  const put = IDBObjectStore.prototype.put
  const seen: unknown[] = []
  const write = (index: number): Promise<string> => codeOf(store.write(transaction => { transaction.set(storeKey('n/', index), Uint8Array.of(index)) }))
  // what two writes of one batch fail with is the second one's alone
  IDBObjectStore.prototype.put = function (value: Uint8Array, ...rest) {
    if (value.at(-1) === 2) throw new DOMException('no', 'DataError')
    return put.call(this, value, ...rest)
  }
  try {
    const writing = [1, 2, 3].map(write)
    await Promise.resolve()
    await Promise.resolve()
    seen.push(await store.read(view => view.get(storeKey('n/', 2))))
    assert.deepEqual(await Promise.all(writing), ['resolved', 'ERR_STORE_IO', 'resolved'])
  } finally {
    IDBObjectStore.prototype.put = put
  }
  assert.deepEqual(seen, [undefined])
  await store.close()
  const again = await open(name, false)
  assert.deepEqual(await again.read(view => [1, 2, 3].map(index => view.get(storeKey('n/', index))?.[0])), [1, undefined, 3])
  await again.close()
}

async function cleared (): Promise<void> {
  const name = nextName()
  const store = await open(name, false)
  await request(indexedDB.deleteDatabase(name))
  await assert.rejects(store.read(() => 1), { code: 'ERR_STORE_FAILED' })
  await assert.rejects(store.write(() => 1), { code: 'ERR_STORE_FAILED' })
  await store.close()
}

async function blocked (): Promise<void> {
  const name = nextName()
  const before = IDBFactory.prototype.open
  const requests: IDBOpenDBRequest[] = []
  IDBFactory.prototype.open = function (...given) {
    const asked = before.apply(this, given)
    requests.push(asked)
    queueMicrotask(() => { asked.dispatchEvent(new Event('blocked')) })
    return asked
  }
  try {
    await assert.rejects(open(name, false), { code: 'ERR_STORE_BUSY' })
  } finally {
    IDBFactory.prototype.open = before
  }
  const [asked] = requests
  assert.ok(asked)
  // behind the listener that is under test
  await new Promise<void>(resolve => { asked.addEventListener('success', () => { resolve() }) })
  assert.throws(() => asked.result.transaction('about'), { name: 'InvalidStateError' })
}

async function lostEarly (): Promise<void> {
  const name = nextName()
  const before = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (...given) {
    IDBDatabase.prototype.transaction = before
    this.dispatchEvent(new Event('versionchange'))
    return before.apply(this, given)
  }
  await assert.rejects(open(name, false), { code: 'ERR_STORE_FAILED' })
  // waits until nothing has it open
  await request(indexedDB.deleteDatabase(name))
}

/** As browsers do it whose owner lets a site keep nothing. */
async function forbidden (): Promise<void> {
  const denied = (): never => { throw new DOMException('denied', 'SecurityError') }
  const { open: openDatabase } = IDBFactory.prototype
  const { request } = LockManager.prototype
  try {
    IDBFactory.prototype.open = denied
    await assert.rejects(sealingKey('denied'), { code: 'ERR_STORE_OPEN' })
    await assert.rejects(openIndexedDbStore({ name: nextName() }), { code: 'ERR_STORE_OPEN' })
    LockManager.prototype.request = async () => denied()
    await assert.rejects(openIndexedDbStore({ name: nextName() }), { code: 'ERR_STORE_OPEN' })
  } finally {
    Object.assign(IDBFactory.prototype, { open: openDatabase })
    Object.assign(LockManager.prototype, { request })
  }
}

async function options (): Promise<void> {
  await assert.rejects(openIndexedDbStore({ name: '' }), { code: 'ERR_ARGUMENT' })
  await assert.rejects(openIndexedDbStore({ name: 'a', key: new Uint8Array(32) as never }), { code: 'ERR_ARGUMENT' })
  await assert.rejects(openIndexedDbStore({ name: 'a', lockTimeout: -1 }), { code: 'ERR_LIMIT_OPTION' })
}

/** One request to a database, beside the store. */
async function inside<T> (name: string, mode: IDBTransactionMode, ask: (records: IDBObjectStore) => IDBRequest<T>, store = 'records'): Promise<T> {
  const database = await request(indexedDB.open(name))
  try {
    return await request(ask(database.transaction(store, mode).objectStore(store)))
  } finally {
    database.close()
  }
}

function request<T> (asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => { resolve(asked.result) }
    asked.onerror = () => { reject(asked.error ?? new Error('no')) }
  })
}
