import { fromHex } from '../../../bytes/index.js'
import { storeKey, type Store } from '../../../store/index.js'
import { Changes } from './changes.js'
import { isUnread, type Entry } from './entry.js'
import { listJson, setJson } from './json.js'
import { APP_LIMITS } from './limits.js'

const PREFIX = 'page/entry/'

/** What was said with everybody, in the store, the newest entries of each. */
export class History {
  /** An entry that is new, has changed, or is gone. */
  readonly changes = new Changes<{ readonly entry: Entry, readonly gone: boolean }>()
  readonly #store: Store
  /** By peer, in the order in which they came. */
  readonly #entries = new Map<string, Map<string, Entry>>()
  #next = 0
  readonly #numbers = new Map<string, number>()

  private constructor (store: Store) {
    this.#store = store
  }

  /** @throws what the store does (as rejections) */
  static async load (store: Store): Promise<History> {
    const history = new History(store)
    for (const [key, value] of await store.read(view => listJson(view, storeKey(PREFIX)))) {
      const entry = value as Entry | undefined
      if (entry === undefined) continue
      const number = new DataView(key.buffer, key.byteOffset).getUint32(PREFIX.length + 16 + 4)
      history.#next = Math.max(history.#next, number + 1)
      history.#numbers.set(nameOf(entry), number)
      history.#of(entry.peer).set(entry.id, entry)
    }
    return history
  }

  of (peer: string): Entry[] { return [...this.#entries.get(peer)?.values() ?? []] }
  get (peer: string, id: string): Entry | undefined { return this.#entries.get(peer)?.get(id) }
  last (peer: string): Entry | undefined { return this.of(peer).at(-1) }
  unread (peer: string): number { return this.of(peer).filter(isUnread).length }
  all (): Entry[] { return [...this.#entries.values()].flatMap(entries => [...entries.values()]) }

  /** Writes entries down, new ones at the end; the oldest make room. @throws what the store does (as rejections) */
  async put (...entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      if (!this.#numbers.has(nameOf(entry))) this.#numbers.set(nameOf(entry), this.#next++)
      this.#of(entry.peer).set(entry.id, entry)
    }
    const keys = entries.map(entry => this.#key(entry))
    // at once: who writes meanwhile must not make the same ones go again
    const gone = [...new Set(entries.map(({ peer }) => peer))].flatMap(peer => this.#surplus(peer)).map(entry => ({ entry, key: this.#forget(entry) }))
    try {
      await this.#store.write(transaction => {
        for (const [at, key] of keys.entries()) setJson(transaction, key, entries[at])
        for (const { key } of gone) transaction.delete(key)
      })
    } finally {
      // here they are, however the store did
      for (const { entry } of gone) this.changes.tell({ entry, gone: true })
    }
    for (const entry of entries) this.changes.tell({ entry, gone: false })
  }

  /** Forgets a whole conversation. @throws what the store does (as rejections) */
  async forget (peer: string): Promise<void> {
    await this.remove(...this.of(peer))
  }

  /** @throws what the store does (as rejections) */
  async remove (...entries: readonly Entry[]): Promise<void> {
    const known = entries.filter(({ peer, id }) => this.get(peer, id) !== undefined)
    const keys = known.map(entry => this.#key(entry))
    await this.#store.write(transaction => { for (const key of keys) transaction.delete(key) })
    for (const entry of known) {
      // somebody else may have removed it meanwhile
      if (this.get(entry.peer, entry.id) === undefined) continue
      this.#forget(entry)
      this.changes.tell({ entry, gone: true })
    }
  }

  /** The oldest, as many as there are too many, or too long together. */
  #surplus (peer: string): Entry[] {
    const entries = this.of(peer)
    let length = 0
    const newest = entries.findLastIndex((entry, at) => {
      length += entry.type === 'text' ? entry.text.length : 0
      return at < entries.length - APP_LIMITS.maxEntries || length > APP_LIMITS.maxTextLength
    })
    return entries.slice(0, newest + 1)
  }

  /** @returns the key that it had in the store */
  #forget (entry: Entry): Uint8Array {
    const key = this.#key(entry)
    this.#entries.get(entry.peer)?.delete(entry.id)
    this.#numbers.delete(nameOf(entry))
    return key
  }

  #of (peer: string): Map<string, Entry> {
    const entries = this.#entries.get(peer) ?? new Map<string, Entry>()
    this.#entries.set(peer, entries)
    return entries
  }

  #key (entry: Entry): Uint8Array {
    return storeKey(PREFIX, fromHex(entry.peer), this.#numbers.get(nameOf(entry)) ?? 0)
  }
}

/** Ids are the senders', so two of them may choose the same one. */
function nameOf ({ peer, id }: Entry): string { return `${peer}/${id}` }
