import { uuidKey, type Uuid } from '../../bytes/index.js'
import type { MessagePacket, Peer } from '../../nova/index.js'
import type { Store, StoreTransaction } from '../../store/index.js'
import { asError, Channel, deferred, type Deferred } from '../../stream/index.js'
import { relayError } from '../errors.js'
import { decodeDeliveryHead, DELIVERY_HEAD_BYTES, readHead, type DeliveryHead } from '../wire/index.js'
import { clientError } from './errors.js'
import type { Handled } from './handled.js'
import type { Connection } from './line.js'
import { Receiving } from './receiving.js'
import { Watched } from './watched.js'

/** The limits of mail that comes, and their defaults. */
export const INBOX_LIMITS = {
  /** Mail that the relay may send ahead of what was taken. */
  maxUntaken: 32,
  /** Bytes of one message. */
  maxMessage: 67_108_864,
  /** Milliseconds in which nothing of mail comes that has begun; then the connection is made anew. */
  deliveryTimeout: 30_000,
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

/** Mail that has opened. */
export interface Opened {
  readonly from: Peer
  /** What the application gets; mail without is for the client itself, or refused. */
  readonly bytes?: Uint8Array
  /** Why it is not handed out. */
  readonly refusal?: Error
  /** Uses up the prekey that it was sealed to. */
  use(transaction: StoreTransaction): void
  /** Called when that is written down. */
  kept?(): void
}

/** Opens the body of mail, and decides about its sender. */
export type OpenDelivery = (head: DeliveryHead, source: AsyncIterable<Uint8Array>) => Promise<Opened>

/** A message that was handed out or waits to be. */
interface Handed {
  readonly message: ClientMessage
  readonly taken: Deferred<void>
  readonly kept: Deferred<void>
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
 * told. Everything that the relay still has comes again on the next connection, and what was taken is known by then.
 */
export class Inbox {
  readonly messages: AsyncIterable<ClientMessage>
  readonly #options: InboxOptions
  readonly #out = new Channel<Handed>({ maxItems: 1, sizeOf: () => 0 })
  #receiving: Receiving | undefined
  #arrival: Deferred<void> | undefined
  #handed: Handed | undefined
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
    this.#receiving?.leave()
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
    this.#receiving?.leave()
    this.#handed?.taken.reject(error)
    this.#handed?.kept.reject(error)
    close()
    this.#wake()
  }

  #wake (): void {
    this.#arrival?.resolve()
    this.#arrival = undefined
  }

  async #run (): Promise<void> {
    while (this.#over === undefined) {
      const receiving = this.#receiving
      const packet = receiving?.shift()
      if (receiving === undefined || packet === undefined) await (this.#arrival ??= deferred()).promise
      else await this.#handle(receiving, packet)
    }
  }

  async #handle (receiving: Receiving, packet: MessagePacket): Promise<void> {
    const source = new Watched(packet.source, this.#options.limits.deliveryTimeout)
    const begun = await begin(source).catch((error: unknown) => asError(error))
    if (begun instanceof Error || begun.head.position <= receiving.last) {
      source.leave()
      receiving.fail(begun instanceof Error ? begun : relayError('ERR_RELAY_PROTOCOL', 'mail out of order'))
      return
    }
    const { head, rest } = begun
    receiving.last = head.position
    this.#options.handled.passed(head.position, receiving)
    if (this.#options.handled.seen(head.sender, head.id, head.position, receiving)) {
      source.leave()
      receiving.confirm(head.position)
    } else {
      await this.#open(receiving, head, rest, source)
    }
  }

  async #open (receiving: Receiving, head: DeliveryHead, body: AsyncIterable<Uint8Array>, source: Watched): Promise<void> {
    const opened = await this.#options.open(head, body).catch((error: unknown) => asError(error))
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
    else if (bytes === undefined || await this.#hand(head, from, bytes)) await this.#keep(receiving, head, opened)
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

  /** Hands a message out and waits until it was taken; false when that does not happen any more. */
  async #hand ({ id, kind, stored }: DeliveryHead, from: Peer, bytes: Uint8Array): Promise<boolean> {
    if (this.#over !== undefined) return false
    const taken = deferred({ handled: true })
    const kept = deferred({ handled: true })
    const take = (): Promise<void> => {
      taken.resolve()
      return kept.promise
    }
    this.#handed = { taken, kept, message: { from, id: new Uint8Array(id), kind, bytes, stored: Number(stored), taken: take } }
    void this.#out.push(this.#handed)
    return taken.promise.then(() => true, () => false)
  }

  async #keep (receiving: Receiving, { sender, id, position }: DeliveryHead, opened?: Opened): Promise<void> {
    const { store, handled } = this.#options
    const handed = this.#handed
    this.#handed = undefined
    try {
      await store.write(transaction => {
        handled.write(transaction, sender, id, position)
        opened?.use(transaction)
      })
    } catch (error) {
      handed?.kept.reject(error)
      throw error
    }
    handled.add(sender, id, position, receiving)
    opened?.kept?.()
    handed?.kept.resolve()
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

/** Reads what stands before the body. @throws ERR_RELAY_PROTOCOL, and what the source throws */
async function begin (source: Watched): Promise<{ head: DeliveryHead, rest: AsyncIterable<Uint8Array> }> {
  const headed = await readHead(source, DELIVERY_HEAD_BYTES)
  if (headed === undefined) throw relayError('ERR_RELAY_PROTOCOL', 'a delivery without its head')
  const { id, sender, ...others } = decodeDeliveryHead(headed.head)
  return { head: { ...others, id: new Uint8Array(id), sender: new Uint8Array(sender) }, rest: headed.rest }
}
