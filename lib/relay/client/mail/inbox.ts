import { uuidKey, type Uuid } from '../../../bytes/index.js'
import type { Peer } from '../../../nova/index.js'
import type { Store } from '../../../store/index.js'
import { asError, Channel, deferred, type Deferred } from '../../../stream/index.js'
import { DELIVERY_HEAD_BYTES, type DeliveryHead } from '../../wire/index.js'
import { beginDelivery, checkLength, isOwn, type Delivery, type OpenDelivery, type Opened } from './delivery.js'
import { clientError } from '../errors.js'
import type { Handled } from './handled.js'
import type { Connection } from '../connection/line.js'
import { Receiving } from './receiving.js'

/** The limits of mail that comes, and their defaults. */
export const INBOX_LIMITS = {
  /** Mail that the relay may send ahead of what was taken. */
  maxUntaken: 32,
  /** Bytes of one message, as the application gets it. Sealed, it may have twice as many, and 64 KiB. */
  maxMessage: 67_108_864,
  /** Milliseconds in which nothing of mail comes that has begun; then the connection is made anew. */
  deliveryTimeout: 30_000,
  /** Milliseconds for all of one message; then the connection is made anew. */
  messageTimeout: 3_600_000,
  /** How often the relay may fail to deliver one message whole, on a connection that stands, before it is rejected. */
  deliveryTries: 3
} as const

/** Mail from somebody. */
export interface ClientMessage {
  /** Who has sealed it. */
  readonly from: Peer
  /** The sender's id for it, 16 bytes. */
  readonly id: Uuid
  readonly kind: bigint
  /** The reader's. */
  readonly bytes: Uint8Array
  /** When the relay says that it was stored: milliseconds since 1970. */
  readonly stored: number
  /**
   * Says that it need not be handed out again. Asking for the next message says so too; this one is for the last.
   *
   * @returns a promise that resolves when that is written down
   * @throws ERR_RELAY_CLIENT_CLOSED, and what the store does (as rejections)
   */
  taken(): Promise<void>
}

/** Mail that is taken off the relay without being handed out. */
export interface RejectedMail {
  /** Who is said to have sent it. */
  readonly sender: Uuid
  readonly id: Uuid
  readonly kind: bigint
  readonly error: Error
}

/** A message that was handed out or waits to be. */
interface Handed {
  readonly message: ClientMessage
  readonly taken: Deferred<void>
  readonly kept: Deferred<void>
  /** Whether it was taken, or will not be any more. */
  settled: boolean
}

/** What an {@link Inbox} is made with. */
export interface InboxOptions {
  readonly store: Store
  readonly handled: Handled
  readonly open: OpenDelivery
  readonly limits: Readonly<Record<keyof typeof INBOX_LIMITS | 'reconnectMin' | 'reconnectMax' | 'pingTimeout', number>>
  onRejected(mail: RejectedMail): void
  /** What was taken could not be written down. */
  onFailure(error: Error): void
}

/**
 * Mail in order and exactly once: one message at a time is opened, handed out, written down as taken, and then the relay is
 * told. Everything that the relay still has comes again on the next connection, and what was taken is known by then. While a
 * message waits to be taken, mail for the client itself that stands behind it is read, so that pairing waits for no application.
 */
export class Inbox {
  readonly messages: AsyncIterable<ClientMessage>
  readonly #options: InboxOptions
  readonly #out = new Channel<Handed>({ maxItems: 1, sizeOf: () => 0 })
  #receiving: Receiving | undefined
  #arrival: Deferred<void> | undefined
  #handed: Handed | undefined
  /** What stands behind the message that waits, as far as its heads. */
  #ahead: Delivery[] = []
  #failing = { name: '', times: 0 }
  #rejected = 0
  #over: Error | undefined

