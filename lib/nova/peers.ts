import { isNilUuid, uuidKey, type Uuid } from '../bytes/index.js'
import { asError, Channel, collect, ignore, leave, limitsOf, type LinkControl } from '../stream/index.js'
import { Greetings, refuse } from './greetings.js'
import type { HopAgreement } from './handshake-hardened.js'
import { Pace } from './pace.js'
import { PeerBacklog } from './peer-backlog.js'
import { peerError } from './peer-errors.js'
import { PeerHandshakes } from './peer-handshakes.js'
import { Conversation, taking, type PeerSession } from './peer-session.js'
import { PEERS_LIMITS, type PeersLink, type PeersOptions } from './peers-options.js'
import { decodeRelayError, MAX_RELAY_ERROR_BYTES, RELAY_CODES, type RelayError } from './relay-messages.js'
import { RESET_CODES } from './reset-codes.js'
import { KIND } from './routed.js'
import { type MessagePacket, Session } from './session/session.js'

/** Kinds of packets whose loss is told, or does no harm: who misses a confirmation greets anew. */
const LOST_ALONE: ReadonlySet<bigint> = new Set([KIND.stream, KIND.confirm])

/** Conversations over one link. */
export interface Peers extends Pick<LinkControl, 'closed'> {
  /**
   * Agrees keys with a peer and gives the conversation; the one there is already, if there is one and the peer has
   * proved to be present in it. It is there when the peer has shown that it has the keys; when that takes too long the
   * conversation may come from `incoming` instead, and the next dial greets anew.
   *
   * @param options - `staticKey`: the peer's X25519 static key where it is known, which saves a round trip
   * @throws ERR_PEER_TIMEOUT, ERR_PEER_REFUSED, ERR_PEER_UNREACHABLE (its cause is the server's `RelayError`), ERR_PEER_LIMIT, ERR_PEER_CLOSED, the signal's reason, what
   * {@link HardenedHandshake} raises, or the link's cause (as rejections)
   */
  dial(id: Uuid, options?: { staticKey?: Uint8Array | undefined, signal?: AbortSignal | undefined }): Promise<PeerSession>
  /** Conversations that others began, and ours that no dial waits for any more, one consumer. When its reader leaves, greetings are left unanswered. */
  readonly incoming: AsyncIterable<PeerSession>
  /** Ends the conversations and wipes their keys, then closes the link. */
  close(): Promise<void>
}

