import { uuidKey, type Uuid } from '../../bytes/index.js'
import { decodeChat, encodeChat, type ChatText } from '../../chat/index.js'
import { keysUnder, storeKey, type Store } from '../../store/index.js'

/** Texts with somebody, in the store of the profile, by who it is and when they were written. */
export interface TextRecord {
  readonly peer: Uuid
  readonly text: ChatText
}

/** Texts that wait: those that came while no chat with their sender was on the screen, or those that the relay does not have yet. */
export class TextRecords {
  readonly #store: Store
  readonly #prefix: string
  readonly #most: number
  /** How many there are with each, by `uuidKey`. */
  readonly #counts = new Map<string, number>()

  private constructor (store: Store, prefix: string, most: number) {
    this.#store = store
    this.#prefix = prefix
    this.#most = most
  }

  /** @param most - how many there may be in all @throws what the store does (as rejections) */
  static async load (store: Store, prefix: string, most: number): Promise<TextRecords> {
    const records = new TextRecords(store, prefix, most)
    await store.read(view => {
      records.#counts.clear()
      for (const key of view.keys(keysUnder(storeKey(prefix)))) records.#count(key.slice(prefix.length, prefix.length + 16), 1)
    })
    return records
  }

  /** True when there is room for no more. */
  get full (): boolean { return this.total >= this.#most }
  get total (): number { return [...this.#counts.values()].reduce((sum, count) => sum + count, 0) }

  /** How many there are with somebody. */
  count (peer: Uuid): number { return this.#counts.get(uuidKey(peer)) ?? 0 }

  /** Writes one down; the same one again changes nothing. @throws what the store does (as rejections) */
  async add ({ peer, text }: TextRecord): Promise<void> {
    const key = this.#key(peer, text)
    const known = await this.#store.write(transaction => {
      const there = transaction.get(key) !== undefined
      transaction.set(key, encodeChat(text))
      return there
    })
    if (!known) this.#count(peer, 1)
  }

  /** Those with somebody, the oldest first. @throws what the store does (as rejections) */
  of (peer: Uuid): Promise<ChatText[]> {
    return this.#store.read(view => [...view.keys(keysUnder(storeKey(this.#prefix, peer)))].flatMap(key => {
      const bytes = view.get(key)
      // a damaged record reads as none
      const message = bytes === undefined ? undefined : decodeChat(bytes)
      return message?.type === 'text' ? [message] : []
    }))
  }

  /** @throws what the store does (as rejections) */
  async delete ({ peer, text }: TextRecord): Promise<void> {
    const key = this.#key(peer, text)
    const known = await this.#store.write(transaction => {
      const there = transaction.get(key) !== undefined
      transaction.delete(key)
      return there
    })
    if (known) this.#count(peer, -1)
  }

  #key (peer: Uuid, { time, id }: ChatText): Uint8Array { return storeKey(this.#prefix, peer, time, id) }

  #count (peer: Uuid, by: number): void {
    const left = this.count(peer) + by
    if (left > 0) this.#counts.set(uuidKey(peer), left)
    else this.#counts.delete(uuidKey(peer))
  }
}

/** Texts that came and have not been shown; beyond so many, mail stays at the relay. */
export function unreadTexts (store: Store): Promise<TextRecords> { return TextRecords.load(store, 'cli/unread/', 10_000) }

/** Texts that the relay does not have yet. */
export function unsentTexts (store: Store): Promise<TextRecords> { return TextRecords.load(store, 'cli/unsent/', 1024) }
