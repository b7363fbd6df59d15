import { Channel, deferred, ignore, leave, type LinkControl } from '../stream/index.js'
import type { MessageSource, OpenOptions, SealOptions } from './session/body.js'
import type { Session, MessagePacket } from './session/session.js'
import type { HopAgreement } from './handshake-hardened.js'
import type { Peer } from './identity.js'
import { RESET_CODES } from './reset-codes.js'
import { KIND } from './routed.js'

/**
 * A message of a peer. One of `source`, `bytes` and `drop` is used, once: until then it holds its place among the bytes
 * that the link keeps, so that messages which are neither read nor dropped bring the whole link to a halt.
 */
export interface Message {
  readonly kind: bigint
  /** The message as it comes; see {@link Session.open}. Leaving early drops the rest of it. */
  readonly source: AsyncIterable<Uint8Array>
  /** The whole message, at most 64 MiB or `maxInflated`. */
  bytes(options?: OpenOptions): Promise<Uint8Array>
  /** Leaves a message that nobody wants to read; its sender is told one of `RESET_CODES`, by default `cancelled`, where the link can say so. */
  drop(code?: number): void
}

/** A conversation with one peer whose identity is proved. */
export interface PeerSession extends Pick<LinkControl, 'closed'> {
  readonly peer: Peer
  /**
   * True when the peer is sure to have the keys, and to be present. False at the side that sent the last message of the
   * handshake (who was greeted with a pinned key, else who greeted) until something of the peer has opened: that message
   * may never have come, and a greeting with a pinned key can be an old one sent again. What `dial` gives is confirmed.
   */
  readonly confirmed: boolean
  /**
   * Messages as they begin to arrive, one consumer. One that is sent while another is on its way may come before it.
   * Throws when the peer is gone or the link fails.
   * When its reader leaves, what is queued or comes later is dropped; sending goes on.
   */
  readonly messages: AsyncIterable<Message>
  /** As {@link Session.send}; after the end it rejects with what ended the conversation. */
  send(kind: bigint, message: Uint8Array | MessageSource, options?: SealOptions): Promise<void>
  /** Forgets the peer and wipes its keys; messages that were not read yet and those that come later are lost. */
  close(): void
}

/** The conversation as {@link peers} sees it: what arrives, keys, and its end. */
export class Conversation implements PeerSession {
  readonly messages: AsyncIterable<Message>
  /** True when somebody has been given it. */
  taken = false
  readonly #queue: Channel<ArrivedMessage>
  readonly #closed = deferred({ handled: true })
  readonly #session: Session
  readonly #onClose: () => void
  #peer: Peer
  #failure: Error | undefined

  constructor (session: Session, peer: Peer, maxMessages: number, onClose: () => void) {
    this.#session = session
    this.#peer = peer
    this.#onClose = onClose
    this.#queue = new Channel<ArrivedMessage>({ maxItems: maxMessages, sizeOf: () => 0 })
    this.messages = this.#messages()
  }

  get peer (): Peer { return this.#peer }
  get closed (): Promise<void> { return this.#closed.promise }
  get confirmed (): boolean { return this.#session.confirmed }

  async send (kind: bigint, message: Uint8Array | MessageSource, options?: SealOptions): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    return this.#session.send(kind, message, options)
  }

  /** A new agreement with the same identity. */
  renew ({ remote, sealKey: seal, openKey: open, confirmed: present }: HopAgreement, confirmed: boolean): void {
    this.#session.setKey({ seal, open }, { confirmed })
    // an old greeting sent again may show a static key that is no longer the peer's
    if (present) this.#peer = remote
  }

  /** Shows the peer that the new keys are here. When it cannot be sent, the next message does it. */
  confirm (): void {
    this.#session.send(KIND.confirm, new Uint8Array(0)).catch(ignore)
  }

  /** The peer shows that it has the new keys, by what opens under them. What does not is nothing to anybody. */
  confirmedBy (packet: MessagePacket): void {
    new ArrivedMessage(this.#session, packet).bytes({ maxInflated: 0 }).catch(ignore)
  }

  /** A packet of the peer; a promise while the messages before it wait to be taken. */
  deliver (packet: MessagePacket): Promise<void> | undefined {
    const message = new ArrivedMessage(this.#session, packet)
    if (this.#queue.open) return this.#queue.push(message)
    message.drop()
    return undefined
  }

  close (): void {
    this.end()
    this.#leave()
    this.#session.destroy()
  }

  /** No more comes: the reader gets what is queued, then the end. */
  end (): void {
    this.#onClose()
    this.#queue.end()
    this.#closed.resolve()
  }

  /** The peer or the link is gone: the reader gets what is queued, which the keys are still kept for, then the error. */
  fail (error: Error): void {
    this.#failure ??= error
    this.#onClose()
    this.#queue.fail(error)
    this.#closed.reject(error)
  }

  #messages (): AsyncIterableIterator<Message> {
    const iterator: AsyncIterableIterator<Message> = {
      next: () => this.#queue.next(),
      return: () => {
        this.#leave()
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]: () => iterator
    }
    return iterator
  }

  /** Nobody wants messages any more: those that are queued let go of their packets. */
  #leave (): void {
    for (let waiting = this.#queue.length; waiting > 0; waiting--) void this.#queue.next().then(({ value }) => { (value as ArrivedMessage).drop() })
    void this.#queue.return()
  }
}

/** A message in its packet: opened when it is read, so that one that nobody reads costs nothing to open. */
class ArrivedMessage implements Message {
  readonly #session: Session
  readonly #packet: MessagePacket

  constructor (session: Session, packet: MessagePacket) {
    this.#session = session
    this.#packet = packet
  }

  get kind (): bigint { return this.#packet.header.kind }

  get source (): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => this.#open() }
  }

  async bytes (options?: OpenOptions): Promise<Uint8Array> {
    try {
      return await this.#session.openBytes(this.#packet, options)
    } catch (error) {
      this.drop()
      throw error
    }
  }

  drop (code: number = RESET_CODES.cancelled): void {
    if (this.#packet.stop === undefined) leave(this.#packet.source)
    else this.#packet.stop(code)
  }

  /** A packet that the session refuses from the outside has to be left. */
  #open (): AsyncIterableIterator<Uint8Array> {
    try {
      return this.#session.open(this.#packet)
    } catch (error) {
      this.drop()
      throw error
    }
  }
}

/** Conversations from the channel; those that wait when the reader leaves are closed. */
export function taking (begun: Channel<Conversation>): AsyncIterableIterator<PeerSession> {
  const iterator: AsyncIterableIterator<PeerSession> = {
    next: () => begun.next(),
    return: () => {
      for (let waiting = begun.length; waiting > 0; waiting--) void begun.next().then(({ value }) => { (value as Conversation).close() })
      return begun.return()
    },
    [Symbol.asyncIterator]: () => iterator
  }
  return iterator
}
