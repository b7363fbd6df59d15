import { checkUuid, equalUuid, type Uuid } from '../bytes/index.js'
import { crypto, KEY_BYTES, TAG_BYTES, wipe } from '../crypto/index.js'
import { AESGCM, IK, NoiseHandshake, withHfs, XX, type HandshakeMoment, type Kem, type NoiseProtocol, type Pattern, type Role } from '../noise/index.js'
import { checkExpected, FUNCTION, join, oneOf, type Handshake, type MaybePromise } from '../stream/index.js'
import { handshakeError } from './handshake-errors.js'
import { decodeOffer, encodeOffer, OFFER_BYTES, offerOf, type Offer } from './handshake-offer.js'
import { checkIdentity, PROOF_BYTES, verifyProof, type Identity, type Peer } from './identity.js'
import { checkPeer, type VerifyPeer } from './verify-peer.js'

/** Options of {@link HardenedHandshake}. */
export interface HardenedHandshakeOptions {
  role: Role
  /** Who we are; it stays the caller's. */
  identity: Identity
  /** Decides about the other side when it has proved who it is. */
  verify: VerifyPeer
  /** Between peers: the UUID that is addressed (by the initiator) or that the greeting came from (for the responder). Without it the handshake is that of a hop. */
  peer?: Uuid | undefined
  /** The responder's X25519 static key, 32 bytes, for an initiator that knows it: greets with IK, which saves a round trip. */
  pinnedStatic?: Uint8Array | undefined
  /** What we offer, see {@link Offer} for the defaults. */
  offer?: Partial<Offer> | undefined
  /** Makes the handshake the hybrid one, with this mechanism (such as `mlKem768` of `hushwire/noise/hybrid`); both ends have the same or none. */
  kem?: Kem | undefined
  /** What both ends have agreed on before, hashed in front of the handshake's own prologue. */
  agreed?: Uint8Array | undefined
}

/** What a hardened handshake agreed on. The keys are the caller's to wipe. */
export interface HopAgreement {
  /** Seals what we send, 32 bytes. */
  readonly sealKey: Uint8Array
  /** Opens what we receive, 32 bytes. */
  readonly openKey: Uint8Array
  /** Who the other side has proved to be. */
  readonly remote: Peer
  /** The features in force: what both sides offered. */
  readonly features: number
  /** Binds what we send. */
  readonly remoteOffer: Offer
  /** Binds what the other side sends. */
  readonly localOffer: Offer
  /** Names this very handshake; the same at both ends, no secret. */
  readonly handshakeHash: Uint8Array
  readonly pattern: 'XX' | 'IK'
  /** Name of the Noise protocol, such as `Noise_XX_25519_AESGCM_SHA256`. */
  readonly protocol: string
  /**
   * False for the responder of IK: its one message that came can be an old one sent again, so that the initiator is
   * proved present only when the first sealed frame opens. Nothing that a replay should not do (such as ending
   * another connection of that identity) may happen before. Whether the last message of a handshake has come it does not
   * say: see {@link PeerSession.confirmed}.
   */
  readonly confirmed: boolean
}

type Part = 'offer' | 'proof'

const PATTERNS = { XX, IK } as const

/** What the payload of each message is made of. */
const PAYLOADS: Readonly<Record<'XX' | 'IK', ReadonlyArray<readonly Part[]>>> = {
  XX: [['offer'], ['offer', 'proof'], ['proof']],
  IK: [['offer', 'proof'], ['offer', 'proof']]
}
const PART_BYTES = { offer: OFFER_BYTES, proof: PROOF_BYTES } as const
const EMPTY = new Uint8Array(0)
/** By its length the responder tells which pattern the first message is of. */
const FIRST_BYTES = { XX: KEY_BYTES + OFFER_BYTES, IK: KEY_BYTES + KEY_BYTES + TAG_BYTES + OFFER_BYTES + PROOF_BYTES + TAG_BYTES } as const
const ascii = new TextEncoder()
const HOP = ascii.encode('hushwire/hop/1')
const PEER = ascii.encode('hushwire/peer/1')

/**
 * The handshake of hardened links and of peers (nova.md, Link handshake), messages in, messages out: Noise XX, or
 * IK where the initiator knows the responder's static key. A side sends its last message, and gives its result,
 * only after the other side has proved its identity and `verify` has accepted it. Any failure is final.
 *
 * @example
 * ```ts runnable
 * import { createIdentity, HardenedHandshake, pinned } from 'hushwire/nova'
 *
 * const [alice, relay] = [createIdentity(), createIdentity()]
 * const client = new HardenedHandshake({ role: 'initiator', identity: alice, verify: pinned(relay.publicKey) })
 * const server = new HardenedHandshake({ role: 'responder', identity: relay, verify: () => true })
 * await server.read(client.write())
 * await client.read(server.write())
 * await server.read(client.write())
 * console.log(server.result().remote.id.byteLength) // 16, alice's
 * ```
 */