  constructor (options: InboxOptions) {
    this.#options = options
    this.messages = this.#messages()
    this.#run().catch((error: unknown) => {
      this.fail(asError(error))
      options.onFailure(asError(error))
    })
  }

  /** Messages that were rejected. */
  get rejected (): number { return this.#rejected }

  /** For a connection that is to be made. */
  prepare (): Receiving {
    const { limits } = this.#options
    return new Receiving(limits.maxUntaken, [limits.reconnectMin, limits.reconnectMax], () => { this.#wake() })
  }

  attach (connection: Connection): void {
    this.#leave()
    this.#receiving = connection.receiving
    connection.receiving.begin(connection, connection.ended)
    this.#wake()
  }

  /** No more comes: what was handed out and not taken will be handed out by the next client. So what waits is not handed out by this one. */
  end (): void { this.#finish(clientError('ERR_RELAY_CLIENT_CLOSED'), () => { void this.#out.return() }) }

  fail (error: Error): void { this.#finish(error, () => { this.#out.fail(error, { discard: true }) }) }

  #finish (error: Error, close: () => void): void {
    if (this.#over !== undefined) return
    this.#over = error
    this.#leave()
    this.#handed?.taken.reject(error)
    this.#handed?.kept.reject(error)
    close()
    this.#wake()
  }

  /** Drops what waits: it will come again. */
  #leave (): void {
    this.#receiving?.leave()
    for (const { source } of this.#ahead.splice(0)) source.leave()
  }

  #wake (): void {
    this.#arrival?.resolve()
    this.#arrival = undefined
  }

  async #run (): Promise<void> {
    while (this.#over === undefined) {
      const delivery = this.#ahead.shift() ?? await this.#next()
      if (delivery !== undefined) await this.#handle(delivery)
    }
  }

  /** The next delivery as far as its head; undefined when there was none yet, or none to be read. */
  async #next (): Promise<Delivery | undefined> {
    const receiving = this.#receiving
    const packet = receiving?.shift()
    if (receiving === undefined || packet === undefined) {
      await (this.#arrival ??= deferred()).promise
      return undefined
    }
    const { deliveryTimeout, messageTimeout } = this.#options.limits
    const delivery = await beginDelivery(receiving, packet, { piece: deliveryTimeout, whole: messageTimeout })
    if (delivery === undefined) return undefined
    // in the order in which it comes, or what is known would be forgotten too early
    this.#options.handled.passed(delivery.head.position, receiving)
    return this.#seen(delivery) ? undefined : delivery
  }

  /** Whether mail was taken before; then it is done with. */
  #seen ({ receiving, head: { sender, id, position }, source }: Delivery): boolean {
    if (!this.#options.handled.seen(sender, id, position, receiving)) return false
    source.leave()
    receiving.confirm(position)
    return true
  }

  async #handle (delivery: Delivery): Promise<void> {
    // it may have been taken since its head was read
    if (!this.#seen(delivery)) await this.#open(delivery)
  }

  async #open (delivery: Delivery): Promise<void> {
    const { receiving, head, source } = delivery
    const opened = await this.#read(delivery).catch((error: unknown) => asError(error))
    source.leave()
    // what is lost with the connection comes again; but one that always fails on a good one must not keep the others from coming
    if (source.failure !== undefined && (!await receiving.alive(this.#options.limits.pingTimeout) || this.#again(head))) {
      receiving.fail(source.failure)
      return
    }
    if (opened instanceof Error) {
      await this.#reject(receiving, head, opened)
      return
    }
    const { from, bytes, refusal } = opened
    if (refusal !== undefined) await this.#reject(receiving, head, refusal, opened)
    else if (bytes === undefined) await this.#keep(receiving, head, opened)
    else await this.#hand(receiving, head, from, bytes, opened)
  }

  async #read ({ head, body, source }: Delivery): Promise<Opened> {
    checkLength(head, this.#options.limits.maxMessage)
    source.begin(DELIVERY_HEAD_BYTES + Number(head.length))
    return this.#options.open(head, body)
  }

  /** Whether mail that did not come whole may be tried once more. */
  #again ({ sender, id }: DeliveryHead): boolean {
    const name = uuidKey(sender) + uuidKey(id)
    if (this.#over !== undefined) return true
    this.#failing = this.#failing.name === name ? { name, times: this.#failing.times + 1 } : { name, times: 1 }
    return this.#failing.times < this.#options.limits.deliveryTries
  }

  async #reject (receiving: Receiving, head: DeliveryHead, error: Error, opened?: Opened): Promise<void> {
    await this.#keep(receiving, head, opened)
    this.#rejected++
    const { sender, id, kind } = head
    this.#options.onRejected({ sender: new Uint8Array(sender), id: new Uint8Array(id), kind, error })
  }

  /** Hands a message out, and keeps it once it was taken; nothing when that does not happen any more. */
  async #hand (receiving: Receiving, head: DeliveryHead, from: Peer, bytes: Uint8Array, opened: Opened): Promise<void> {
    if (this.#over !== undefined) return
    const taken = deferred({ handled: true })
    const kept = deferred({ handled: true })
    const { id, kind, stored } = head
    const take = (): Promise<void> => {
      taken.resolve()
      return kept.promise
    }
    const handed: Handed = { taken, kept, settled: false, message: { from, id: new Uint8Array(id), kind, bytes, stored: Number(stored), taken: take } }
    const settle = (): void => {
      handed.settled = true
      this.#wake()
    }
    taken.promise.then(settle, settle)
    this.#handed = handed
    void this.#out.push(handed)
    await this.#meanwhile(handed)
    this.#handed = undefined
    if (await taken.promise.then(() => true, () => false)) await this.#keep(receiving, head, opened, kept)
  }

  /** While a message waits to be taken, reads what is for the client itself. */
  async #meanwhile (handed: Handed): Promise<void> {
    while (!handed.settled) {
      const delivery = await this.#next()
      if (delivery === undefined) continue
      if (isOwn(delivery)) await this.#handle(delivery)
      // what has come on a connection that is gone comes again
      else if (delivery.receiving === this.#receiving && this.#over === undefined) this.#ahead.push(delivery)
      else delivery.source.leave()
    }
  }

  async #keep (receiving: Receiving, { sender, id, position }: DeliveryHead, opened?: Opened, kept?: Deferred<void>): Promise<void> {
    const { store, handled } = this.#options
    try {
      await store.write(transaction => {
        handled.write(transaction, sender, id, position)
        opened?.use(transaction)
      })
    } catch (error) {
      kept?.reject(error)
      throw error
    }
    handled.add(sender, id, position, receiving)
    opened?.kept?.()
    kept?.resolve()
    receiving.confirm(position)
  }

  #messages (): AsyncIterableIterator<ClientMessage> {
    let last: Handed | undefined
    const iterator: AsyncIterableIterator<ClientMessage> = {
      next: async () => {
        last?.taken.resolve()
        const { value, done } = await this.#out.next() as IteratorResult<Handed, undefined>
        if (done === true) return { value: undefined, done: true }
        last = value
        return { value: value.message, done: false }
      },
      // who reads on later gets what follows
      return: () => Promise.resolve({ value: undefined, done: true }),
      [Symbol.asyncIterator]: () => iterator
    }
    return iterator
  }
}
