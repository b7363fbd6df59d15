import { Channel, deferred, type LinkControl } from '../stream/index.js'
import type { MessageSource, OpenOptions, SealOptions } from './session/body.js'
import type { DirectionKeys } from './session/keyring.js'
import type { Session, MessagePacket } from './session/session.js'
import type { Peer } from './identity.js'

/** A message of a peer. One of `source` and `bytes` is used, once. */
export interface Message {
  readonly kind: bigint
  /** The message as it comes; see {@link Session.open}. Leaving early drops the rest of it. */
  readonly source: AsyncIterable<Uint8Array>
  /** The whole message, at most 64 MiB or `maxInflated`. */
  bytes(options?: OpenOptions): Promise<Uint8Array>
}

/** A conversation with one peer whose identity is proved. */
export interface PeerSession extends Pick<LinkControl, 'closed'> {
  readonly peer: Peer
  /** Messages as they begin, in the order they were sent, one consumer. Throws when the peer is gone or the link fails. */
  readonly messages: AsyncIterable<Message>
  /** As {@link Session.send}. */
  send(kind: bigint, message: Uint8Array | MessageSource, options?: SealOptions): Promise<void>
  /** Forgets the peer and wipes its keys; messages that were not read yet and those that come later are lost. */
  close(): void
}

/** The conversation as {@link peers} sees it: what arrives, keys, and its end. */
export class Conversation implements PeerSession {
  readonly messages: Channel<Message>
  readonly #closed = deferred({ handled: true })
  readonly #session: Session
  readonly #onClose: () => void
  #peer: Peer

  constructor (session: Session, peer: Peer, maxMessages: number, onClose: () => void) {
    this.#session = session
    this.#peer = peer
    this.#onClose = onClose
    this.messages = new Channel<Message>({ maxItems: maxMessages, sizeOf: () => 0 })
  }

  get peer (): Peer { return this.#peer }
  get closed (): Promise<void> { return this.#closed.promise }

  async send (kind: bigint, message: Uint8Array | MessageSource, options?: SealOptions): Promise<void> {
    return this.#session.send(kind, message, options)
  }

  /** A new agreement with the same identity. */
  renew (peer: Peer, keys: DirectionKeys, confirmed: boolean): void {
    this.#session.setKey(keys, { confirmed })
    this.#peer = peer
  }

  /** A packet of the peer; a promise while the messages before it wait to be taken. */
  deliver (packet: MessagePacket): Promise<void> | undefined {
    const session = this.#session
    return this.messages.push({
      kind: packet.header.kind,
      // opened when it is read, so that a message nobody reads costs nothing
      source: { [Symbol.asyncIterator]: () => session.open(packet) },
      bytes: options => session.openBytes(packet, options)
    })
  }

  close (): void {
    this.end()
    this.#session.destroy()
  }

  /** No more comes: the reader gets what is queued, then the end. */
  end (): void {
    this.#onClose()
    this.messages.end()
    this.#closed.resolve()
  }

  /** The peer or the link is gone: the reader gets what is queued, which the keys are still kept for, then the error. */
  fail (error: Error): void {
    this.#onClose()
    this.messages.fail(error)
    this.#closed.reject(error)
  }
}
