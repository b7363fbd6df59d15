import { uuidKey, type Uuid } from '../bytes/index.js'
import { storeError } from './errors.js'
import type { Usage } from './mailbox.js'

/** The limits that quotas are. */
export interface QuotaLimits {
  readonly senderBytes: number
  readonly senderMessages: number
  readonly recipientBytes: number
  readonly recipientMessages: number
  readonly totalBytes: number
  readonly totalMessages: number
}

/** Who is counted for a message. */
export interface Parties {
  readonly sender: Uuid
  readonly recipient: Uuid
}

interface Count { bytes: number, messages: number }

const NOTHING: Usage = Object.freeze({ bytes: 0, messages: 0 })

/** What is stored, by sender, by recipient and in all: counted from the headers when a mailbox opens, then kept in memory. */
export class Quotas {
  readonly #limits: QuotaLimits
  readonly #senders = new Map<string, Count>()
  readonly #recipients = new Map<string, Count>()
  readonly #total: Count = { bytes: 0, messages: 0 }

  constructor (limits: QuotaLimits) {
    this.#limits = limits
  }

  get total (): Usage { return { ...this.#total } }
  of (recipient: Uuid): Usage { return { ...this.#recipients.get(uuidKey(recipient)) ?? NOTHING } }

  /** Counts what comes, before it is written. @throws ERR_MAIL_SENDER_QUOTA, ERR_MAIL_RECIPIENT_QUOTA, ERR_MAIL_QUOTA */
  reserve (parties: Parties, bytes: number, messages: number): void {
    const limits = this.#limits
    const over = (count: Usage | undefined, maxBytes: number, maxMessages: number): boolean =>
      (count?.bytes ?? 0) + bytes > maxBytes || (count?.messages ?? 0) + messages > maxMessages
    if (over(this.#senders.get(uuidKey(parties.sender)), limits.senderBytes, limits.senderMessages)) throw storeError('ERR_MAIL_SENDER_QUOTA')
    if (over(this.#recipients.get(uuidKey(parties.recipient)), limits.recipientBytes, limits.recipientMessages)) throw storeError('ERR_MAIL_RECIPIENT_QUOTA')
    if (over(this.#total, limits.totalBytes, limits.totalMessages)) throw storeError('ERR_MAIL_QUOTA')
    this.add(parties, bytes, messages)
  }

  /** Counts what is there already. */
  add (parties: Parties, bytes: number, messages: number): void {
    count(this.#senders, uuidKey(parties.sender), bytes, messages)
    count(this.#recipients, uuidKey(parties.recipient), bytes, messages)
    this.#total.bytes += bytes
    this.#total.messages += messages
  }

  release (parties: Parties, bytes: number, messages: number): void {
    this.add(parties, -bytes, -messages)
  }
}

function count (counts: Map<string, Count>, key: string, bytes: number, messages: number): void {
  const known = counts.get(key) ?? { bytes: 0, messages: 0 }
  known.bytes += bytes
  known.messages += messages
  if (known.bytes === 0 && known.messages === 0) counts.delete(key)
  else counts.set(key, known)
}
