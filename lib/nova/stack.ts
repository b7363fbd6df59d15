import { wipe } from '../crypto/index.js'
import { abortOn, asError, link, limitsOf, once, performHandshake, PolledIterator, polling, type Duplex, type HushwireError, type LimitsOf, type Pollable } from '../stream/index.js'
import { cipher, CIPHER_LIMITS, type CipherLayer, type CipherOptions, type HopKey } from './cipher.js'
import type { CreditBudget } from './credit-budget.js'
import { frames } from './frames.js'
import { handshakeError } from './handshake-errors.js'
import type { HardenedHandshakeOptions } from './handshake-hardened.js'
import { PACKETS_BOUNDS } from './handshake-offer.js'
import { SeedHandshake, type SeedHandshakeOptions } from './handshake-seed.js'
import { hopFraming } from './hop-framing.js'
import type { Peer } from './identity.js'
import { hardenedHandshake, type PostQuantum } from './post-quantum.js'
import { hardenedRules, SEED_RULES, type PacketRules } from './packet-rules.js'
import type { SlowConsumer } from './receive-limits.js'
import { PACKET_LIMITS } from './packets.js'
import { routed, type RoutedLink, type RoutedPacket } from './routed.js'

/** The limits of a whole stack and their defaults. */
export const STACK_LIMITS = {
  ...PACKET_LIMITS,
  ...CIPHER_LIMITS,
  /** Milliseconds for the whole handshake. */
  handshakeTimeout: 10_000
} as const

/** Limits of a whole stack; {@link STACK_LIMITS} has the defaults. */
export type StackLimits = LimitsOf<typeof STACK_LIMITS>

/** For who takes limits now and makes links later. @throws ERR_LIMIT_OPTION when one is out of its range */
export function checkStackLimits (limits: StackLimits | undefined): void {
  limitsOf(STACK_LIMITS, limits, ['stallTimeout', 'maxWaiting', 'poolBytes'])
}

/** What both profiles take. */
export interface StackOptions {
  limits?: StackLimits | undefined
  /** For a link on the seed's wire; see the options of `packets`. A hardened one has credit instead. */
  slowConsumer?: SlowConsumer | undefined
  /** What the windows of links grow by together: one for all links of a server. */
  budget?: CreditBudget | undefined
  /** Aborts the handshake, and the link once it stands. */
  signal?: AbortSignal | undefined
  /** Told of a packet that failed before anybody had it. */
  onLostPacket?: ((error: HushwireError) => void) | undefined
  /** Told when the other side takes no more packets, with its code, one of `GOAWAY_CODES`. */
  onGoaway?: ((code: number) => void) | undefined
  /** Told once, early enough to connect anew, that nonces or the key's bytes run out. */
  onExhausting?: (() => void) | undefined
}

/** A hardened link: authenticated handshake, a key a direction, authenticated order and end. */
export interface HardenedStackOptions extends StackOptions, Omit<HardenedHandshakeOptions, 'peer' | 'kem' | 'agreed'> {
  profile?: 'hardened' | undefined
  /** Whether the handshake is hybrid; not unless given. */
  postQuantum?: PostQuantum | undefined
}

/**
 * A link on the seed's wire, for peers that speak nothing else: keys known beforehand (`key`), or the seed's
 * handshake, which authenticates nobody (`hello`).
 */
export interface SeedStackOptions extends StackOptions, Pick<CipherOptions, 'obfuscate' | 'plaintext'> {
  profile: 'seed'
  key?: HopKey | undefined
  hello?: SeedHandshakeOptions | undefined
}

/** A link of routed packets with what its handshake showed. */
export interface NovaLink extends RoutedLink {
  readonly profile: 'hardened' | 'seed'
  /** Who is at the other end; undefined on the seed's wire, where nobody proves anything. */
  readonly remote: Peer | undefined
  /** Names the handshake, the same at both ends; undefined on the seed's wire. */
  readonly handshakeHash: Uint8Array | undefined
  /** Name of the Noise protocol of the handshake, such as `Noise_XX_25519_AESGCM_SHA256`; undefined on the seed's wire. */
  readonly protocol: string | undefined
  /**
   * True when the other side has proved to be present, not only who it is: false for the responder of a greeting with a
   * pinned key until the first packet has come, since that greeting can be an old one sent again; false on the seed's wire.
   */
  readonly confirmed: boolean
}

/**
 * Puts all layers of Nova on a duplex, after the handshake: the hardened profile unless the seed's is asked for. It
 * never falls back from one to the other. When it fails, the duplex is aborted.
 *
 * @throws ERR_HANDSHAKE_TIMEOUT, ERR_HANDSHAKE_OPTION, ERR_LIMIT_OPTION, and what {@link HardenedHandshake} or {@link SeedHandshake}, frames and duplex raise
 * @example
 * ```ts
 * import { NIL_UUID } from 'hushwire/bytes'
 * import { createIdentity, pinned, stack } from 'hushwire/nova'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const [alice, server] = [createIdentity(), createIdentity()]
 * const [left, right] = memoryPair()
 * const [client, hop] = await Promise.all([
 *   stack(left, { role: 'initiator', identity: alice, verify: pinned(server.publicKey) }),
 *   stack(right, { role: 'responder', identity: server, verify: () => true })
 * ])
 * await client.send({ target: NIL_UUID, source: alice.id, kind: 1n }, new TextEncoder().encode('hello, server'))
 * await Promise.all([client.close(), hop.close()])
 * ```
 */
export async function stack (duplex: Duplex, options: HardenedStackOptions | SeedStackOptions): Promise<NovaLink> {
  try {
    checkStackLimits(options.limits)
    checkOptions(options)
    return await (options.profile === 'seed' ? seedStack(duplex, options) : hardenedStack(duplex, options))
  } catch (thrown) {
    const error = asError(thrown)
    try {
      duplex.abort(error)
    } catch {
      // the first cause is the one to tell
    }
    throw error
  }
}

