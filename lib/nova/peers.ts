import { isNilUuid, uuidKey, type Uuid } from '../bytes/index.js'
import { abortable, asError, Channel, ignore, limitsOf, type LimitsOf, type LinkControl } from '../stream/index.js'
import { readGreeting } from './greeting.js'
import type { HopAgreement } from './handshake-hardened.js'
import type { Offer } from './handshake-offer.js'
import type { Identity, Peer } from './identity.js'
import { peerError } from './peer-errors.js'
import { PeerHandshakes } from './peer-handshakes.js'
import { Conversation, type PeerSession } from './peer-session.js'
import { readBody } from './read-body.js'
import { decodeRelayError, MAX_RELAY_ERROR_BYTES, type RelayError } from './relay-messages.js'
import { KIND, type RoutedLink, type RoutedPacket } from './routed.js'
import { Session } from './session/session.js'
import type { VerifyPeer } from './verify-peer.js'

/** The limits of {@link peers} and their defaults. */
export const PEERS_LIMITS = {
  /** Conversations at a time. */
  maxSessions: 1024,
  /** Handshakes under way at a time. */
  maxHandshakes: 64,
  /** Milliseconds for one handshake. */
  handshakeTimeout: 10_000,
  /** Messages of one peer that wait to be taken; then nothing more of the link is read. */
  maxMessages: 256,
  /** Conversations begun by others that wait to be taken from `incoming`. */
  maxIncoming: 256
} as const

/** Limits of {@link peers}; {@link PEERS_LIMITS} has the defaults. */
export type PeersLimits = LimitsOf<typeof PEERS_LIMITS>

/** Options of {@link peers}. */
export interface PeersOptions {
  identity: Identity
  /** Decides about every peer whose identity is proved, whoever began. */
  verify: VerifyPeer
  offer?: Partial<Offer> | undefined
  limits?: PeersLimits | undefined
  /** Takes the server's own packets (target nil) except its errors about peers. It must read or leave their source. */
  onServerPacket?: ((packet: RoutedPacket) => void) | undefined
}

/** Conversations over one link. */
export interface Peers extends Pick<LinkControl, 'closed'> {
  /**
   * Agrees keys with a peer and gives the conversation; the one there is already, if there is one.
   *
   * @param options - `staticKey`: the peer's X25519 static key where it is known, which saves a round trip
   * @throws ERR_PEER_TIMEOUT, ERR_PEER_UNREACHABLE, ERR_PEER_LIMIT, ERR_PEER_CLOSED, the signal's reason, what
   * {@link HardenedHandshake} raises, or the link's cause (as rejections)
   */
  dial(id: Uuid, options?: { staticKey?: Uint8Array | undefined, signal?: AbortSignal | undefined }): Promise<PeerSession>
  /** Conversations that others began, one consumer. */
  readonly incoming: AsyncIterable<PeerSession>
  /** Ends the conversations and wipes their keys, then closes the link. */
  close(): Promise<void>
}

/**
 * End-to-end encrypted conversations over one link to a server that routes packets: handshakes with peers, their
 * sessions, and the server's errors. It is the consumer of the link's `source`.
 *
 * Messages of all peers arrive on one link: a conversation whose messages nobody takes holds up the others when
 * `maxMessages` of them wait.
 *
 * @example
 * ```ts
 * import type { NovaLink, Identity } from 'hushwire/nova'
 * import { peers } from 'hushwire/nova'
 *
 * async function greet (link: NovaLink, identity: Identity, friend: Uint8Array) {
 *   const hub = peers(link, { identity, verify: peer => peer.id.byteLength === 16 })
 *   const session = await hub.dial(friend)
 *   await session.send(1n, new TextEncoder().encode('hello'))
 *   for await (const message of session.messages) console.log(message.kind, await message.bytes())
 * }
 * ```
 */
export function peers (link: RoutedLink, options: PeersOptions): Peers {
  return new Hub(link, options)
}

class Hub implements Peers {
  readonly incoming: Channel<PeerSession>
  readonly #link: RoutedLink
  readonly #options: PeersOptions
  readonly #limits: Readonly<Record<keyof typeof PEERS_LIMITS, number>>
  readonly #handshakes: PeerHandshakes
  readonly #conversations = new Map<string, Conversation>()
  /** By peer: what has to happen before its next packet is looked at. */
  readonly #turns = new Map<string, { readonly waiting: number, readonly done: Promise<void> }>()
  #over: Error | undefined

