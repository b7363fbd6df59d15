import { checkUuid, type Uuid } from '../../bytes/index.js'
import { GOAWAY_CODES, KIND, type Peer, type VerifyPeer } from '../../nova/index.js'
import { sealMail } from '../../nova/mail/index.js'
import { memoryStore, type Store } from '../../store/index.js'
import { abortable, abortOn, asError, codeOf, ignore, leave, limitsOf, streamError } from '../../stream/index.js'
import { relayError } from '../errors.js'
import type { Client } from './client-face.js'
import { checkAlive, checkCall, checkConnect } from './check.js'
import { relayClient } from './client.js'
import { StoredContacts, type Contact, type Contacts } from './contacts.js'
import { Opener } from './streams/opener.js'
import { dialRelay } from './connection/dial.js'
import { clientError } from './errors.js'
import { Handled } from './mail/handled.js'
import { heartbeat } from './connection/heartbeat.js'
import { Inbox, type ClientMessage } from './mail/inbox.js'
import { CLIENT_LIMITS, type CheckedClientLimits } from './limits.js'
import { Line, type ClientState, type Connection, type MadeConnection } from './connection/line.js'
import { OpenOffers } from './pairing/open-offers.js'
import type { ConnectOptions } from './options.js'
import { Outbox } from './mail/outbox.js'
import { Pairing, type PairOptions } from './pairing/pairing.js'
import { peerHandle, type PeerHandle } from './peer-handle.js'
import { Policy } from './policy.js'
import { PresenceWatch, type Presence } from './presence.js'
import { openPrekeyRing } from './prekeys/prekey-ring.js'
import { PrekeySupply } from './prekeys/prekey-supply.js'
import { Streams, type IncomingStream } from './streams/streams.js'

/**
 * Connects to a relay, and stays connected: a connection that is lost is made anew, after a random wait that grows from try to
 * try; what cannot be healed by that (an invite that is refused, another connection of the same identity) ends the client.
 *
 * @throws ERR_RELAY_OPTION, ERR_RELAY_URL, ERR_LIMIT_OPTION, what the store does, the signal's reason, and with `wait` what the first try fails with:
 *   what the dial does, and {@link relayClient} (as rejections)
 * @example
 * ```ts
 * import type { Identity } from 'hushwire/nova'
 * import { connect } from 'hushwire/relay'
 *
 * async function talk (identity: Identity, relayKey: Uint8Array, friend: Uint8Array) {
 *   const client = await connect({ url: 'wss://relay.example/', relay: relayKey, identity })
 *   const { id } = await client.contacts.trust(friend)
 *   await client.peer(id).send(1n, new TextEncoder().encode('hello'))
 *   for await (const { from, kind, bytes } of client.messages) console.log(from.id, kind, bytes)
 * }
 * ```
 */
export async function connect (options: ConnectOptions): Promise<Client> {
  const verify = checkConnect(options)
  const limits = limitsOf(CLIENT_LIMITS, options.limits)
  const { identity, store = memoryStore() } = options
  const [contacts, handled, ring] = [await StoredContacts.load(store, limits), await Handled.load(store, limits.maxUntaken), await openPrekeyRing(store, identity, { limits: options.prekeyLimits })]
  const client = new RelayConnection(options, { limits, verify, store, contacts, handled, ring })
  if (options.wait !== false) await client.first
  return client
}

/** What another try cannot heal: what we were given wrongly, and what the relay has said once it had proved itself. Anybody on the way can bring about the rest, such as another key than the relay's. */
const FINAL: ReadonlySet<string | undefined> = new Set([
  'ERR_RELAY_INVITE', 'ERR_RELAY_NOT_REGISTERED', 'ERR_RELAY_TAKEN_OVER', 'ERR_RELAY_MALFORMED',
  'ERR_RELAY_URL', 'ERR_RELAY_OPTION', 'ERR_LIMIT_OPTION', 'ERR_ARGUMENT', 'ERR_HANDSHAKE_OPTION'
])

interface Parts {
  readonly limits: CheckedClientLimits
  readonly verify: VerifyPeer
  readonly store: Store
  readonly contacts: StoredContacts
  readonly handled: Handled
  readonly ring: Awaited<ReturnType<typeof openPrekeyRing>>
}

/** The parts of a client, tied together. */
class RelayConnection implements Client {
  readonly id: Uuid
  readonly messages: AsyncIterable<ClientMessage>
  readonly streams: AsyncIterable<IncomingStream>
  readonly #options: ConnectOptions
  readonly #parts: Parts
  readonly #line: Line
  readonly #policy: Policy
  readonly #pairing: Pairing
  readonly #supply: PrekeySupply
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #streams: Streams
  readonly #presence: PresenceWatch