/** What callers without types can get wrong, and would else find out by a timeout or on another wire than they meant. */
function checkOptions (options: HardenedStackOptions | SeedStackOptions): void {
  const { profile = 'hardened' }: { profile?: string | undefined } = options
  if (profile !== 'hardened' && profile !== 'seed') throw handshakeError('ERR_HANDSHAKE_OPTION', 'the profile is hardened or seed')
  if (options.profile === 'seed') return
  const { role, verify }: { role: string, verify: unknown } = options
  if (role !== 'initiator' && role !== 'responder') throw handshakeError('ERR_HANDSHAKE_OPTION', 'the role is initiator or responder')
  if (typeof verify !== 'function') throw handshakeError('ERR_HANDSHAKE_OPTION', 'verify is a function')
}

async function hardenedStack (duplex: Duplex, options: HardenedStackOptions): Promise<NovaLink> {
  const framing = hopFraming()
  const onExhausting = exhausting(options)
  const { result, duplex: after } = await performHandshake(duplex, hardenedHandshake(withOffer(options), options.postQuantum), framing, {
    timeout: options.limits?.handshakeTimeout,
    signal: options.signal
  })
  const hop = cipher({
    key: { seal: result.sealKey, open: result.openKey },
    sequenced: true,
    limits: options.limits,
    onExhausting
  })
  wipe(result.sealKey, result.openKey)
  const rules = hardenedRules({
    maxOutgoing: result.remoteOffer.maxPackets,
    credit: { send: result.remoteOffer.window, receive: result.localOffer.window },
    controlNonce: framing.sent + 1,
    remoteControlNonce: framing.received + 1,
    onExhausting,
    rekeyDue: () => hop.rekeyDue
  })
  const limits = { ...options.limits, maxIncoming: result.localOffer.maxPackets }
  const routes = join(after, hop, rules, { ...options, limits })
  const { remote, handshakeHash, protocol, confirmed } = result
  const standing = Object.assign(routes, { profile: 'hardened' as const, remote, handshakeHash, protocol, confirmed })
  return confirmed ? standing : confirming(standing)
}

/** What we take in flight is what we offer, unless the offer itself says less. */
function withOffer (options: HardenedStackOptions): HardenedHandshakeOptions {
  const maxPackets = options.limits?.maxIncoming
  return maxPackets === undefined ? options : { ...options, offer: { maxPackets: Math.min(maxPackets, PACKETS_BOUNDS.max), ...options.offer } }
}

async function seedStack (duplex: Duplex, options: SeedStackOptions): Promise<NovaLink> {
  const { after, key } = await seedKey(duplex, options)
  const onExhausting = exhausting(options)
  const hop = cipher({
    key,
    obfuscate: options.obfuscate,
    plaintext: options.plaintext,
    limits: options.limits,
    onExhausting
  })
  // the cipher has copied it; a key of the caller's stays the caller's
  if (options.key === undefined && key instanceof Uint8Array) wipe(key)
  const routes = join(after, hop, { ...SEED_RULES, onExhausting }, options)
  return Object.assign(routes, { profile: 'seed' as const, remote: undefined, handshakeHash: undefined, protocol: undefined, confirmed: false })
}

async function seedKey (duplex: Duplex, options: SeedStackOptions): Promise<{ after: Duplex, key: HopKey }> {
  if (options.key !== undefined) return { after: duplex, key: options.key }
  if (options.hello === undefined) throw handshakeError('ERR_HANDSHAKE_OPTION', 'the seed\'s wire takes a key, or its hello by saying so')
  const { result, duplex: after } = await performHandshake(duplex, new SeedHandshake(options.hello), hopFraming(), {
    timeout: options.limits?.handshakeTimeout,
    signal: options.signal
  })
  return { after, key: result.key }
}

/** The layers over a duplex whose handshake is done; the link wipes the cipher's keys when it is gone. */
function join (duplex: Duplex, hop: CipherLayer, rules: PacketRules, options: StackOptions): RoutedLink {
  const { limits, slowConsumer, budget, onLostPacket, onGoaway } = options
  const routes = link(duplex, frames({ obfuscation: hop.obfuscation }), hop, routed({ rules, limits, slowConsumer, budget, onLostPacket, onGoaway }))
  abortOn(options.signal, routes)
  return routes
}

/** The link with its first packet taken as the proof that the other side is present. */
function confirming (link: NovaLink): NovaLink {
  const source = new Hearing(link.source)
  return Object.defineProperties(link, { source: { value: source }, [HEARING]: { value: source }, confirmed: { get: heard } })
}

const HEARING = Symbol('hearing')

/** One function for all links: a getter of its own would give each link a hidden class of its own. */
function heard (this: { readonly [HEARING]: Hearing }): boolean { return this[HEARING].heard }

/** Packets, and whether there has been one. */
class Hearing extends PolledIterator<RoutedPacket> {
  heard = false
  readonly #packets: Pollable<RoutedPacket>

  constructor (source: AsyncIterable<RoutedPacket>) {
    super()
    this.#packets = polling(source[Symbol.asyncIterator]())
  }

  poll (wake: () => void): IteratorResult<RoutedPacket> | undefined {
    const result = this.#packets.poll(wake)
    this.heard ||= result?.done === false
    return result
  }

  async return (): Promise<IteratorResult<RoutedPacket>> {
    await this.#packets.return?.()
    return { value: undefined, done: true }
  }
}

/** Told once, since the nonces and the key's bytes can run out both. */
function exhausting ({ onExhausting }: StackOptions): (() => void) | undefined {
  return onExhausting && once(onExhausting)
}
