import { bool, decode, encode, fixedBytes, string, struct, uint32, uint64, UUID_BYTES, type Uuid } from '../bytes/index.js'
import { KEY_BYTES } from '../crypto/index.js'
import { PROOF_BYTES } from './identity.js'

/** Why a relay did not deliver a packet, or could not answer (nova.md, Relay). */
export const RELAY_CODES = {
  /** Nobody with the target's id is connected. */
  unknownTarget: 1,
  /** The packet's source is not the identity that the connection proved. */
  notYourSource: 2,
  /** The connection of a peer that packets were exchanged with has ended. */
  targetGone: 3,
  /** A packet to the relay itself that it does not understand. */
  malformed: 4,
  /** More than the relay allows. */
  limit: 5
} as const

/** Most bytes of an error packet's text that are kept on the way in. */
export const MAX_RELAY_TEXT = 1024

const errorBody = struct({ code: uint32, target: fixedBytes(UUID_BYTES), kind: uint64, text: string })
const requestBody = struct({ requestId: uint32, id: fixedBytes(UUID_BYTES) })
const answerBody = struct({ requestId: uint32, found: bool, staticKey: fixedBytes(KEY_BYTES), proof: fixedBytes(PROOF_BYTES) })

/** Bytes of a lookup's request. */
export const LOOKUP_REQUEST_BYTES = requestBody.minBytes
/** Bytes of a lookup's answer. */
export const LOOKUP_ANSWER_BYTES = answerBody.minBytes
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

/** Asks for whom a relay knows by an id. The number comes back with the answer. */
export interface LookupRequest {
  /** 32 bits, the asker's. */
  readonly requestId: number
  readonly id: Uuid
}

/**
 * What a relay knows of a peer: its static key and the proof that it is the peer's, for `verifyProof`. Both are all zero
 * when it was not found.
 */
export interface LookupAnswer {
  /** Of the request. */
  readonly requestId: number
  readonly found: boolean
  /** X25519, 32 bytes. */
  readonly staticKey: Uint8Array
  /** Identity key (32) | signature (64). */
  readonly proof: Uint8Array
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

/** @throws ERR_VALUE_RANGE */
export function encodeLookupRequest (request: LookupRequest): Uint8Array {
  return encode(requestBody, request)
}

/** Reads a lookup's request. @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES */
export function decodeLookupRequest (bytes: Uint8Array): LookupRequest {
  return decode(requestBody, bytes)
}

/** @throws ERR_VALUE_RANGE */
export function encodeLookupAnswer (answer: LookupAnswer): Uint8Array {
  return encode(answerBody, answer)
}

/** The answer that a peer was not found. */
export function notFound (requestId: number): LookupAnswer {
  return { requestId, found: false, staticKey: new Uint8Array(KEY_BYTES), proof: new Uint8Array(PROOF_BYTES) }
}

/** Reads a lookup's answer. Nothing in it is to be believed before `verifyProof`. @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES, ERR_BOOL */
export function decodeLookupAnswer (bytes: Uint8Array): LookupAnswer {
  return decode(answerBody, bytes)
}
