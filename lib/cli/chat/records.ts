import { UUID_BYTES, uuidKey, type Uuid } from '../../bytes/index.js'
import { decodeChat, encodeChat, type ChatText } from '../../chat/index.js'
import { keysUnder, storeKey, type Store } from '../../store/index.js'

/** Texts with somebody, in the store of the profile, by who it is and when they were written. */
export interface TextRecord {
  readonly peer: Uuid
  readonly text: ChatText
}

/** How many texts may wait, and bytes of them: of one contact and of all. Each is passed by one text at most. */
export interface TextLimits {
  readonly maxPeerTexts: number
  readonly maxPeerBytes: number
  readonly maxTexts: number
  readonly maxBytes: number
}

/** What may wait in a profile. A contact has a share, so that one who floods us does not keep out the others. */
export const TEXT_LIMITS = {
  /** Texts that came and have not been shown. Those of a contact beyond its share are dropped; when all of it is used up, mail stays at the relay. */
  unread: { maxPeerTexts: 2000, maxPeerBytes: 8_388_608, maxTexts: 10_000, maxBytes: 67_108_864 },
  /** Texts of ours that the relay does not have yet. */
  unsent: { maxPeerTexts: 1024, maxPeerBytes: 33_554_432, maxTexts: 1024, maxBytes: 33_554_432 }
} as const satisfies Record<string, TextLimits>

interface Amount { readonly texts: number, readonly bytes: number }

/** Bytes of numbers in a key. */
const SIZE_BYTES = 8
const TIME_BYTES = 8
const NOTHING: Amount = { texts: 0, bytes: 0 }

/**
 * Texts that wait: those that came while no chat with their sender was open, or those that the relay does not have yet. The key of each ends in how many
 * bytes it has, so that they are counted without being read.
 */
export class TextRecords {
  readonly #store: Store
  readonly #prefix: string
  readonly #limits: TextLimits
  /** What there is with each, by `uuidKey`. */
  readonly #amounts = new Map<string, Amount>()
  #all = NOTHING

  private constructor (store: Store, prefix: string, limits: TextLimits) {
    this.#store = store
    this.#prefix = prefix
    this.#limits = limits
  }

  /** @throws what the store does (as rejections) */
  static async load (store: Store, prefix: string, limits: TextLimits): Promise<TextRecords> {
    const records = new TextRecords(store, prefix, limits)
    await withSizes(store, prefix)
    await store.read(view => {
      records.#amounts.clear()
      records.#all = NOTHING
      for (const key of view.keys(keysUnder(storeKey(prefix)))) {
        records.#count(key.slice(prefix.length, prefix.length + UUID_BYTES), { texts: 1, bytes: sizeIn(key) })
      }
    })
    return records
  }

  /** True when there is room for no more, whoever it is from. */
  get full (): boolean { return this.total >= this.#limits.maxTexts || this.#all.bytes >= this.#limits.maxBytes }
  get total (): number { return this.#all.texts }

  /** True when this one's share is used up. */
  fullOf (peer: Uuid): boolean {
    const { texts, bytes } = this.#amountOf(peer)
    return texts >= this.#limits.maxPeerTexts || bytes >= this.#limits.maxPeerBytes
  }

  /** How many there are with somebody. */
  count (peer: Uuid): number { return this.#amountOf(peer).texts }

  /** Writes one down; the same one again changes nothing. @throws what the store does (as rejections) */
  async add ({ peer, text }: TextRecord): Promise<void> {
    const bytes = encodeChat(text)
    const key = this.#key(peer, text, bytes)
    const before = await this.#store.write(transaction => {
      const there = transaction.get(key)
      transaction.set(key, bytes)
      return there?.byteLength
    })
    this.#count(peer, { texts: before === undefined ? 1 : 0, bytes: bytes.byteLength - (before ?? 0) })
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
    const key = this.#key(peer, text, encodeChat(text))
    const before = await this.#store.write(transaction => {
      const there = transaction.get(key)
      transaction.delete(key)
      return there?.byteLength
    })
    if (before !== undefined) this.#count(peer, { texts: -1, bytes: -before })
  }

  #key (peer: Uuid, { time, id }: ChatText, { byteLength }: Uint8Array): Uint8Array { return storeKey(this.#prefix, peer, time, id, byteLength) }

  #amountOf (peer: Uuid): Amount { return this.#amounts.get(uuidKey(peer)) ?? NOTHING }

  #count (peer: Uuid, by: Amount): void {
    const left = sumOf(this.#amountOf(peer), by)
    if (left.texts > 0) this.#amounts.set(uuidKey(peer), left)
    else this.#amounts.delete(uuidKey(peer))
    this.#all = sumOf(this.#all, by)
  }
}

/** Gives keys their size that were written before keys had one. @throws what the store does (as rejections) */
async function withSizes (store: Store, prefix: string): Promise<void> {
  const length = prefix.length + 2 * UUID_BYTES + TIME_BYTES
  const range = keysUnder(storeKey(prefix))
  const old = await store.read(view => [...view.keys(range)].filter(key => key.byteLength === length).map(key => key.slice()))
  if (old.length === 0) return
  await store.write(transaction => {
    for (const key of old) {
      const text = transaction.get(key)
      transaction.delete(key)
      if (text !== undefined) transaction.set(storeKey('', key, text.byteLength), text)
    }
  })
}

/** What a key ends in. */
function sizeIn (key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset + key.byteLength - SIZE_BYTES, SIZE_BYTES).getBigUint64(0))
}

function sumOf (one: Amount, other: Amount): Amount {
  return { texts: one.texts + other.texts, bytes: one.bytes + other.bytes }
}

/** Texts that came and have not been shown. */
export function unreadTexts (store: Store): Promise<TextRecords> { return TextRecords.load(store, 'cli/unread/', TEXT_LIMITS.unread) }

/** Texts that the relay does not have yet. */
export function unsentTexts (store: Store): Promise<TextRecords> { return TextRecords.load(store, 'cli/unsent/', TEXT_LIMITS.unsent) }
