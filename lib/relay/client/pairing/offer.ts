import { stampUuid, UUID_BYTES, type Uuid } from '../../../bytes/index.js'
import { crypto } from '../../../crypto/index.js'
import type { VerifyPeer } from '../../../nova/index.js'
import { isObject, join, streamError } from '../../../stream/index.js'
import { fromBase64url, toBase64url } from '../base64url.js'
import { clientError } from '../errors.js'
import { relayUrl } from '../connection/relay-url.js'

/** What an offer's text begins with. */
export const OFFER_SCHEME = 'hushwire:'
const OFFER_VERSION = 3
const FINGERPRINT_BYTES = 32
/** Bytes of the token of an offer. */
export const TOKEN_BYTES = 16
/** Bytes of the longest URL in an offer, in UTF-8. */
const MAX_URL_BYTES = 512
/** Milliseconds since 1970, u64. */
const EXPIRES_BYTES = 8
/** Of the SHA-256 of all that is before it. It is for what was not copied whole, or typed wrongly: who changes an offer changes this too. */
const CHECKSUM_BYTES = 4
/** Version u8, fingerprint of the relay, fingerprint of the peer, token, expiry; URL and checksum follow. */
const FIXED_BYTES = 1 + 2 * FINGERPRINT_BYTES + TOKEN_BYTES + EXPIRES_BYTES
const NOT_WHOLE = 'was the offer copied whole?'
/** Milliseconds that two clocks may differ by. The clock of who offered decides; the reader's only saves the way where it is clear. */
const CLOCK_TOLERANCE = 300_000

/** What one side offers another, by a way that nobody else sees, to meet by. */
export interface Offer {
  /** Where the relay is. */
  readonly url: string
  /** SHA-256 of the relay's Ed25519 key. */
  readonly relayFingerprint: Uint8Array
  /** Who offers; it is made from the fingerprint, so that it takes no room of its own. */
  readonly id: Uuid
  /** SHA-256 of the Ed25519 key of who offers. */
  readonly fingerprint: Uint8Array
  /** What shows who offers that it is the one to whom it was offered, 16 bytes; secret until it was used. */
  readonly token: Uint8Array
  /** Until when it is good, by the clock of who offers: milliseconds since 1970. */
  readonly expires: number
}

/** SHA-256 of an Ed25519 key: by what an offer knows it. */
export function fingerprintOf (publicKey: Uint8Array): Uint8Array {
  return crypto.sha256.digest(publicKey)
}

/** The text of an offer: `hushwire:` and base64url of version u8 | relay's fingerprint (32) | fingerprint (32) | token (16) | expires u64 | URL (UTF-8) | checksum (4). @throws ERR_OFFER_TEXT when the URL is too long */
export function formatOffer ({ url, relayFingerprint, fingerprint, token, expires }: Omit<Offer, 'id'>): string {
  const bytes = new TextEncoder().encode(url)
  if (!fits(url, bytes.byteLength)) throw clientError('ERR_OFFER_TEXT', 'the URL')
  const offer = join([Uint8Array.of(OFFER_VERSION), relayFingerprint, fingerprint, token, u64(expires), bytes])
  return OFFER_SCHEME + toBase64url(join([offer, checksumOf(offer)]))
}

/**
 * Reads the text of an offer, and checks every byte of it. Nothing of it is believed by that: `pair` does, or who connects to
 * the relay that it names with {@link offeredRelay}. What is late by the own clock, with five minutes to spare, is refused.
 *
 * @throws ERR_OFFER_TEXT, ERR_OFFER_VERSION, ERR_OFFER_EXPIRED
 * @example
 * ```ts
 * import { connect, offeredRelay, parseOffer } from 'hushwire/relay'
 * import { createIdentity } from 'hushwire/nova'
 *
 * async function answer (text: string) {
 *   const offer = parseOffer(text)
 *   const client = await connect({ url: offer.url, relay: offeredRelay(offer), identity: createIdentity() })
 *   const contact = await client.pair(text)
 *   await client.peer(contact.id).send(1n, new TextEncoder().encode('here I am'))
 *   await client.close()
 * }
 * ```
 */