export class HardenedHandshake implements Handshake<HopAgreement> {
  readonly #options: HardenedHandshakeOptions
  readonly #offer: Offer
  #pattern: 'XX' | 'IK'
  #protocol = ''
  /** None for a responder before the first message says which pattern it is. */
  #noise: NoiseHandshake | undefined
  #remote: Peer | undefined
  #remoteOffer: Offer | undefined
  #result: HopAgreement | undefined
  #destroyed = false

  /**
   * @throws ERR_HANDSHAKE_OPTION when the role is none, `verify` is no function, the offer is out of its bounds, a responder
   *   pins a static key, or the peer is ourselves; ERR_ARGUMENT when the identity is none; ERR_UUID; ERR_NOISE_OPTIONS when
   *   the pinned static key is not 32 bytes
   */
  constructor (options: HardenedHandshakeOptions) {
    this.#offer = checkOptions(options)
    const { role, peer, pinnedStatic } = options
    this.#options = { ...options, peer: peer === undefined ? undefined : new Uint8Array(peer) }
    this.#pattern = pinnedStatic === undefined ? 'XX' : 'IK'
    if (role === 'initiator') this.#noise = this.#noiseOf(this.#pattern)
  }

  get turn (): 'write' | 'read' | 'done' {
    return this.#noise?.turn ?? 'read'
  }

  /**
   * The next message.
   *
   * @returns at most 205 bytes, 1,405 of the hybrid handshake, the caller's
   * @throws ERR_HANDSHAKE_TURN, ERR_HANDSHAKE_DESTROYED, and what `hushwire/noise` raises
   */
  write (): Uint8Array {
    return this.#guard('write', () => this.#noise?.write() ?? new Uint8Array(0))
  }

