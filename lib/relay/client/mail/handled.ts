import { uuidKey, type Uuid } from '../../../bytes/index.js'
import { keysUnder, storeKey, type Store, type StoreTransaction } from '../../../store/index.js'

/** Mail that is remembered after it was taken: more than can be under way, so that the relay forgets it before. */
const MIN_HANDLED = 4096
const PREFIX = 'relay/handled/'
const PREFIX_BYTES = PREFIX.length

interface Entry {
  readonly storeKey: Uint8Array
  position: bigint
  /** The connection that it came on last. */
  connection: object | undefined
}

/**
 * The mail that was taken, as long as the relay may deliver it again: until it has said that it knows. By sender and id, so
 * that a relay that counts its positions anew loses nothing.
 */
export class Handled {
  readonly #entries = new Map<string, Entry>()
  readonly #max: number
  /** What the store still has and nobody needs. */
  #stale: Uint8Array[] = []

  private constructor (max: number) {
    this.#max = max
  }

  /** What a store remembers. @throws what the store does */
  static async load (store: Store, maxUntaken: number): Promise<Handled> {
    const handled = new Handled(Math.max(MIN_HANDLED, 2 * maxUntaken))
    await store.read(view => {
      handled.#entries.clear()
      for (const key of view.keys(keysUnder(storeKey(PREFIX)))) {
        const value = view.get(key)
        if (value?.byteLength !== 8 || key.byteLength !== PREFIX_BYTES + 32) continue
        const entry = { storeKey: key, position: positionOf(value), connection: undefined }
        handled.#entries.set(nameOf(key.subarray(PREFIX_BYTES, PREFIX_BYTES + 16), key.subarray(PREFIX_BYTES + 16)), entry)
      }
    })
    return handled
  }

  /** True when it was taken; it has come again on this connection then. */
  seen (sender: Uuid, id: Uuid, position: bigint, connection: object): boolean {
    const entry = this.#entries.get(nameOf(sender, id))
    if (entry === undefined) return false
    entry.position = position
    entry.connection = connection
    return true
  }

  /** Mail comes in the order of its positions, so what lies before this one and did not come on this connection is gone from the relay. */
  passed (position: bigint, connection: object): void {
    for (const [name, entry] of this.#entries) {
      if (entry.connection !== connection && entry.position < position) this.#forget(name, entry)
    }
  }

  /** Writes down that mail was taken, as part of a transaction; {@link Handled.add} follows when it is kept. */
  write (transaction: StoreTransaction, sender: Uuid, id: Uuid, position: bigint): void {
    for (const key of this.#stale) transaction.delete(key)
    transaction.set(storeKey(PREFIX, sender, id), bytesOf(position))
  }

  add (sender: Uuid, id: Uuid, position: bigint, connection: object): void {
    this.#stale = []
    this.#entries.set(nameOf(sender, id), { storeKey: storeKey(PREFIX, sender, id), position, connection })
    for (const [name, entry] of this.#entries) {
      if (this.#entries.size <= this.#max) break
      this.#forget(name, entry)
    }
  }

  #forget (name: string, { storeKey }: Entry): void {
    this.#entries.delete(name)
    this.#stale.push(storeKey)
  }
}

function nameOf (sender: Uuid, id: Uuid): string {
  return uuidKey(sender) + uuidKey(id)
}

function bytesOf (position: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, position)
  return bytes
}

function positionOf (bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
}
