import type { Uuid } from '../../bytes/index.js'
import { CHAT_KIND, CHAT_LIMITS, encodeChat } from '../../chat/index.js'
import type { PeerHandle } from '../../relay/index.js'
import { ignore } from '../../stream/index.js'

/** What waits at a relay that takes no mail. */
export const RECEIPT_LIMITS = {
  /** Ids that wait; those that come beyond it are never confirmed. */
  maxWaiting: 4096
} as const

/** Receipts that wait to be sent; what comes meanwhile goes with the next one. A receipt that is lost says only that we are silent. */
export class Receipts {
  readonly #peer: PeerHandle
  #waiting: Uuid[] = []
  #sent = Promise.resolve()
  #sending = false

  constructor (peer: PeerHandle) {
    this.#peer = peer
  }

  /** Resolves when those that were added are sent, or lost. */
  get sent (): Promise<void> { return this.#sent }

  add (id: Uuid): void {
    if (this.#waiting.length >= RECEIPT_LIMITS.maxWaiting) return
    this.#waiting.push(id)
    if (this.#sending) return
    this.#sending = true
    this.#sent = this.#run()
  }

  async #run (): Promise<void> {
    // those of one turn together
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const ids = this.#waiting.splice(0, CHAT_LIMITS.maxReceiptIds)
      await this.#peer.send(CHAT_KIND, encodeChat({ type: 'receipt', ids })).catch(ignore)
    }
    this.#sending = false
  }
}
