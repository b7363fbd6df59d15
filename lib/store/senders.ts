import { UUID_BYTES, uuidKey, type Uuid } from '../bytes/index.js'
import { join } from '../stream/index.js'
import type { Store, StoreTransaction, StoreView } from './interface.js'
import { numberIn, u64 } from './keys.js'
import { mailKeys } from './mail-records.js'
import { Recent } from './recent.js'

/** Bytes of the position in front of a sender's ids. */
const POSITION_BYTES = 8

/** Which ids each sender has sent: a window for each, in a record for each; the longest silent sender gives way. */
export class Senders {
  readonly #window: number
  readonly #most: number
  /** Those with a record, the longest silent one first. */
  readonly #known = new Map<string, Uuid>()

  constructor (window: number, most: number) {
    this.#window = window
    this.#most = most
  }

  async load (store: Store): Promise<void> {
    const found = await store.read(view => {
      const senders: Array<readonly [position: number, sender: Uuid]> = []
      for (const key of view.keys(mailKeys.senders)) {
        const record = view.get(key)
        if (record !== undefined) senders.push([numberIn(record, 0), mailKeys.senderIn(key)])
      }
      return senders
    })
    for (const [, sender] of found.sort(([one], [other]) => one - other)) this.note(sender)
  }

  /** True when the sender has sent this id. */
  seen (view: StoreView, sender: Uuid, id: Uuid): boolean {
    return this.#recent(view, sender).has(id)
  }

  /** Remembers an id, and forgets senders that there is no room for. */
  add (transaction: StoreTransaction, sender: Uuid, id: Uuid, position: number): void {
    const recent = this.#recent(transaction, sender)
    recent.add(id, this.#window)
    transaction.set(mailKeys.seen(sender), join([u64(position), recent.bytes]))
    let over = this.#known.size + (this.#known.has(uuidKey(sender)) ? 0 : 1) - this.#most
    for (const silent of this.#known.values()) {
      if (over-- <= 0) break
      if (uuidKey(silent) !== uuidKey(sender)) transaction.delete(mailKeys.seen(silent))
    }
  }

  /** What `add` did is kept. */
  note (sender: Uuid): void {
    const key = uuidKey(sender)
    this.#known.delete(key)
    this.#known.set(key, new Uint8Array(sender))
    for (const silent of this.#known.keys()) {
      if (this.#known.size <= this.#most) break
      this.#known.delete(silent)
    }
  }

  #recent (view: StoreView, sender: Uuid): Recent {
    return new Recent(UUID_BYTES, view.get(mailKeys.seen(sender))?.slice(POSITION_BYTES))
  }
}
