import type { Uuid } from '../bytes/index.js'
import type { Bytes, LimitsOf } from '../stream/index.js'

/** The limits of a mailbox and their defaults. Quotas count what is stored and what is being stored. */
export const MAILBOX_LIMITS = {
  /** Bytes of one message. */
  maxMessage: 67_108_864,
  /** Bytes of one sender's, for all recipients. */
  senderBytes: 268_435_456,
  /** Messages of one sender. */
  senderMessages: 10_000,
  /** Bytes for one recipient. */
  recipientBytes: 1_073_741_824,
  /** Messages for one recipient. */
  recipientMessages: 50_000,
  /** Bytes in all. */
  totalBytes: 10_737_418_240,
  /** Messages in all. */
  totalMessages: 1_000_000,
  /** Messages that are being stored at once. Each takes memory of a part and a chunk of its source. */
  maxPuts: 1024,
  /** Bytes of a part on disk, and of what is in memory of a message; at most 1 MiB. */
  partBytes: 65_536,
  /** Milliseconds that a message is kept at the most. */
  maxLifetime: 2_592_000_000,
  /** Milliseconds by which the wall clock may be wrong, either way, without a message running out early. */
  clockSkew: 86_400_000,
  /** Ids of each sender that are remembered, also after their messages are gone. A sender must not have more unacknowledged. */
  dedupWindow: 256,
  /** Senders whose ids are remembered; the one that has sent nothing for longest gives way. */
  dedupSenders: 10_000
} as const

/** Limits of a mailbox; {@link MAILBOX_LIMITS} has the defaults. */
export type MailboxLimits = LimitsOf<typeof MAILBOX_LIMITS>

/** What a sender says about a message. */
export interface Envelope {
  /** Of the message, by its sender; not nil. The same again, of the same sender, is the same message. */
  readonly id: Uuid
  readonly sender: Uuid
  readonly recipient: Uuid
  /** As in the header of a routed packet: a u64. */
  readonly kind: bigint
  /** Milliseconds after which nobody wants it any more. Default, and most: `maxLifetime`. */
  readonly lifetime?: number | undefined
}

/** A message that waits for its recipient. */
export interface Mail {
  /** Where it stands: larger for what was stored later, and never given twice. */
  readonly position: number
  readonly id: Uuid
  readonly sender: Uuid
  readonly recipient: Uuid
  readonly kind: bigint
  /** Bytes of its body. */
  readonly length: number
  /** Milliseconds since 1970 by the wall clock of when it was stored. */
  readonly stored: number
  /**
   * Its body, part by part from the store; each chunk is the reader's own. It can be read any number of times.
   *
   * @throws ERR_MAIL_GONE, ERR_MAIL_DAMAGED, and what the store does (as rejections)
   */
  readonly source: AsyncIterable<Uint8Array>
}

/** How mail is read. */
export interface ReadOptions {
  /** Only what stands after this position. Default: everything. */
  readonly after?: number | undefined
  /** Go on with what is stored later, and end only by `return()` or when the mailbox is closed. Default false. */
  readonly follow?: boolean | undefined
}

/** What is stored and being stored. */
export interface Usage {
  readonly bytes: number
  readonly messages: number
}

/**
 * Packets for recipients that are away, as they came. Nothing in it says where a recipient is connected, or that it is
 * connected to this process: who serves a recipient reads its mail, wherever the mail was put.
 */
export interface Mailbox {
  /** Those in force. */
  readonly limits: Readonly<Record<keyof typeof MAILBOX_LIMITS, number>>
  /**
   * Stores a message. Its body is written as it comes, and no more than `partBytes` and one chunk of it is in memory.
   * When the promise has resolved, the message is on disk, and will be delivered at least once.
   *
   * @param source - the body; a chunk is the source's again at its next `next()`. It is let go of when the message is refused
   * @returns `duplicate` when the sender has sent this id before, within `dedupWindow`: nothing more is stored then
   * @throws ERR_UUID, ERR_MAIL_ID, ERR_MAIL_LIFETIME, ERR_VALUE_RANGE for a kind, ERR_MAIL_LENGTH, ERR_MAIL_SENDER_QUOTA,
   *   ERR_MAIL_RECIPIENT_QUOTA, ERR_MAIL_QUOTA, ERR_MAIL_BUSY, what the source throws, and what the store does (as rejections)
   */
  put(envelope: Envelope, source: AsyncIterable<Bytes>): Promise<'stored' | 'duplicate'>
  /**
   * A recipient's mail in the order in which it was acknowledged to its senders, first the oldest; it stays until it is
   * acknowledged. `return()` takes effect at once.
   *
   * @throws ERR_UUID, and what the store does (as rejections of `next`)
   */
  read(recipient: Uuid, options?: ReadOptions): AsyncIterableIterator<Mail>
  /**
   * The recipient has it: the message is deleted.
   *
   * @returns false when there is none at this position for this recipient (any more)
   * @throws ERR_UUID, and what the store does (as rejections)
   */
  acknowledge(recipient: Uuid, position: number): Promise<boolean>
  /**
   * Deletes what has run out. To be called from time to time; until then it is only not delivered.
   *
   * @returns how many messages that were
   * @throws what the store does (as rejections)
   */
  expire(): Promise<number>
  /** In all, or for a recipient. @throws ERR_UUID */
  usage(recipient?: Uuid): Promise<Usage>
  /** Ends those who read, and waits for what is being put and deleted. The store stays open. Never rejects. */
  close(): Promise<void>
}
