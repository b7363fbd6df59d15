import { checkUuid, isNilUuid } from '../bytes/index.js'
import { ByteQueue, type Bytes } from '../stream/index.js'
import { storeError } from './errors.js'
import type { Store, StoreTransaction } from './interface.js'
import { encodeHeader, mailKeys } from './mail-records.js'
import type { Envelope } from './mailbox.js'
import type { Numbers } from './numbers.js'
import type { Quotas } from './quotas.js'

const NOTHING = new Uint8Array(0)

/** Where a message on its way in is put. */
export interface MailRoom {
  readonly store: Store
  readonly quotas: Quotas
  readonly numbers: Numbers
  readonly limits: { readonly maxMessage: number, readonly partBytes: number }
}

/** A message on its way in: parts of it are written as they come, and it is there when its header is. */
export class IncomingMail {
  readonly envelope: Envelope
  readonly #room: MailRoom
  #length = 0
  /** Parts that are written. */
  #parts = 0
  /** What has come behind those. */
  #last: Uint8Array = NOTHING
  #body: number | undefined
  /** 1 once it counts as a message. */
  #counted = 0

  /** @param envelope - as {@link checkedEnvelope} gives it */
  constructor (envelope: Envelope, room: MailRoom) {
    this.envelope = envelope
    this.#room = room
  }

  /** What its parts are written under, from the first one on. */
  get body (): number | undefined { return this.#body }

  /**
   * Takes all that comes, and writes every part but the last.
   *
   * @throws ERR_MAIL_LENGTH, ERR_MAIL_SENDER_QUOTA, ERR_MAIL_RECIPIENT_QUOTA, ERR_MAIL_QUOTA, and what the source and the store do (as rejections)
   */
  async take (source: AsyncIterator<Bytes>): Promise<void> {
    const { store, quotas, limits: { maxMessage, partBytes } } = this.#room
    quotas.reserve(this.envelope, 0, 1)
    this.#counted = 1
    const queue = new ByteQueue()
    for (let result = await source.next(); result.done !== true; result = await source.next()) {
      const bytes = result.value
      if (this.#length + bytes.byteLength > maxMessage) throw storeError('ERR_MAIL_LENGTH', `${maxMessage} bytes`)
      quotas.reserve(this.envelope, bytes.byteLength, 0)
      this.#length += bytes.byteLength
      queue.push(new Uint8Array(bytes.subarray()))
      while (queue.length > partBytes) {
        const part = queue.takeJoined(partBytes)
        await store.write(transaction => { this.#write(transaction, part) })
        this.#parts++
      }
    }
    this.#last = queue.takeJoined(queue.length)
  }

  /**
   * Writes its header with its last part.
   *
   * @param times - milliseconds since 1970
   * @returns its position
   */
  finish (transaction: StoreTransaction, { stored, expires }: { stored: number, expires: number }): number {
    const { id, sender, recipient, kind } = this.envelope
    const more = this.#last.byteLength > 0
    if (more) this.#write(transaction, this.#last)
    const position = this.#room.numbers.take(transaction)
    const header = { id, sender, kind, length: this.#length, body: this.#body ?? 0, parts: this.#parts + (more ? 1 : 0), stored, expires }
    transaction.set(mailKeys.header(recipient, position), encodeHeader(header))
    transaction.set(mailKeys.expiry(expires, position), recipient)
    return position
  }

  /** It is not to be stored, and counts no more. Its parts are left. */
  discount (): void {
    this.#room.quotas.release(this.envelope, this.#length, this.#counted)
  }

  #write (transaction: StoreTransaction, part: Uint8Array): void {
    this.#body ??= this.#room.numbers.take(transaction)
    transaction.set(mailKeys.part(this.#body, this.#parts), part)
  }
}

/** A copy of an envelope, so that it stays what it was. @throws ERR_UUID, ERR_MAIL_ID, ERR_MAIL_LIFETIME, ERR_VALUE_RANGE */
export function checkedEnvelope ({ id, sender, recipient, kind, lifetime }: Envelope): Envelope {
  if (isNilUuid(id)) throw storeError('ERR_MAIL_ID')
  checkUuid(sender)
  checkUuid(recipient)
  if (lifetime !== undefined && !(lifetime > 0)) throw storeError('ERR_MAIL_LIFETIME')
  // the only field that is written as it was given
  encodeHeader({ id, sender, kind, length: 0, body: 0, parts: 0, stored: 0, expires: 0 })
  return { id: new Uint8Array(id), sender: new Uint8Array(sender), recipient: new Uint8Array(recipient), kind, lifetime }
}