  constructor (options: ConnectOptions, parts: Parts) {
    const { limits, store, contacts, handled, ring } = parts
    const failed = (error: Error): void => { this.#line.fail(error) }
    this.id = options.identity.id
    this.#options = options
    this.#parts = parts
    this.#policy = new Policy(options.accept ?? 'contacts', contacts)
    this.#line = new Line({
      reconnectMin: limits.reconnectMin,
      reconnectMax: limits.reconnectMax,
      maxLeaving: limits.maxLeaving,
      open: (signal, onGoaway) => this.#open(signal, onGoaway),
      isFinal: error => FINAL.has(codeOf(error)),
      finalGoaway: code => code === GOAWAY_CODES.takenOver && options.whenTakenOver !== 'return' ? relayError('ERR_RELAY_TAKEN_OVER') : undefined,
      onConnection: connection => { this.#attach(connection) },
      onState: state => { this.#changed(state) }
    })
    this.#outbox = new Outbox(this.#line, {
      limits,
      checkPeer: peer => { if (contacts.has(peer.id) && !contacts.knows(peer)) throw clientError('ERR_OFFER_PEER') },
      seal: (peer, prekey, kind, bytes) => sealMail([bytes], {
        identity: options.identity,
        prekey,
        route: { target: peer.id, source: options.identity.id, kind }
      })
    })
    this.#pairing = new Pairing({
      line: this.#line,
      outbox: this.#outbox,
      contacts,
      offers: new OpenOffers(store, limits),
      identity: options.identity,
      url: options.url,
      limits,
      onPaired: peer => { tell(options.onPaired, peer) }
    })
    this.#supply = new PrekeySupply(ring, limits, failed)
    const opener = new Opener({ ring, supply: this.#supply, policy: this.#policy, pairing: this.#pairing, maxMessage: limits.maxMessage })
    this.#inbox = new Inbox({
      store,
      handled,
      limits,
      open: (head, source) => opener.open(head, source),
      onRejected: mail => { tell(options.onRejected, mail) },
      onFailure: failed
    })
    this.#streams = new Streams(this.#line, { limits, accepts: peer => this.#policy.accepts(peer) })
    this.#presence = new PresenceWatch(this.#line, limits)
    this.messages = this.#inbox.messages
    this.streams = this.#streams.incoming
    abortOn(options.signal, { closed: this.closed, abort: reason => { this.#line.fail(reason) } })
    this.#line.start()
  }

  get state (): ClientState { return this.#line.state }
  get contacts (): Contacts { return this.#parts.contacts }
  get rejected (): number { return this.#inbox.rejected }
  get closed (): Promise<void> { return this.#line.closed }

  /** The first connection, and prekeys for those who want to write to us. When it cannot be made, nothing is left. */
  get first (): Promise<void> {
    return this.#line.first.then(() => this.#supply.ready).catch(async (error: unknown) => {
      await this.close()
      throw error
    })
  }

  peer (id: Uuid): PeerHandle {
    return peerHandle(checkUuid(id), { outbox: this.#outbox, streams: this.#streams, policy: this.#policy })
  }

  async lookup (id: Uuid): Promise<Peer | undefined> {
    return (await this.#line.connected()).lookup(checkUuid(id))
  }

  async ping (options?: { timeout?: number | undefined, signal?: AbortSignal | undefined }): Promise<number> {
    checkCall(options)
    const { timeout, signal } = options ?? {}
    const { link } = await this.#line.connected(signal)
    return abortable(link.ping({ timeout }), signal)
  }

  presence (ids: Iterable<Uuid>): AsyncIterableIterator<Presence> {
    if (typeof (ids as Partial<Iterable<Uuid>> | null | undefined)?.[Symbol.iterator] !== 'function') throw streamError('ERR_ARGUMENT', 'ids are an array or a set of UUIDs')
    return this.#presence.watch(ids)
  }

  async offer (options: { expires?: number | undefined } = {}): Promise<string> {
    checkCall(options)
    return this.#pairing.offer(options)
  }

  async pair (text: string, options: PairOptions = {}): Promise<Contact> {
    checkCall(options)
    return this.#pairing.pair(text, options)
  }

  async close (): Promise<void> {
    await this.#line.close()
  }

  async #open (signal: AbortSignal, onGoaway: (code: number) => void): Promise<MadeConnection> {
    const { url, identity, invite, dial = dialRelay, postQuantum, peerPostQuantum, linkLimits, peerLimits } = this.#options
    const { requestTimeout, maxRequests } = this.#parts.limits
    checkAlive(identity)
    const receiving = this.#inbox.prepare()
    // whatever it gives, a promise or not: what is no duplex is refused below
    const dialled = (async () => dial(url, { signal }))()
    // one that comes too late is nobody's
    const duplex = await abortable(dialled, signal).catch((error: unknown) => {
      dialled.then(late => { late.abort(asError(error)) }).catch(ignore)
      throw error
    })
    const client = await relayClient(duplex, {
      identity,
      verify: this.#parts.verify,
      verifyPeer: peer => this.#policy.converses(peer),
      expectsPeer: id => this.#policy.expects(id),
      postQuantum,
      peerPostQuantum,
      peerLimits,
      limits: linkLimits,
      invite,
      requestTimeout,
      maxRequests,
      signal,
      onGoaway,
      onPush: packet => {
        if (packet.header.kind === KIND.delivery) receiving.push(packet)
        else if (packet.header.kind === KIND.presence) this.#presence.receive(packet)
        else leave(packet.source)
      }
    })
    return { ...client, receiving }
  }

  #attach (connection: Connection): void {
    const { limits } = this.#parts
    void heartbeat(connection, limits.pingInterval, limits.pingTimeout)
    this.#outbox.attach(connection)
    this.#inbox.attach(connection)
    this.#streams.attach(connection)
    this.#presence.attach()
    this.#supply.attach(connection)
  }

  #changed (state: ClientState): void {
    if (state.type === 'closed') {
      const { error } = state
      if (error === undefined) this.#inbox.end()
      else this.#inbox.fail(error)
      this.#pairing.end(error)
      this.#streams.end(error)
      this.#presence.end(error)
    }
    tell(this.#options.onState, state)
  }
}

/** Tells the application, whose failures are its own. */
function tell<T> (callback: ((what: T) => void) | undefined, what: T): void {
  const run = async (): Promise<void> => { callback?.(what) }
  run().catch(ignore)
}
