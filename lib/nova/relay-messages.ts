import { decode, encode, fixedBytes, string, struct, uint32, uint64, UUID_BYTES, type Uuid } from '../bytes/index.js'

/** What a relay answers a request with, and says in an error packet (docs/protocol.md). */
export const RELAY_CODES = {
  /** Done. */
  ok: 0,
  /** There is no account with this id. */
  unknownTarget: 1,
  /** The packet's source is not the identity that the connection proved. */
  notYourSource: 2,
  /** The connection of a peer that packets were exchanged with has ended. */
  targetGone: 3,
  /** The relay does not understand the packet. */
  malformed: 4,
  /** More than the relay allows; later it may be less. */
  limit: 5,
  /** The connection has not said hello, or was not admitted. */
  notRegistered: 6,
  /** The invite is missing, unknown or used up. */
  invite: 7,
  /** The mailbox of the sender, of the recipient, or of all is full. */
  quota: 8,
  /** The mail is longer than the relay takes. */
  tooLong: 9,
  /** The relay cannot do it now; what was asked for was not done. */
  unavailable: 10,
  /** The account is known, but not connected. */
  offline: 11,
  /** The account has no prekey left. */
  noPrekey: 12,
  /** The relay is shutting down: connect again. */
  shutdown: 13
} as const

/** Most bytes of an error packet's text that are kept on the way in. */
export const MAX_RELAY_TEXT = 1024

const errorBody = struct({ code: uint32, target: fixedBytes(UUID_BYTES), kind: uint64, text: string })

/** Most bytes of an error packet that make sense. */
export const MAX_RELAY_ERROR_BYTES = errorBody.minBytes + MAX_RELAY_TEXT

/** The body of an error packet (kind `KIND.error`, from and to the nil UUID). */
export interface RelayError {
  /** One of {@link RELAY_CODES}. */
  readonly code: number
  /** The target of the refused packet. */
  readonly target: Uuid
  /** The kind of the refused packet. */
  readonly kind: bigint
  /** For people, at most {@link MAX_RELAY_TEXT} bytes of UTF-8. */
  readonly text: string
}

/** @throws ERR_VALUE_RANGE, ERR_UUID */
export function encodeRelayError (error: RelayError): Uint8Array {
  return encode(errorBody, error)
}

/**
 * Reads an error packet. The target is a view on the bytes.
 *
 * @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES, ERR_UTF8
 */
export function decodeRelayError (bytes: Uint8Array): RelayError {
  return decode(errorBody, bytes)
}
