import { uuidKey, type Uuid } from '../../../bytes/index.js'
import type { Contact, StoredContacts } from '../contacts.js'

/** One peer, while offers of its are being answered. */
interface Trial {
  /** It was a contact before. */
  readonly known: boolean
  /** Answers that are under way. */
  waiting: number
  /** It stays a contact. */
  kept: boolean
  /** While it is being forgotten. */
  ending: Promise<void> | undefined
}

/**
 * Those who are trusted because an offer of theirs is being answered. Several can be at once, of one of which nothing
 * comes and of another one something: who was no contact before is forgotten with the last of them, unless it is to stay.
 */
export class Trials {
  readonly #contacts: Pick<StoredContacts, 'has' | 'trust' | 'forget'>
  readonly #trials = new Map<string, Trial>()

  constructor (contacts: Pick<StoredContacts, 'has' | 'trust' | 'forget'>) {
    this.#contacts = contacts
  }

  /** Trusts who made an offer; {@link Trials.end} follows. @throws what `trust` does (as rejections) */
  async begin (id: Uuid, publicKey: Uint8Array): Promise<Contact> {
    const key = uuidKey(id)
    for (let ending = this.#trials.get(key)?.ending; ending !== undefined; ending = this.#trials.get(key)?.ending) await ending
    const trial: Trial = this.#trials.get(key) ?? { known: this.#contacts.has(id), waiting: 0, kept: false, ending: undefined }
    this.#trials.set(key, trial)
    trial.waiting++
    try {
      return await this.#contacts.trust(publicKey)
    } catch (error) {
      await this.end(id, false)
      throw error
    }
  }

  /** It stays a contact, whatever becomes of the answers. */
  keep (id: Uuid): void {
    const trial = this.#trials.get(uuidKey(id))
    if (trial !== undefined) trial.kept = true
  }

  /**
   * An answer is over.
   *
   * @param kept - it may have trusted us by it
   * @throws what the store does (as rejections)
   */
  async end (id: Uuid, kept: boolean): Promise<void> {
    const key = uuidKey(id)
    const trial = this.#trials.get(key)
    if (trial === undefined) return
    if (kept) trial.kept = true
    if (--trial.waiting > 0) return
    if (trial.known || trial.kept) {
      this.#trials.delete(key)
      return
    }
    const forgotten = this.#contacts.forget(id)
    const over = (): void => { this.#trials.delete(key) }
    trial.ending = forgotten.then(over, over)
    await forgotten
  }
}
