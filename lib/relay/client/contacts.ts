import { checkUuid, uuidKey, type Uuid } from '../../bytes/index.js'
import { crypto } from '../../crypto/index.js'
import { idOf, type Peer } from '../../nova/index.js'
import { keysUnder, storeKey, type Store, type StoreTransaction } from '../../store/index.js'
import { clientError } from './errors.js'

/** The limits of contacts, and their defaults. */
export const CONTACT_LIMITS = {
  /** Contacts that may be kept. */
  maxContacts: 4096
} as const

const PREFIX = 'relay/contact/'

/** Somebody whose key is trusted. */
export interface Contact {
  readonly id: Uuid
  /** The Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** Those whose keys are trusted, in the store of the client. */
export interface Contacts {
  /** Everybody, in new arrays. */
  list(): Contact[]
  /** True when the peer is a contact. @throws ERR_UUID */
  has(id: Uuid): boolean
  /**
   * Trusts a key, by which the id is known from then on.
   *
   * @throws ERR_CRYPTO_KEY, ERR_CONTACT_LIMIT, and what the store does (as rejections)
   */
  trust(publicKey: Uint8Array): Promise<Contact>
  /** Trusts no more. Conversations that are there go on. @throws ERR_UUID, and what the store does (as rejections) */
  forget(id: Uuid): Promise<void>
}

/** The contacts of a store, which is read once: one client has it at a time. */
export class StoredContacts implements Contacts {
  readonly #store: Store
  readonly #maxContacts: number
  readonly #keys = new Map<string, Uint8Array>()

  private constructor (store: Store, maxContacts: number) {
    this.#store = store
    this.#maxContacts = maxContacts
  }

  /** @throws what the store does (as rejections) */
  static async load (store: Store, { maxContacts }: Readonly<Record<keyof typeof CONTACT_LIMITS, number>>): Promise<StoredContacts> {
    const contacts = new StoredContacts(store, maxContacts)
    await store.read(view => {
      contacts.#keys.clear()
      for (const key of view.keys(keysUnder(storeKey(PREFIX)))) {
        const publicKey = view.get(key)
        if (publicKey?.byteLength === 32) contacts.keep(publicKey)
      }
    })
    return contacts
  }

  list (): Contact[] {
    return [...this.#keys.values()].map(publicKey => ({ id: idOf(publicKey), publicKey: publicKey.slice() }))
  }

  has (id: Uuid): boolean { return this.#keys.has(uuidKey(id)) }

  /** Whether a peer is a contact, with that very key. */
  knows (peer: Peer): boolean {
    const key = this.#keys.get(uuidKey(peer.id))
    return key !== undefined && crypto.equal(key, peer.publicKey)
  }

  async trust (publicKey: Uint8Array): Promise<Contact> {
    const contact = { id: idOf(publicKey), publicKey: new Uint8Array(publicKey) }
    if (this.full(contact.id)) throw clientError('ERR_CONTACT_LIMIT', `${this.#maxContacts}`)
    await this.#store.write(transaction => { this.write(transaction, publicKey) })
    this.keep(publicKey)
    return contact
  }

  async forget (id: Uuid): Promise<void> {
    checkUuid(id)
    await this.#store.write(transaction => { transaction.delete(storeKey(PREFIX, id)) })
    this.#keys.delete(uuidKey(id))
  }

  /** Writes a contact down as part of a transaction; {@link StoredContacts.keep} follows. */
  write (transaction: StoreTransaction, publicKey: Uint8Array): void {
    transaction.set(storeKey(PREFIX, idOf(publicKey)), publicKey)
  }

  /** Whether there is no room for one who is none yet. */
  full (id: Uuid): boolean { return !this.has(id) && this.#keys.size >= this.#maxContacts }

  keep (publicKey: Uint8Array): void {
    this.#keys.set(uuidKey(idOf(publicKey)), new Uint8Array(publicKey))
  }
}

/**
 * The contacts of a client's store, while no client uses it.
 *
 * @param store - stays the caller's
 * @throws what the store does (as rejections)
 * @example
 * ```ts
 * import { openContacts } from 'hushwire/relay'
 * import { memoryStore } from 'hushwire/store'
 *
 * const contacts = await openContacts(memoryStore())
 * console.log(contacts.list().length) // 0
 * ```
 */
export function openContacts (store: Store): Promise<Contacts> {
  return StoredContacts.load(store, CONTACT_LIMITS)
}
