import { equalUuid, NIL_UUID, type Uuid } from '../../bytes/index.js'
import { decodeLookupAnswer, encodeLookupRequest, KIND, LOOKUP_ANSWER_BYTES, peers, stack, verifyProof, type HardenedStackOptions, type LookupAnswer, type NovaLink, type Peer, type Peers, type PeersOptions, type RoutedPacket } from '../../nova/index.js'
import { asError, collect, deferred, ignore, leave, limitsOf, streamError, type Deferred, type Duplex } from '../../stream/index.js'
import { relayError } from '../errors.js'

/** Options of {@link relayClient}. */
export interface RelayClientOptions extends Omit<HardenedStackOptions, 'role' | 'profile'> {
  /** Decides about peers, as `verify` does about the relay. */
  verifyPeer: PeersOptions['verify']
  /** Whether handshakes with peers are hybrid, as `postQuantum` says of the link's. */
  peerPostQuantum?: PeersOptions['postQuantum']
  /** Limits of conversations with peers; `limits` are those of the link. */
  peerLimits?: PeersOptions['limits']
  /** Milliseconds for an answer of the relay. Default 10,000. */
  lookupTimeout?: number | undefined
  /** Lookups that may wait for their answers. Default 256. */
  maxLookups?: number | undefined
}

/** A connection to a relay. */
export interface RelayClient {
  readonly link: NovaLink
  readonly peers: Peers
  /** As the link's. */
  readonly closed: Promise<void>
  /**
   * Asks the relay for who is connected under an id. The answer is believed only as far as it proves itself: the key makes
   * the id, and has signed the static key. A relay can still say that somebody is not there.
   *
   * @returns undefined when the relay says that nobody is
   * @throws ERR_TIMEOUT, ERR_RELAY_PROOF, ERR_RELAY_PROTOCOL, ERR_RELAY_LOOKUPS above `maxLookups`, or the link's cause (as
   *   rejections)
   */
  lookup(id: Uuid): Promise<Peer | undefined>
  /** Ends the conversations, then the link. Never rejects. */
  close(): Promise<void>
}

/**
 * Connects to a relay over any duplex: the handshake of the link, and one lookup of ourselves, after which others reach us
 * by our id. When it fails, the duplex is aborted.
 *
 * @throws what `stack` does, ERR_TIMEOUT when the relay does not answer, ERR_RELAY_PROTOCOL, ERR_LIMIT_OPTION (as rejections)
 * @example
 * ```ts
 * import { createIdentity, pinned } from 'hushwire/nova'
 * import { relayClient } from 'hushwire/relay'
 * import { dialWebSocket } from 'hushwire/transport/websocket'
 *
 * async function talk (url: string, relayKey: Uint8Array, friend: Uint8Array) {
 *   const client = await relayClient(await dialWebSocket(url), {
 *     identity: createIdentity(),
 *     verify: pinned(relayKey),
 *     verifyPeer: peer => peer.id.byteLength === 16
 *   })
 *   const session = await client.peers.dial(friend)
 *   await session.send(1n, new TextEncoder().encode('hello'))
 *   await client.close()
 * }
 * ```
 */
export async function relayClient (duplex: Duplex, options: RelayClientOptions): Promise<RelayClient> {
  const { verifyPeer, peerPostQuantum, peerLimits, lookupTimeout, maxLookups, ...hop } = options
  const link = await stack(duplex, { ...hop, role: 'initiator' })
  try {
    const lookups = new Lookups(link, options.identity.id, limitsOf(LOOKUP_LIMITS, { lookupTimeout, maxLookups }))
    const hub = peers(link, {
      identity: options.identity,
      verify: verifyPeer,
      postQuantum: peerPostQuantum,
      limits: peerLimits,
      onServerPacket: packet => { lookups.receive(packet) }
    })
    // when the answer is there, so are we; and a greeting with a pinned key is confirmed by the question
    await lookups.ask(options.identity.id)
    return {
      link,
      peers: hub,
      closed: link.closed,
      lookup: id => lookups.ask(id),
      close: () => hub.close().catch(ignore)
    }
  } catch (error) {
    link.abort(asError(error))
    throw error
  }
}

/** Milliseconds for an answer, and lookups that may wait. */
const LOOKUP_LIMITS = { lookupTimeout: 10_000, maxLookups: 256 } as const

interface Lookup {
  readonly id: Uuid
  readonly answered: Deferred<Peer | undefined>
}

/** The questions that wait for answers. */
class Lookups {
  readonly #link: NovaLink
  readonly #self: Uuid
  readonly #timeout: number
  readonly #maxLookups: number
  readonly #waiting = new Map<number, Lookup>()
  #next = 0

  constructor (link: NovaLink, self: Uuid, limits: Readonly<Record<keyof typeof LOOKUP_LIMITS, number>>) {
    this.#link = link
    this.#self = self
    this.#timeout = limits.lookupTimeout
    this.#maxLookups = limits.maxLookups
    link.closed.then(() => { this.#fail(streamError('ERR_CLOSED')) }, (error: unknown) => { this.#fail(asError(error)) })
  }

  async ask (id: Uuid): Promise<Peer | undefined> {
    if (this.#waiting.size >= this.#maxLookups) throw relayError('ERR_RELAY_LOOKUPS', `${this.#maxLookups}`)
    const requestId = this.#next
    this.#next = this.#next + 1 >>> 0
    const request = encodeLookupRequest({ requestId, id })
    const lookup: Lookup = { id: new Uint8Array(id), answered: deferred<Peer | undefined>({ handled: true }) }
    this.#waiting.set(requestId, lookup)
    const timer = setTimeout(() => { lookup.answered.reject(streamError('ERR_TIMEOUT', 'a lookup')) }, this.#timeout)
    try {
      await this.#link.send({ target: NIL_UUID, source: this.#self, kind: KIND.lookup }, request)
      return await lookup.answered.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(requestId)
    }
  }

  /** Takes a packet of the relay's, an answer or nothing that we know. */
  receive (packet: RoutedPacket): void {
    if (packet.header.kind === KIND.lookup) this.#read(packet).catch(ignore)
    else leave(packet.source)
  }

  async #read ({ source }: RoutedPacket): Promise<void> {
    const body = await collect(source, LOOKUP_ANSWER_BYTES)
    const answer = body === undefined ? undefined : answerOf(body)
    if (answer === undefined) {
      // whose answer it would have been cannot be told
      this.#fail(relayError('ERR_RELAY_PROTOCOL'))
      return
    }
    const lookup = this.#waiting.get(answer.requestId)
    try {
      lookup?.answered.resolve(peerOf(answer, lookup.id))
    } catch (error) {
      lookup?.answered.reject(error)
    }
  }

  #fail (error: Error): void {
    for (const { answered } of this.#waiting.values()) answered.reject(error)
  }
}

function answerOf (body: Uint8Array): LookupAnswer | undefined {
  try {
    return decodeLookupAnswer(body)
  } catch {
    return undefined
  }
}

/** @throws ERR_RELAY_PROOF */
function peerOf ({ found, staticKey, proof }: LookupAnswer, id: Uuid): Peer | undefined {
  if (!found) return undefined
  let peer: Peer
  try {
    peer = verifyProof(staticKey, proof)
  } catch (error) {
    throw relayError('ERR_RELAY_PROOF', undefined, error)
  }
  if (!equalUuid(peer.id, id)) throw relayError('ERR_RELAY_PROOF')
  return peer
}