  /**
   * Takes the next message of the other side; messages 2 and 3 (of IK: both) wait for `verify`.
   *
   * @throws ERR_HANDSHAKE_MESSAGE, ERR_HANDSHAKE_VERSION, ERR_HANDSHAKE_OFFER, ERR_HANDSHAKE_PEER,
   *   ERR_HANDSHAKE_TURN, ERR_HANDSHAKE_DESTROYED, ERR_IDENTITY_PROOF, ERR_IDENTITY_REFUSED, what `verify` throws, and
   *   what `hushwire/noise` raises, such as ERR_NOISE_AUTH
   */
  read (message: Uint8Array): MaybePromise<void> {
    return this.#guard('read', () => {
      this.#noise ??= this.#answerTo(message)
      return this.#noise.read(message)
    })
  }

  /**
   * What was agreed, the same object at every call.
   *
   * @throws ERR_HANDSHAKE_TURN before the last message, ERR_HANDSHAKE_DESTROYED after `destroy`
   */
  result (): HopAgreement {
    if (this.#destroyed) throw handshakeError('ERR_HANDSHAKE_DESTROYED')
    this.#result ??= this.#agreement()
    return this.#result
  }

  /** Wipes what is secret, the keys of a result included. */
  destroy (): void {
    this.#destroyed = true
    this.#noise?.destroy()
    wipe(this.#result?.sealKey, this.#result?.openKey)
    this.#result = undefined
  }

  #guard<T> (turn: 'write' | 'read', run: () => T): T {
    if (this.#destroyed) throw handshakeError('ERR_HANDSHAKE_DESTROYED')
    try {
      if (this.turn !== turn) throw handshakeError('ERR_HANDSHAKE_TURN')
      const outcome = run()
      // the rejection is the reader's to handle; here it only ends the handshake
      if (outcome instanceof Promise) outcome.catch(() => { this.destroy() })
      return outcome
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  #noiseOf (pattern: 'XX' | 'IK'): NoiseHandshake {
    const { role, identity, pinnedStatic, kem } = this.#options
    const protocol = protocolOf(pattern, kem)
    this.#pattern = pattern
    this.#protocol = protocol.name
    return new NoiseHandshake({
      protocol,
      role,
      prologue: this.#prologue(),
      staticKey: identity.staticKey,
      remoteStatic: pinnedStatic,
      payload: ({ message }) => join(this.#partsOf(message).map(part => part === 'offer' ? encodeOffer(this.#offer) : identity.proof)),
      received: (payload, moment) => this.#received(payload, moment)
    })
  }

  #prologue (): Uint8Array {
    const { role, identity, peer, agreed = EMPTY } = this.#options
    if (peer === undefined) return join([agreed, HOP])
    return join(role === 'initiator' ? [agreed, PEER, identity.id, peer] : [agreed, PEER, peer, identity.id])
  }

  #answerTo (first: Uint8Array): NoiseHandshake {
    const key = this.#options.kem?.publicKeyLength
    // of XX the KEM's key is in the clear, of IK it is sealed
    if (first.byteLength === FIRST_BYTES.XX + (key ?? 0)) return this.#noiseOf('XX')
    if (first.byteLength === FIRST_BYTES.IK + (key === undefined ? 0 : key + TAG_BYTES)) return this.#noiseOf('IK')
    throw handshakeError('ERR_HANDSHAKE_MESSAGE', `the first one has ${first.byteLength} bytes`)
  }

  #partsOf (message: number): readonly Part[] {
    return PAYLOADS[this.#pattern][message] ?? []
  }

  #received (payload: Uint8Array, { message, remoteStatic }: HandshakeMoment): MaybePromise<void> {
    const parts = this.#partsOf(message)
    if (payload.byteLength !== parts.reduce((size, part) => size + PART_BYTES[part], 0)) throw handshakeError('ERR_HANDSHAKE_MESSAGE')
    const offered = parts.includes('offer') ? OFFER_BYTES : 0
    if (offered > 0) this.#remoteOffer = decodeOffer(payload.subarray(0, OFFER_BYTES))
    if (!parts.includes('proof') || remoteStatic === undefined) return undefined
    return this.#meet(verifyProof(remoteStatic, payload.subarray(offered)))
  }

  async #meet (peer: Peer): Promise<void> {
    const addressed = this.#options.peer
    if (addressed !== undefined && !equalUuid(addressed, peer.id)) throw handshakeError('ERR_HANDSHAKE_PEER')
    this.#remote = await checkPeer(this.#options.verify, peer)
  }

  #agreement (): HopAgreement {
    const [noise, remote, remoteOffer] = [this.#noise, this.#remote, this.#remoteOffer]
    if (noise?.turn !== 'done' || remote === undefined || remoteOffer === undefined) throw handshakeError('ERR_HANDSHAKE_TURN', 'the handshake is not done')
    const { send, receive, sendKey, receiveKey, handshakeHash } = noise.result()
    // the link has nonces of its own: only the raw keys are of use to it
    send.destroy()
    receive.destroy()
    return {
      sealKey: sendKey,
      openKey: receiveKey,
      remote,
      features: (this.#offer.features & remoteOffer.features) >>> 0,
      remoteOffer,
      localOffer: this.#offer,
      handshakeHash,
      pattern: this.#pattern,
      protocol: this.#protocol,
      confirmed: this.#pattern === 'XX' || this.#options.role === 'initiator'
    }
  }
}

/** What callers without types can get wrong, and would else find out when the other side has proved itself, or never. */
const NEEDED = { role: oneOf('initiator', 'responder'), verify: FUNCTION } as const

/**
 * Refuses what makes no sense, and gives the offer with its defaults.
 *
 * @throws ERR_HANDSHAKE_OPTION, ERR_ARGUMENT, ERR_UUID
 */
export function checkOptions (options: HardenedHandshakeOptions): Offer {
  checkExpected(options, NEEDED, Object.keys(NEEDED), sentence => handshakeError('ERR_HANDSHAKE_OPTION', sentence))
  const { role, identity, peer, pinnedStatic, offer } = options
  checkIdentity(identity)
  if (peer !== undefined && equalUuid(checkUuid(peer), identity.id)) throw handshakeError('ERR_HANDSHAKE_OPTION', 'the peer is ourselves')
  if (role === 'responder' && pinnedStatic !== undefined) throw handshakeError('ERR_HANDSHAKE_OPTION', 'only an initiator greets a pinned peer')
  return offerOf(offer)
}

/** Without the lookup by name, which would bring every pattern, cipher and hash along. */
function protocolOf (name: 'XX' | 'IK', kem: Kem | undefined): NoiseProtocol {
  const hybrid = kem === undefined ? undefined : withHfs(PATTERNS[name])
  const pattern: Pattern = hybrid ?? PATTERNS[name]
  return { name: `Noise_${name}${kem === undefined ? '_25519' : `hfs_25519+${kem.name}`}_AESGCM_SHA256`, pattern, kem, cipher: AESGCM, hash: crypto.sha256 }
}