/**
 * End-to-end encrypted conversations over one link to a server that routes packets: handshakes with peers, their
 * sessions, and the server's errors. It is the consumer of the link's `source`, and aborts the link when that fails.
 *
 * Messages of all peers arrive on one link: a conversation whose messages nobody takes holds up the others when
 * `maxMessages` of them wait, or when what they hold has used up the link's own limits.
 *
 * @throws ERR_LIMIT_OPTION when a limit is out of its range
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
export function peers (link: PeersLink, options: PeersOptions): Peers {
  return new Hub(link, options)
}

class Hub implements Peers {
  readonly incoming: AsyncIterable<PeerSession>
  readonly #link: PeersLink
  readonly #options: PeersOptions
  readonly #limits: Readonly<Record<keyof typeof PEERS_LIMITS, number>>
  readonly #begun: Channel<Conversation>
  readonly #handshakes: PeerHandshakes
  readonly #greetings: Greetings
  /** Greetings of those that are not expected. */
  readonly #unexpected: Pace
  readonly #backlog: PeerBacklog
  readonly #conversations = new Map<string, Conversation>()
  #over: Error | undefined
  /** True when the link has failed: what it still holds is passed on without waiting for anybody. */
  #failing = false
  #goOn: () => void = ignore

  constructor (link: PeersLink, options: PeersOptions) {
    const { identity, verify, offer, postQuantum, limits } = options
    this.#link = link
    this.#options = options
    this.#limits = limitsOf(PEERS_LIMITS, limits)
    this.#begun = new Channel<Conversation>({ maxItems: this.#limits.maxIncoming, sizeOf: () => 0 })
    this.incoming = taking(this.#begun)
    this.#backlog = new PeerBacklog(this.#limits.maxMessages, this.#limits.handshakeTimeout, packet => this.#deliver(packet))
    this.#greetings = new Greetings(this.#limits)
    this.#unexpected = new Pace(this.#limits.maxUnexpected, this.#limits.handshakeTimeout)
    this.#handshakes = new PeerHandshakes({
      identity,
      verify,
      offer,
      postQuantum,
      timeout: this.#limits.handshakeTimeout,
      maxHandshakes: this.#limits.maxHandshakes,
      send: (peer, body) => link.send({ target: peer, source: identity.id, kind: KIND.handshake }, body),
      welcome: peer => this.#welcome(peer),
      onAgreement: (agreement, heard) => this.#agreed(agreement, heard)
    })
    link.closed.catch(() => {
      this.#failing = true
      this.#goOn()
    })
    this.#run().then(() => { this.#end() }, (thrown: unknown) => { this.#fail(asError(thrown)) })
  }

  get closed (): Promise<void> { return this.#link.closed }

  async dial (id: Uuid, options: { staticKey?: Uint8Array | undefined, signal?: AbortSignal | undefined } = {}): Promise<PeerSession> {
    if (this.#over !== undefined) throw this.#over
    const key = uuidKey(id)
    const known = this.#conversations.get(key)
    if (known?.confirmed === true) return take(known)
    if (known === undefined && this.#conversations.size >= this.#limits.maxSessions) throw this.#tooMany()
    try {
      await this.#handshakes.dial(id, options.staticKey, options.signal)
    } catch (error) {
      // the peer may have the keys, and speak: then somebody has to hear it
      const orphan = this.#conversations.get(key)
      if (orphan?.taken === false && !this.#handshakes.awaited(id)) this.#announce(orphan)
      throw error
    }
    const conversation = this.#conversations.get(key)
    if (conversation === undefined) throw this.#over ?? this.#tooMany()
    return take(conversation)
  }

  async close (): Promise<void> {
    this.#over = peerError('ERR_PEER_CLOSED')
    this.#stopGreeting(this.#over)
    for (const conversation of [...this.#conversations.values()]) conversation.close()
    this.#begun.end()
    await this.#link.close()
  }

  #tooMany (): Error {
    return peerError('ERR_PEER_LIMIT', `${this.#limits.maxSessions} conversations`)
  }

  async #run (): Promise<void> {
    for await (const packet of this.#link.source) {
      const { target, kind } = packet.header
      if (isNilUuid(target)) {
        this.#fromServer(packet)
      } else if (kind === KIND.handshake) {
        this.#greeted(packet)
      } else {
        const room = this.#arrived(packet)
        if (room !== undefined) await this.#unlessFailing(room)
      }
    }
  }

  /** Waits, but not longer than the link lives. */
  async #unlessFailing (room: Promise<void>): Promise<void> {
    if (this.#failing) return
    await new Promise<void>(resolve => {
      this.#goOn = resolve
      void room.then(resolve)
    })
  }

  /** Not awaited: a greeting that comes slowly must not hold up anything else. */
  #greeted (packet: MessagePacket): void {
    const peer = new Uint8Array(packet.header.source)
    const expected = this.#handshakes.awaited(peer) || this.#options.expects?.(peer) !== false
    if (this.#over !== undefined || !expected && !this.#unexpected.take()) {
      refuse(packet, RESET_CODES.refused)
      return
    }
    // what follows this greeting can be under the key that it brings; of those that are not expected nothing waits
    const release = expected && this.#handshakes.underWay(peer) ? this.#backlog.hold(peer) : ignore
    this.#greetings.read(packet).then(greeting => this.#handshakes.receive(peer, greeting)).catch(ignore).finally(release)
  }

  #fromServer (packet: MessagePacket): void {
    if (packet.header.kind === KIND.error) {
      collect(packet.source, MAX_RELAY_ERROR_BYTES).then(body => {
        if (body !== undefined) this.#unreachable(decodeRelayError(body))
      }).catch(ignore)
    } else if (this.#options.onServerPacket === undefined) {
      leave(packet.source)
    } else {
      this.#options.onServerPacket(packet)
    }
  }

  #unreachable (refusal: RelayError): void {
    const { target, code, kind, text } = refusal
    // a stream that is over a limit is stopped by itself
    if (code === RELAY_CODES.limit && LOST_ALONE.has(kind)) return
    const error = peerError('ERR_PEER_UNREACHABLE', `code ${code}, ${text}`, refusal)
    this.#handshakes.giveUp(target, error)
    this.#conversations.get(uuidKey(target))?.fail(error)
  }

  /** A packet of a peer; a promise when nothing more is to be read. */
  #arrived (packet: MessagePacket): Promise<void> | undefined {
    const peer = packet.header.source
    if (!this.#backlog.holds(peer)) return this.#deliver(packet)
    const { maxUnverified: packets, maxUnverifiedBytes: bytes } = this.#limits
    if (this.#conversations.has(uuidKey(peer))) {
      const room = this.#backlog.push(packet)
      // what waits for the end of a new greeting, which may never come, must not hold up the others
      if (room !== undefined || this.#backlog.size > packets) this.#greetings.giveUp(peer)
      return room
    }
    // nor must who is not known to be welcome
    const look = (): void => {
      const greediest = this.#backlog.greediest({ packets, bytes })
      if (greediest !== undefined) this.#refuse(greediest)
    }
    if (this.#backlog.pushAhead(packet, look) !== undefined) this.#refuse(peer)
    look()
    return undefined
  }

  /** Ends the handshake of a peer that sends too much before it is done. */
  #refuse (peer: Uuid): void {
    this.#handshakes.giveUp(peer, peerError('ERR_PEER_LIMIT', 'too much before the handshake is done'))
    this.#backlog.forget(peer)
  }

  #deliver (packet: MessagePacket): Promise<void> | undefined {
    const conversation = this.#conversations.get(uuidKey(packet.header.source))
    if (conversation === undefined) leave(packet.source)
    else if (packet.header.kind === KIND.confirm) conversation.confirmedBy(packet)
    else return conversation.deliver(packet)
    return undefined
  }

  #welcome (peer: Uuid): boolean {
    if (this.#conversations.has(uuidKey(peer))) return true
    return this.#conversations.size < this.#limits.maxSessions && this.#begun.open && !this.#begun.full
  }

  #agreed (agreement: HopAgreement, heard: boolean): boolean | undefined {
    this.#install(agreement, heard)
    const conversation = this.#conversations.get(uuidKey(agreement.remote.id))
    // who sent the last message does not know that it has come, nor whether we keep what it brought
    if (heard) conversation?.confirm()
    return conversation?.confirmed
  }

  #install (agreement: HopAgreement, confirmed: boolean): void {
    const { remote, sealKey: seal, openKey: open } = agreement
    const key = uuidKey(remote.id)
    const known = this.#conversations.get(key)
    if (known !== undefined) return known.renew(agreement, confirmed)
    if (this.#conversations.size >= this.#limits.maxSessions) return
    const session = new Session({ link: this.#link, self: this.#options.identity.id, peer: remote.id, onConfirmed: () => { this.#handshakes.confirmed(remote.id) } })
    session.setKey({ seal, open }, { confirmed })
    const conversation = new Conversation(session, remote, this.#limits.maxMessages, () => {
      if (this.#conversations.get(key) === conversation) this.#conversations.delete(key)
    })
    this.#conversations.set(key, conversation)
    this.#backlog.welcomed(remote.id)
    if (!this.#handshakes.awaited(remote.id)) this.#announce(conversation)
  }

  /** Nobody here waits for it. It is over before it starts when nobody takes conversations that others begin. */
  #announce (conversation: Conversation): void {
    if (this.#begun.full || !this.#begun.open) conversation.close()
    else void this.#begun.push(take(conversation))
  }

  #stopGreeting (error: Error): void {
    this.#handshakes.fail(error)
    this.#greetings.clear()
    this.#backlog.clear()
  }

  #end (): void {
    this.#over ??= peerError('ERR_PEER_CLOSED')
    this.#stopGreeting(this.#over)
    for (const conversation of [...this.#conversations.values()]) conversation.end()
    this.#begun.end()
  }

  #fail (error: Error): void {
    this.#over ??= error
    this.#stopGreeting(error)
    for (const conversation of [...this.#conversations.values()]) conversation.fail(error)
    this.#begun.fail(error)
    // nobody reads it any more, whatever the cause
    this.#link.abort(error)
  }
}

function take (conversation: Conversation): Conversation {
  conversation.taken = true
  return conversation
}