  constructor (link: RoutedLink, options: PeersOptions) {
    const { identity, verify, offer } = options
    const limits = limitsOf(PEERS_LIMITS, options.limits)
    this.#limits = limits
    this.#link = link
    this.#options = options
    this.incoming = new Channel<PeerSession>({ maxItems: limits.maxIncoming, sizeOf: () => 0 })
    this.#handshakes = new PeerHandshakes({
      identity,
      verify,
      offer,
      timeout: limits.handshakeTimeout,
      maxHandshakes: limits.maxHandshakes,
      send: (peer, body) => link.send({ target: peer, source: identity.id, kind: KIND.handshake }, body),
      onAgreement: agreement => { this.#agreed(agreement) }
    })
    this.#run().then(() => { this.#end() }, (thrown: unknown) => { this.#fail(asError(thrown)) })
  }

  get closed (): Promise<void> { return this.#link.closed }

  async dial (id: Uuid, options: { staticKey?: Uint8Array | undefined, signal?: AbortSignal | undefined } = {}): Promise<PeerSession> {
    if (this.#over !== undefined) throw this.#over
    const known = this.#conversations.get(uuidKey(id))
    if (known !== undefined) return known
    if (this.#conversations.size >= this.#limits.maxSessions) throw peerError('ERR_PEER_LIMIT', `${this.#limits.maxSessions} conversations`)
    await abortable(this.#handshakes.dial(id, options.staticKey), options.signal)
    const session = this.#conversations.get(uuidKey(id))
    if (session === undefined) throw this.#over ?? peerError('ERR_PEER_LIMIT', `${this.#limits.maxSessions} conversations`)
    return session
  }

  async close (): Promise<void> {
    this.#over = peerError('ERR_PEER_CLOSED')
    this.#handshakes.fail(this.#over)
    for (const conversation of [...this.#conversations.values()]) conversation.close()
    this.incoming.end()
    await this.#link.close()
  }

  async #run (): Promise<void> {
    for await (const packet of this.#link.source) {
      const { target, kind } = packet.header
      if (isNilUuid(target)) this.#fromServer(packet)
      else if (kind === KIND.handshake) this.#greeted(packet)
      else await this.#deliver(packet)
    }
  }

  /** Not awaited: a greeting that comes slowly must not hold up anybody but its sender. The link limits how many there are. */
  #greeted (packet: RoutedPacket): void {
    const peer = packet.header.source.slice()
    void this.#inTurn(uuidKey(peer), readGreeting(packet.source).then(greeting => this.#handshakes.receive(peer, greeting)))
  }

  /** Whatever comes of a peer while its greeting is read or checked waits for it: the first message follows at once. */
  #inTurn (key: string, work: Promise<void>): Promise<void> {
    const before = this.#turns.get(key)
    const turn = { waiting: (before?.waiting ?? 0) + 1, done: Promise.all([before?.done, work]).then(ignore, ignore) }
    this.#turns.set(key, turn)
    void turn.done.then(() => { if (this.#turns.get(key) === turn) this.#turns.delete(key) })
    return turn.done
  }

  #fromServer (packet: RoutedPacket): void {
    if (packet.header.kind === KIND.error) {
      readBody(packet.source, MAX_RELAY_ERROR_BYTES).then(body => {
        if (body !== undefined) this.#unreachable(decodeRelayError(body))
      }).catch(ignore)
    } else if (this.#options.onServerPacket === undefined) {
      drop(packet)
    } else {
      this.#options.onServerPacket(packet)
    }
  }

  #unreachable ({ target, code, text }: RelayError): void {
    const error = peerError('ERR_PEER_UNREACHABLE', `code ${code}, ${text}`)
    this.#handshakes.unreachable(target, error)
    this.#conversations.get(uuidKey(target))?.fail(error)
  }

  #deliver (packet: RoutedPacket): Promise<void> | undefined {
    const key = uuidKey(packet.header.source)
    const turn = this.#turns.get(key)
    if (turn === undefined) return this.#hand(key, packet)
    if (turn.waiting > this.#limits.maxMessages) drop(packet)
    else void this.#inTurn(key, turn.done.then(() => { void this.#hand(key, packet) }))
    return undefined
  }

  #hand (key: string, packet: RoutedPacket): Promise<void> | undefined {
    const conversation = this.#conversations.get(key)
    if (conversation !== undefined) return conversation.deliver(packet)
    drop(packet)
    return undefined
  }

  #agreed (agreement: HopAgreement): void {
    const { remote, sealKey: seal, openKey: open, confirmed } = agreement
    const key = uuidKey(remote.id)
    const known = this.#conversations.get(key)
    if (known !== undefined) {
      known.renew(remote, { seal, open }, confirmed)
    } else if (this.#conversations.size < this.#limits.maxSessions) {
      this.#begin(key, remote, { seal, open })
    }
  }

  #begin (key: string, peer: Peer, keys: { seal: Uint8Array, open: Uint8Array }): void {
    const session = new Session({ link: this.#link, self: this.#options.identity.id, peer: peer.id, key: keys })
    const conversation = new Conversation(session, peer, this.#limits.maxMessages, () => {
      if (this.#conversations.get(key) === conversation) this.#conversations.delete(key)
    })
    this.#conversations.set(key, conversation)
    if (this.#handshakes.awaited(peer.id)) return
    // nobody takes conversations that others begin: this one is over before it starts
    if (this.incoming.full || !this.incoming.open) conversation.close()
    else void this.incoming.push(conversation)
  }

  #end (): void {
    this.#over ??= peerError('ERR_PEER_CLOSED')
    this.#handshakes.fail(this.#over)
    for (const conversation of [...this.#conversations.values()]) conversation.end()
    this.incoming.end()
  }

  #fail (error: Error): void {
    this.#over ??= error
    this.#handshakes.fail(error)
    for (const conversation of [...this.#conversations.values()]) conversation.fail(error)
    this.incoming.fail(error)
  }
}

/** Leaves a packet, so that the rest of it is dropped as it comes. */
function drop (packet: RoutedPacket): void {
  void packet.source[Symbol.asyncIterator]().return?.()
}
