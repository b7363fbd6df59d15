import { equalUuid, type Uuid } from '../../bytes/index.js'
import { ByteQueue, letGo, type Bytes } from '../../stream/index.js'
import type { RoutedFace, RoutedHeader, RoutedPacket } from '../routed.js'
import type { MessageSource, OpenOptions, SealOptions } from './body.js'
import { sessionError } from './errors.js'
import { openHardenedBody, sealHardenedBody } from './hardened-body.js'
import type { SendingKey } from './hardened-keys.js'
import { Keyring, type DirectionKeys } from './keyring.js'
import { openSeedBody, SeedSessionKey, sealSeedBody } from './seed-body.js'

/** Bytes that a message opened as bytes may have, unless the caller says more. */
const MAX_INFLATED = 67_108_864

/** Options of {@link Session}. */
export interface SessionOptions {
  /** Where messages are sent: a link of routed packets. */
  link: Pick<RoutedFace, 'send'>
  /** Our own UUID, the source of what is sent. */
  self: Uuid
  /** The peer's. */
  peer: Uuid
  /**
   * The key of the seed's wire, 32 bytes and one for both directions, or a pair for the hardened one. It may be given
   * later, with {@link Session.setKey}.
   */
  key?: Uint8Array | DirectionKeys | undefined
  /** Messages that one key of the seed's wire may seal. Default and most 2^20. */
  maxMessages?: number | undefined
  /** Called when {@link Session.confirmed} becomes true by a message that has opened. It must not throw. */
  onConfirmed?: (() => void) | undefined
}

/** A packet that may hold a message; what a routed link yields. */
export type MessagePacket = Pick<RoutedPacket, 'header' | 'source'> & Partial<Pick<RoutedPacket, 'stop'>>

/**
 * An end-to-end encrypted conversation with one peer over a link of routed packets (nova.md, Session): zlib, then
 * AES-GCM by chunks, for bytes and for streams of any size. With one key it speaks the seed's wire, with a pair the
 * hardened one, which binds each message to its sender, recipient and kind and refuses replays.
 *
 * @example
 * ```ts
 * import { createIdentity, Session, type MessagePacket, type RoutedHeader, type PacketSource } from 'hushwire/nova'
 *
 * const [alice, bob] = [createIdentity().id, createIdentity().id]
 * const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
 * const sent: MessagePacket[] = []
 * const link = { send: async (header: RoutedHeader, source: PacketSource) => { sent.push({ header, source: source as AsyncIterable<Uint8Array> }) } }
 * const session = new Session({ link, self: alice, peer: bob, key: { seal: one, open: two } })
 * await session.send(1n, new TextEncoder().encode('hello'))
 *
 * const other = new Session({ link, self: bob, peer: alice, key: { seal: two, open: one } })
 * for (const packet of sent) console.log(new TextDecoder().decode(await other.openBytes(packet)))
 * ```
 */
export class Session {
  readonly self: Uuid
  readonly peer: Uuid
  readonly #link: Pick<RoutedFace, 'send'>
  readonly #keyring: Keyring
  readonly #maxMessages: number | undefined
  #seedKey: SeedSessionKey | undefined
  #destroyed = false

  /** @throws ERR_SESSION_KEY */
  constructor (options: SessionOptions) {
    this.self = options.self
    this.peer = options.peer
    this.#link = options.link
    this.#maxMessages = options.maxMessages
    this.#keyring = new Keyring(options)
    if (options.key !== undefined) this.setKey(options.key)
  }

