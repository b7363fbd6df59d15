import { bytesError } from './errors.js'
import { fromHex, toHex } from './hex.js'

/** A UUID as it lies on the wire: 16 raw bytes, in the order of its text form. */
export type Uuid = Uint8Array

/** Bytes of a UUID. */
export const UUID_BYTES = 16

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The UUID of 16 zero bytes. Bytes cannot be frozen: whoever writes into this array breaks everyone else, so copy
 * it where it is to be changed.
 */
export const NIL_UUID: Uuid = new Uint8Array(UUID_BYTES)

/**
 * A new random UUID, version 4 (RFC 9562).
 *
 * @param random - fills an array of 16 bytes; the platform's secure source by default
 * @returns a new array, the caller's
 * @example
 * ```ts
 * import { formatUuid, randomUuid } from 'hushwire/bytes'
 *
 * console.log(formatUuid(randomUuid()))
 * ```
 */
export function randomUuid (random: (bytes: Uint8Array<ArrayBuffer>) => unknown = bytes => globalThis.crypto.getRandomValues(bytes)): Uuid {
  const uuid = new Uint8Array(UUID_BYTES)
  random(uuid)
  return stampUuid(uuid, 4)
}

/** Writes the bits of an RFC 9562 version and the variant into a UUID, in place, and returns it. */
export function stampUuid (uuid: Uuid, version: number): Uuid {
  checkUuid(uuid)
  uuid[6] = ((uuid[6] as number) & 0x0f) | version << 4
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80
  return uuid
}

/**
 * The UUID of its text form, 8-4-4-4-12 hex digits in either case: a new array, the caller's.
 *
 * @throws ERR_UUID when the text is anything else
 * @example
 * ```ts
 * import { parseUuid } from 'hushwire/bytes'
 *
 * parseUuid('33f0a024-7c81-4339-2ac1-3ef2b3a31ab4').byteLength // 16
 * ```
 */
export function parseUuid (text: string): Uuid {
  if (!TEXT.test(text)) throw bytesError('ERR_UUID', 'the text is not 8-4-4-4-12 hex digits')
  return fromHex(text.replaceAll('-', ''))
}

/**
 * The text form, lower case.
 *
 * @throws ERR_UUID when there are not 16 bytes
 */
export function formatUuid (uuid: Uuid): string {
  const hex = toHex(checkUuid(uuid))
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** True when both are the same 16 bytes. UUIDs are no secrets: the time it takes depends on where they differ. */
export function equalUuid (a: Uuid, b: Uuid): boolean {
  return compareUuid(a, b) === 0
}

/**
 * The order of the bytes, which is also that of the text forms.
 *
 * @returns below zero when `a` is first, above when `b` is, zero when they are equal
 * @throws ERR_UUID when one has not 16 bytes
 */
export function compareUuid (a: Uuid, b: Uuid): number {
  checkUuid(a)
  checkUuid(b)
  for (let at = 0; at < UUID_BYTES; at++) {
    const order = a[at] as number - (b[at] as number)
    if (order !== 0) return order
  }
  return 0
}

/** True for the UUID of 16 zero bytes: "the server itself" in Nova. */
export function isNilUuid (uuid: Uuid): boolean {
  // not compared with NIL_UUID, whose bytes anybody may have written to
  return checkUuid(uuid).every(isZero)
}

function isZero (byte: number): boolean { return byte === 0 }

/**
 * A string that is equal for equal UUIDs, for looking them up in a `Map`: eight UTF-16 units, cheaper than the
 * text form and not fit to be shown.
 *
 * @throws ERR_UUID when there are not 16 bytes
 * @example
 * ```ts
 * import { randomUuid, uuidKey } from 'hushwire/bytes'
 *
 * const peer = randomUuid()
 * const links = new Map([[uuidKey(peer), 'a link']])
 * links.get(uuidKey(peer.slice())) // 'a link'
 * ```
 */
export function uuidKey (uuid: Uuid): string {
  checkUuid(uuid)
  return String.fromCharCode(
    pair(uuid, 0), pair(uuid, 2), pair(uuid, 4), pair(uuid, 6),
    pair(uuid, 8), pair(uuid, 10), pair(uuid, 12), pair(uuid, 14)
  )
}

function pair (bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | (bytes[at + 1] as number)
}

/**
 * The same bytes, when there are 16.
 *
 * @throws ERR_UUID when there are not
 */
export function checkUuid (uuid: Uint8Array): Uuid {
  // plain JavaScript may bring anything, such as the text form
  if (!(uuid instanceof Uint8Array)) throw bytesError('ERR_UUID', 'not a Uint8Array; parseUuid makes one of the text')
  if (uuid.byteLength !== UUID_BYTES) throw bytesError('ERR_UUID', `${uuid.byteLength} bytes instead of 16`)
  return uuid
}
