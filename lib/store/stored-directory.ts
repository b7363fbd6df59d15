import { checkUuid, decode, encode, fixedBytes, struct, uint64, type Uuid } from '../bytes/index.js'
import { KEY_BYTES, SIGNATURE_BYTES } from '../crypto/index.js'
import { limitsOf } from '../stream/index.js'
import { DIRECTORY_LIMITS, type Account, type AddOptions, type Directory, type DirectoryLimits, type HandedPrekey, type Prekey, type StoredAccount } from './directory.js'
import { storeError } from './errors.js'
import type { KeyRange, Store, StoreTransaction, StoreView } from './interface.js'
import { keysUnder, numberIn, storeKey } from './keys.js'
import { migrate, type Migration } from './migrate.js'
import { Recent } from './recent.js'

/** From one version of the records to the next. */
const MIGRATIONS: readonly Migration[] = []
const PROOF_BYTES = KEY_BYTES + SIGNATURE_BYTES
const PREKEY_ID_BYTES = 8
const INVITE_BYTES = 32

const ACCOUNT = struct({ publicKey: fixedBytes(KEY_BYTES), staticKey: fixedBytes(KEY_BYTES), proof: fixedBytes(PROOF_BYTES), registered: uint64 })
const PREKEY = struct({ id: fixedBytes(PREKEY_ID_BYTES), key: fixedBytes(KEY_BYTES), signature: fixedBytes(SIGNATURE_BYTES) })

const ACCOUNTS = keysUnder(storeKey('directory/account/'))
const INVITES = keysUnder(storeKey('directory/invite/'))
const accountKey = (id: Uuid): Uint8Array => storeKey('directory/account/', id)
/** In the order they came. */
const prekeyKey = (id: Uuid, index: number): Uint8Array => storeKey('directory/prekey/', id, index)
const prekeysOf = (id: Uuid): KeyRange => keysUnder(storeKey('directory/prekey/', id))
const lastResortKey = (id: Uuid): Uint8Array => storeKey('directory/last-resort/', id)
/** The ids of those that were handed out. */
const handedKey = (id: Uuid): Uint8Array => storeKey('directory/handed/', id)
const inviteKey = (invite: Uint8Array): Uint8Array => storeKey('directory/invite/', invite)

/** Options of {@link openDirectory}. */
export interface DirectoryOptions {
  readonly limits?: DirectoryLimits | undefined
}

/**
 * A directory in a store. One store has one directory at a time.
 *
 * @throws ERR_LIMIT_OPTION, ERR_STORE_VERSION, and what the store does (as rejections)
 * @example
 * ```ts runnable
 * import { createIdentity } from 'hushwire/nova'
 * import { memoryStore, openDirectory } from 'hushwire/store'
 *
 * const directory = await openDirectory(memoryStore())
 * const { id, publicKey, staticKey, proof } = createIdentity()
 * await directory.register({ id, publicKey, staticKey: staticKey.publicKey, proof })
 * console.log((await directory.account(id))?.publicKey.byteLength) // 32
 * console.log(await directory.takePrekey(id)) // undefined: it has left none
 * ```
 */
export async function openDirectory (store: Store, options: DirectoryOptions = {}): Promise<Directory> {
  const limits = limitsOf(DIRECTORY_LIMITS, options.limits)
  await migrate(store, 'directory', MIGRATIONS)
  const counts = await store.read(view => ({ accounts: countOf(view, ACCOUNTS), invites: countOf(view, INVITES) }))
  return new StoredDirectory(store, limits, counts)
}

class StoredDirectory implements Directory {
  readonly limits: Readonly<Record<keyof typeof DIRECTORY_LIMITS, number>>
  readonly #store: Store
  #accounts: number
  #invites: number

  constructor (store: Store, limits: Readonly<Record<keyof typeof DIRECTORY_LIMITS, number>>, counts: { accounts: number, invites: number }) {
    this.#store = store
    this.limits = limits
    this.#accounts = counts.accounts
    this.#invites = counts.invites
  }

