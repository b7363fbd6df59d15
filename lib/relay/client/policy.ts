import type { Peer, VerifyPeer } from '../../nova/index.js'
import { uuidKey, type Uuid } from '../../bytes/index.js'
import type { StoredContacts } from './contacts.js'

/** Whose mail and streams a client takes: everybody's, those of its contacts, or as the callback says. */
export type AcceptPolicy = 'anyone' | 'contacts' | VerifyPeer

/** Decides about peers. */
export class Policy {
  readonly #accept: AcceptPolicy
  readonly #contacts: StoredContacts
  /** Those that we dial ourselves, by `uuidKey`, and how often. */
  readonly #dialled = new Map<string, number>()

  constructor (accept: AcceptPolicy, contacts: StoredContacts) {
    this.#accept = accept
    this.#contacts = contacts
  }

  /** Whether mail and streams of a peer are taken. */
  async accepts (peer: Peer): Promise<boolean> {
    // an id that is known goes with its key, whatever else is allowed
    if (this.#contacts.has(peer.id)) return this.#contacts.knows(peer)
    if (typeof this.#accept !== 'function') return this.#accept === 'anyone'
    const verdict: unknown = await this.#accept(peer)
    return verdict === true
  }

  /** Whether there can be a conversation with whoever has this id: false when it is sure that {@link Policy.converses} would say no. */
  expects (id: Uuid): boolean {
    return this.#accept !== 'contacts' || this.#contacts.has(id) || this.#dialled.has(uuidKey(id))
  }

  /** Whether there may be a conversation with a peer: when we begin it, or when we accept it. */
  async converses (peer: Peer): Promise<boolean> {
    if (!this.#dialled.has(uuidKey(peer.id))) return this.accepts(peer)
    return !this.#contacts.has(peer.id) || this.#contacts.knows(peer)
  }

  /** Runs work that dials a peer. */
  async dialling<T> (id: Uuid, work: () => Promise<T>): Promise<T> {
    const key = uuidKey(id)
    this.#dialled.set(key, (this.#dialled.get(key) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#dialled.get(key) ?? 1) - 1
      if (left > 0) this.#dialled.set(key, left)
      else this.#dialled.delete(key)
    }
  }
}
