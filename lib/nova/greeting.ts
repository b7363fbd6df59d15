import { crypto } from '../crypto/index.js'
import { collect, type Bytes } from '../stream/index.js'
import { peerError } from './peer-errors.js'

/** Bytes before the Noise message: step u8, attempt (8). */
const PREFIX = 9
/** The longest greeting that is read; ours have 214 bytes at most, hybrid ones 1,414. */
const MAX_GREETING = 4096
/** An offer, a choice, and three messages. */
const MAX_STEP = 5

/**
 * The body of a handshake packet between peers: which message of the pattern it is, which attempt it belongs to, and
 * the message. Step and attempt only sort packets (a late answer must not spoil the next attempt, and a first
 * message of IK is as long as a second one of XX); nothing trusts them.
 */
export interface Greeting {
  /** From 1: to 3, or to 5 where it begins with an offer and a choice of the hybrid handshake. 0 says that nothing came of the attempt, and has no message. */
  readonly step: number
  /** 8 bytes that the initiator chose. */
  readonly attempt: Uint8Array
  readonly message: Uint8Array
}

/** A name for a new attempt. */
export function newAttempt (): Uint8Array {
  return crypto.randomBytes(PREFIX - 1)
}

/** Lays a greeting out as bytes. */
export function encodeGreeting ({ step, attempt, message }: Greeting): Uint8Array {
  const bytes = new Uint8Array(PREFIX + message.byteLength)
  bytes[0] = step
  bytes.set(attempt, 1)
  bytes.set(message, PREFIX)
  return bytes
}

/**
 * Reads a greeting from the body of its packet.
 *
 * @throws ERR_PEER_GREETING, or what the packet throws
 */
export async function readGreeting (source: AsyncIterable<Bytes>): Promise<Greeting> {
  const bytes = await collect(source, MAX_GREETING)
  if (bytes === undefined || bytes.byteLength < PREFIX) throw peerError('ERR_PEER_GREETING', 'not its length')
  const step = bytes[0] as number
  if (step > MAX_STEP) throw peerError('ERR_PEER_GREETING', `step ${step}`)
  return { step, attempt: bytes.slice(1, PREFIX), message: bytes.slice(PREFIX) }
}