  /**
   * True when the peer is sure to have the keys: false on the seed's wire, and after `setKey` with `confirmed: false`
   * until a message has opened under them.
   */
  get confirmed (): boolean { return this.#keyring.confirmed }

  /**
   * Puts a key in place, copied. A pair that replaces a pair leaves it to open for five minutes more; with `confirmed: false`
   * it seals only after a message has opened under it, if there was a confirmed one before. A key of the seed's wire
   * that is replaced is gone at once. A session stays on the wire of its first key.
   *
   * @throws ERR_SESSION_KEY, ERR_SESSION_DESTROYED
   */
  setKey (key: Uint8Array | DirectionKeys, options: { confirmed?: boolean | undefined } = {}): void {
    if (this.#destroyed) throw sessionError('ERR_SESSION_DESTROYED')
    if (key instanceof Uint8Array ? this.#keyring.ready : this.#seedKey !== undefined) throw sessionError('ERR_SESSION_KEY', 'the session speaks the other wire')
    if (key instanceof Uint8Array) {
      const previous = this.#seedKey
      this.#seedKey = new SeedSessionKey(key, { maxMessages: this.#maxMessages })
      previous?.destroy()
    } else if (options.confirmed === false) {
      this.#keyring.offer(key)
    } else {
      this.#keyring.replace(key)
    }
  }

  /**
   * Sends one message, of any size; a chunk of the source is the source's again at its next `next()`. A source is let
   * go of when sending fails.
   *
   * @returns a promise that resolves when its last frame was handed to the wire
   * @throws ERR_ARGUMENT when it is made of anything but bytes, ERR_SESSION_NO_KEY, ERR_SESSION_KEY_EXHAUSTED, ERR_SESSION_DESTROYED,
   * what the source throws, and what the link's `send` rejects with (all as rejections)
   */
  async send (kind: bigint, message: Uint8Array | MessageSource, options: SealOptions = {}): Promise<void> {
    const header: RoutedHeader = { target: this.peer, source: this.self, kind }
    const body = this.#seal(header, message instanceof Uint8Array ? [message] : message, options)
    try {
      // a body says itself when it is whole, so a source that fails need not take the link down
      await this.#link.send(header, body, { onSourceError: 'truncate' })
    } catch (error) {
      // a packet that was refused has never asked its source, and one that failed may be waiting for it
      letGo(body)
      throw error
    }
  }

  /**
   * The message of a packet, as it comes. Its end says that it was whole; what is yielded before is authentic. The
   * caller sets `maxInflated` where it cannot take streams of any size.
   *
   * @throws ERR_SESSION_PEER, ERR_SESSION_NO_KEY, ERR_SESSION_DESTROYED at once, with the packet still the caller's; then each of
   * SESSION_ERRORS and ZLIB_ERRORS whose origin is remote, and what the packet throws
   */
  open (packet: MessagePacket, options: OpenOptions = {}): AsyncIterableIterator<Uint8Array> {
    const { header, source } = packet
    if (!equalUuid(header.source, this.peer) || !equalUuid(header.target, this.self)) throw sessionError('ERR_SESSION_PEER')
    if (this.#destroyed) throw sessionError('ERR_SESSION_DESTROYED')
    if (this.#seedKey !== undefined) return openSeedBody(source, this.#seedKey, options)
    if (!this.#keyring.ready) throw sessionError('ERR_SESSION_NO_KEY')
    return openHardenedBody(source, id => this.#keyring.find(id), header, options)
  }

  /** As {@link Session.open}, in one piece; `maxInflated` is 64 MiB unless the caller says otherwise. */
  async openBytes (packet: MessagePacket, options: OpenOptions = {}): Promise<Uint8Array> {
    // a queue, not a list: a flood of tiny chunks must not cost more than its bytes
    const queue = new ByteQueue()
    for await (const piece of this.open(packet, { ...options, maxInflated: options.maxInflated ?? MAX_INFLATED })) queue.push(piece)
    return queue.takeJoined(queue.length)
  }

  /** Wipes the keys; messages under way fail or, where their own key is derived already, finish. */
  destroy (): void {
    this.#destroyed = true
    this.#seedKey?.destroy()
    this.#keyring.destroy()
  }

  #seal (header: RoutedHeader, message: MessageSource, options: SealOptions): AsyncIterableIterator<Bytes> {
    if (this.#destroyed) throw sessionError('ERR_SESSION_DESTROYED')
    if (this.#seedKey !== undefined) return sealSeedBody(message, this.#seedKey, options)
    if (!this.#keyring.ready) throw sessionError('ERR_SESSION_NO_KEY')
    return sealHardenedBody(message, () => this.#sending, header, options)
  }
  /** Asked when a packet's turn has come, which may be after the end. */
  get #sending (): SendingKey {
    if (this.#destroyed) throw sessionError('ERR_SESSION_DESTROYED')
    return this.#keyring.sending
  }
}