export function parseOffer (text: string): Offer {
  return parseOfferAt(text, Date.now())
}

/** The same, with the time of the own clock. @throws ERR_OFFER_TEXT, ERR_OFFER_VERSION, ERR_OFFER_EXPIRED */
export function parseOfferAt (text: string, now: number): Offer {
  const trimmed = typeof text === 'string' ? text.trim() : ''
  if (!trimmed.startsWith(OFFER_SCHEME) || trimmed.length > 1024) throw clientError('ERR_OFFER_TEXT')
  const bytes = fromBase64url(trimmed.slice(OFFER_SCHEME.length))
  if (bytes === undefined || bytes.byteLength === 0) throw clientError('ERR_OFFER_TEXT', NOT_WHOLE)
  const end = bytes.byteLength - CHECKSUM_BYTES
  // first, so that a damaged copy is not taken for another version: each version ends so
  if (end <= FIXED_BYTES || !crypto.equal(bytes.subarray(end), checksumOf(bytes.subarray(0, end)))) throw clientError('ERR_OFFER_TEXT', NOT_WHOLE)
  if (bytes[0] !== OFFER_VERSION) throw clientError('ERR_OFFER_VERSION', `${bytes[0] ?? ''}`)
  const [relayAt, peerAt, tokenAt] = [1, 1 + FINGERPRINT_BYTES, 1 + 2 * FINGERPRINT_BYTES]
  const expiresAt = tokenAt + TOKEN_BYTES
  const fingerprint = bytes.slice(peerAt, tokenAt)
  const offer: Offer = {
    url: urlOf(bytes.subarray(FIXED_BYTES, end)),
    relayFingerprint: bytes.slice(relayAt, peerAt),
    id: stampUuid(fingerprint.slice(0, UUID_BYTES), 8),
    fingerprint,
    token: bytes.slice(tokenAt, expiresAt),
    expires: Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(expiresAt))
  }
  if (!Number.isSafeInteger(offer.expires)) throw clientError('ERR_OFFER_TEXT', 'the time')
  if (now >= offer.expires + CLOCK_TOLERANCE) throw clientError('ERR_OFFER_EXPIRED')
  return offer
}

/** Accepts the relay that an offer names, and no other. @throws ERR_ARGUMENT when it is no offer */
export function offeredRelay (offer: Pick<Offer, 'relayFingerprint'>): VerifyPeer {
  const { relayFingerprint }: { relayFingerprint?: unknown } = isObject(offer) ? offer : {}
  if (!(relayFingerprint instanceof Uint8Array) || relayFingerprint.byteLength !== FINGERPRINT_BYTES) throw streamError('ERR_ARGUMENT', 'an offer is what parseOffer gives')
  const expected = new Uint8Array(relayFingerprint)
  return ({ publicKey }) => crypto.equal(fingerprintOf(publicKey), expected)
}

/** @throws ERR_OFFER_TEXT */
function urlOf (bytes: Uint8Array): string {
  let url: string
  try {
    url = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw clientError('ERR_OFFER_TEXT', 'the URL', error)
  }
  if (!fits(url, bytes.byteLength)) throw clientError('ERR_OFFER_TEXT', 'the URL')
  return url
}

/** Of a kind that can be dialled, without what could be seen as something else. */
function fits (url: string, length: number): boolean {
  if (length > MAX_URL_BYTES) return false
  try {
    relayUrl(url)
    return true
  } catch {
    return false
  }
}

function checksumOf (offer: Uint8Array): Uint8Array {
  return crypto.sha256.digest(offer).slice(0, CHECKSUM_BYTES)
}

function u64 (value: number): Uint8Array {
  const bytes = new Uint8Array(EXPIRES_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}
