import { decode, encode, struct, uint32, uint8, type Infer } from '../bytes/index.js'
import { handshakeError } from './handshake-errors.js'

/** Bytes of an offer as it is sent. */
export const OFFER_BYTES = 13
/** The version of the hardened link that is spoken here, the only one. */
export const OFFER_VERSION = 1
/** Bounds of a window in bytes: a quarter of it must hold a routing header, and credit never passes 2^31. */
export const WINDOW_BOUNDS = { min: 256, max: 2 ** 31 } as const
/** Bounds of the number of packets in flight. */
export const PACKETS_BOUNDS = { min: 1, max: 65_536 } as const

const WIRE = struct({ version: uint8, features: uint32, window: uint32, maxPackets: uint32 })

/** What a side of a hardened link offers; it binds the other side (nova.md, Link handshake). */
export interface Offer {
  /** A bit a feature, 32 of them; in force is what both sides offer. Default 0. */
  readonly features: number
  /** Content bytes that the other side may send in a packet before it is given credit. Default 65,536. */
  readonly window: number
  /** Packets that the other side may have in flight at once. Default 256. */
  readonly maxPackets: number
}

/**
 * The offer with its defaults.
 *
 * @throws ERR_HANDSHAKE_OPTION when a number is out of its bounds
 */
export function offerOf (options: Partial<Offer> = {}): Offer {
  const { features = 0, window = 65_536, maxPackets = 256 } = options
  const offer = { features, window, maxPackets }
  if (!Number.isInteger(features) || features < 0 || features > 0xffffffff || !bounded(offer)) throw handshakeError('ERR_HANDSHAKE_OPTION', 'the offer is out of its bounds')
  return offer
}

/** The 13 bytes of an offer: version u8 | features u32 | window u32 | maxPackets u32. */
export function encodeOffer (offer: Offer): Uint8Array {
  return encode(WIRE, { version: OFFER_VERSION, ...offer })
}

/**
 * The offer of its bytes, which there are {@link OFFER_BYTES} of.
 *
 * @throws ERR_HANDSHAKE_VERSION, ERR_HANDSHAKE_OFFER
 */
export function decodeOffer (bytes: Uint8Array): Offer {
  const { version, ...offer }: Infer<typeof WIRE> = decode(WIRE, bytes)
  if (version !== OFFER_VERSION) throw handshakeError('ERR_HANDSHAKE_VERSION', `version ${version}`)
  if (!bounded(offer)) throw handshakeError('ERR_HANDSHAKE_OFFER', `window ${offer.window}, packets ${offer.maxPackets}`)
  return offer
}

function bounded ({ window, maxPackets }: Offer): boolean {
  return within(window, WINDOW_BOUNDS) && within(maxPackets, PACKETS_BOUNDS)
}

function within (value: number, { min, max }: { min: number, max: number }): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