  async register (account: Account, invite?: Uint8Array): Promise<boolean> {
    const id = new Uint8Array(checkUuid(account.id))
    checkLengths([account.publicKey, KEY_BYTES], [account.staticKey, KEY_BYTES], [account.proof, PROOF_BYTES], [invite, INVITE_BYTES])
    const [publicKey, staticKey, proof] = [new Uint8Array(account.publicKey), new Uint8Array(account.staticKey), new Uint8Array(account.proof)]
    const ticket = invite === undefined ? undefined : inviteKey(invite)
    let added = false
    this.#accounts++
    try {
      added = await this.#store.write(transaction => {
        const before = accountAt(transaction, id)
        if (before === undefined) this.#admit(transaction, ticket)
        else if (!before.publicKey.every((byte, index) => byte === publicKey[index])) throw storeError('ERR_DIRECTORY_OTHER_KEY')
        transaction.set(accountKey(id), encode(ACCOUNT, { publicKey, staticKey, proof, registered: BigInt(before?.registered ?? Math.max(0, Date.now())) }))
        return before === undefined
      })
    } finally {
      if (!added) this.#accounts--
    }
    if (added && ticket !== undefined) this.#invites--
    return added
  }

  async account (id: Uuid): Promise<StoredAccount | undefined> {
    const key = new Uint8Array(checkUuid(id))
    return this.#store.read(view => accountAt(view, key))
  }

  async remove (account: Uuid): Promise<boolean> {
    const id = new Uint8Array(checkUuid(account))
    const removed = await this.#store.write(transaction => {
      const known = accountAt(transaction, id) !== undefined
      for (const key of [accountKey(id), lastResortKey(id), handedKey(id), ...transaction.keys(prekeysOf(id))]) transaction.delete(key)
      return known
    })
    if (removed) this.#accounts--
    return removed
  }

  async invite (invite: Uint8Array): Promise<void> {
    checkLengths([invite, INVITE_BYTES])
    const key = inviteKey(invite)
    let added = false
    this.#invites++
    try {
      added = await this.#store.write(transaction => {
        if (transaction.get(key) !== undefined) return false
        if (this.#invites > this.limits.maxInvites) throw storeError('ERR_DIRECTORY_INVITES', `${this.limits.maxInvites}`)
        transaction.set(key, new Uint8Array())
        return true
      })
    } finally {
      if (!added) this.#invites--
    }
  }

  async addPrekeys (account: Uuid, prekeys: readonly Prekey[], { replace = false }: AddOptions = {}): Promise<number> {
    const id = new Uint8Array(checkUuid(account))
    const records = prekeys.map(recordOf)
    return this.#store.write(transaction => {
      requireAccount(transaction, id)
      const taken = new Recent(PREKEY_ID_BYTES, transaction.get(handedKey(id)))
      const before = [...transaction.keys(prekeysOf(id))]
      if (replace) for (const key of before) transaction.delete(key)
      const waiting = replace ? [] : before
      const known = new Recent(PREKEY_ID_BYTES)
      for (const key of waiting) {
        const prekey = transaction.get(key)
        if (prekey !== undefined) known.add(decode(PREKEY, prekey).id, Infinity)
      }
      let count = waiting.length
      let index = before.length === 0 ? 0 : indexIn(before.at(-1) as Uint8Array) + 1
      for (const record of records) {
        const prekey = decode(PREKEY, record)
        if (known.has(prekey.id) || taken.has(prekey.id)) continue
        if (++count > this.limits.maxPrekeys) throw storeError('ERR_DIRECTORY_PREKEYS', `${this.limits.maxPrekeys}`)
        transaction.set(prekeyKey(id, index++), record)
        known.add(prekey.id, Infinity)
      }
      return count
    })
  }

  async setLastResort (account: Uuid, prekey: Prekey): Promise<void> {
    const id = new Uint8Array(checkUuid(account))
    const record = recordOf(prekey)
    await this.#store.write(transaction => {
      requireAccount(transaction, id)
      transaction.set(lastResortKey(id), record)
    })
  }

  async lastResort (account: Uuid): Promise<Prekey | undefined> {
    const id = new Uint8Array(checkUuid(account))
    return this.#store.read(view => {
      const record = view.get(lastResortKey(id))
      return record === undefined ? undefined : prekeyOf(record)
    })
  }

  async takePrekey (account: Uuid): Promise<HandedPrekey | undefined> {
    const id = new Uint8Array(checkUuid(account))
    return this.#store.write(transaction => {
      for (const key of transaction.keys(prekeysOf(id))) {
        const record = transaction.get(key)
        if (record === undefined) continue
        const prekey = prekeyOf(record)
        const handed = new Recent(PREKEY_ID_BYTES, transaction.get(handedKey(id)))
        handed.add(prekey.id, this.limits.handedWindow)
        transaction.delete(key)
        transaction.set(handedKey(id), handed.bytes)
        return { ...prekey, oneTime: true }
      }
      const last = transaction.get(lastResortKey(id))
      return last === undefined ? undefined : { ...prekeyOf(last), oneTime: false }
    })
  }

  async prekeys (account: Uuid): Promise<number> {
    const id = new Uint8Array(checkUuid(account))
    return this.#store.read(view => countOf(view, prekeysOf(id)))
  }

  /** @throws ERR_DIRECTORY_FULL, ERR_DIRECTORY_INVITE */
  #admit (transaction: StoreTransaction, ticket: Uint8Array | undefined): void {
    // it has been counted
    if (this.#accounts > this.limits.maxAccounts) throw storeError('ERR_DIRECTORY_FULL', `${this.limits.maxAccounts}`)
    if (ticket === undefined) return
    if (transaction.get(ticket) === undefined) throw storeError('ERR_DIRECTORY_INVITE')
    transaction.delete(ticket)
  }
}

function accountAt (view: StoreView, id: Uuid): StoredAccount | undefined {
  const record = view.get(accountKey(id))
  if (record === undefined) return undefined
  const { registered, ...account } = decode(ACCOUNT, record)
  return { id: new Uint8Array(id), ...account, registered: Number(registered) }
}

/** @throws ERR_DIRECTORY_UNKNOWN */
function requireAccount (view: StoreView, id: Uuid): void {
  if (accountAt(view, id) === undefined) throw storeError('ERR_DIRECTORY_UNKNOWN')
}

function prekeyOf (record: Uint8Array): Prekey {
  return decode(PREKEY, record)
}

function indexIn (key: Uint8Array): number {
  return numberIn(key, key.byteLength - 8)
}

/** @throws ERR_DIRECTORY_FIELD */
function recordOf (prekey: Prekey): Uint8Array {
  checkLengths([prekey.id, PREKEY_ID_BYTES], [prekey.key, KEY_BYTES], [prekey.signature, SIGNATURE_BYTES])
  return encode(PREKEY, prekey)
}

/** @throws ERR_DIRECTORY_FIELD */
function checkLengths (...fields: ReadonlyArray<readonly [field: Uint8Array | undefined, length: number]>): void {
  for (const [field, length] of fields) {
    if (field !== undefined && field.byteLength !== length) throw storeError('ERR_DIRECTORY_FIELD', `${field.byteLength} bytes instead of ${length}`)
  }
}

function countOf (view: StoreView, range: KeyRange): number {
  let count = 0
  for (const key of view.keys(range)) count += key.byteLength > 0 ? 1 : 0
  return count
}
