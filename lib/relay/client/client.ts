import { checkUuid, equalUuid, type Uuid } from '../../bytes/index.js'
import { KIND, peers, stack, verifyProof, type HardenedStackOptions, type MessagePacket, type NovaLink, type Peer, type Peers, type PeersOptions } from '../../nova/index.js'
import { asError, checkDuplex, HushwireError, ignore, leave, limitsOf, type Bytes, type Duplex } from '../../stream/index.js'
import { relayError } from '../errors.js'
import { checkClient } from './check.js'
import { RELAY_VERSION, type Answered, type Asked, type OperationName } from '../wire/index.js'
import { REQUEST_LIMITS, Requests } from './connection/requests.js'

/** Options of {@link relayClient}. */
export interface RelayClientOptions extends Omit<HardenedStackOptions, 'role' | 'profile'> {
  /** Decides about peers, as `verify` does about the relay. */
  verifyPeer: PeersOptions['verify']
  /** As `expects` of `peers`: by its id, whether a peer that greets us may pass `verifyPeer`. Default: everybody. */
  expectsPeer?: PeersOptions['expects']
  /** Whether handshakes with peers are hybrid, as `postQuantum` says of the link's. */
  peerPostQuantum?: PeersOptions['postQuantum']
  /** Limits of conversations with peers; `limits` are those of the link. */
  peerLimits?: PeersOptions['limits']
  /** What admits us to a relay that asks for invites, 32 bytes. */
  invite?: Uint8Array | undefined
  /** Milliseconds for an answer of the relay; of mail, also the longest that nothing of it can be sent. Default 10,000. */
  requestTimeout?: number | undefined
  /** Requests that may wait for their answers. Default 256. */
  maxRequests?: number | undefined
  /** Takes what the relay sends of itself: deliveries and presence. It reads or leaves their source. */
  onPush?: ((packet: MessagePacket) => void) | undefined
}

/** A connection to a relay. */
export interface RelayClient {
  readonly link: NovaLink
  readonly peers: Peers
  /** What the relay answered when we said hello. */
  readonly hello: Answered<'hello'>
  /** As the link's. */
  readonly closed: Promise<void>
  /**
   * Asks the relay for who has an account under an id. The answer is believed only as far as it proves itself: the key makes
   * the id, and has signed the static key. A relay can still say that somebody is not there.
   *
   * @returns undefined when the relay says that nobody has
   * @throws each of RELAY_ANSWER_ERRORS but ERR_RELAY_UNKNOWN_TARGET, ERR_TIMEOUT, ERR_RELAY_PROOF, ERR_RELAY_PROTOCOL,
   *   ERR_RELAY_REQUESTS above `maxRequests`, or the link's cause (as rejections)
   */
  lookup(id: Uuid): Promise<Peer | undefined>
  /**
   * Asks the relay for anything that it can be asked (docs/protocol.md, Requests).
   *
   * @param body - what follows the request, of mail alone
   * @throws each of RELAY_ANSWER_ERRORS, ERR_TIMEOUT, ERR_RELAY_PROTOCOL, ERR_RELAY_REQUESTS, what `body` throws, or the
   *   link's cause (as rejections)
   */
  ask<Name extends OperationName>(name: Name, asked: Asked<Name>, body?: AsyncIterable<Bytes>): Promise<Answered<Name>>
  /** Ends the conversations, then the link. Never rejects. */
  close(): Promise<void>
}

/**
 * Connects to a relay over any duplex: the handshake of the link, and hello, after which others reach us by our id. One
 * connection, which is not made anew when it is lost: `connect` does that. When it fails, the duplex is aborted.
 *
 * @throws what `stack` does, each of RELAY_ANSWER_ERRORS, ERR_TIMEOUT when the relay does not answer, ERR_RELAY_PROTOCOL,
 *   ERR_RELAY_OPTION, ERR_ARGUMENT, ERR_LIMIT_OPTION (as rejections)
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
  try {
    checkDuplex(duplex)
    checkClient(options)
  } catch (error) {
    // what is no duplex may have nothing to be aborted by
    if (typeof (duplex as Partial<Duplex> | null | undefined)?.abort === 'function') duplex.abort(asError(error))
    throw error
  }
  const { verifyPeer, expectsPeer, peerPostQuantum, peerLimits, requestTimeout, maxRequests, invite = NO_INVITE, onPush, ...hop } = options
  const link = await stack(duplex, { ...hop, role: 'initiator' })
  try {
    const requests = new Requests(link, options.identity.id, limitsOf(REQUEST_LIMITS, { requestTimeout, maxRequests }))
    const hub = peers(link, {
      identity: options.identity,
      verify: verifyPeer,
      expects: expectsPeer,
      postQuantum: peerPostQuantum,
      limits: peerLimits,
      onServerPacket: packet => {
        if (packet.header.kind === KIND.request) requests.receive(packet)
        else if (onPush === undefined) leave(packet.source)
        else onPush(packet)
      }
    })
    // when the answer is there, so are we; and a greeting with a pinned key is confirmed by the question
    const hello = await requests.ask('hello', { version: RELAY_VERSION, invite })
    return {
      link,
      peers: hub,
      hello,
      closed: link.closed,
      lookup: id => lookup(requests, id),
      ask: (name, asked, body) => requests.ask(name, asked, body),
      close: () => hub.close().catch(ignore)
    }
  } catch (error) {
    link.abort(asError(error))
    throw error
  }
}

const NO_INVITE = new Uint8Array(0)

async function lookup (requests: Requests, id: Uuid): Promise<Peer | undefined> {
  const own = new Uint8Array(checkUuid(id))
  try {
    return provenPeer(await requests.ask('lookup', { id: own }), own)
  } catch (error) {
    if (error instanceof HushwireError && error.code === 'ERR_RELAY_UNKNOWN_TARGET') return undefined
    throw error
  }
}

/**
 * Who the relay says has an id, as far as it proves itself.
 *
 * @throws ERR_RELAY_PROOF
 */
export function provenPeer ({ staticKey, proof }: { staticKey: Uint8Array, proof: Uint8Array }, id: Uuid): Peer {
  let peer: Peer
  try {
    peer = verifyProof(staticKey, proof)
  } catch (error) {
    throw relayError('ERR_RELAY_PROOF', undefined, error)
  }
  if (!equalUuid(peer.id, id)) throw relayError('ERR_RELAY_PROOF')
  return peer
}
