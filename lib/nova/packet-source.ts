import { isUint8ArrayList } from 'uint8arraylist'
import type { Bytes } from '../stream/index.js'
import { novaError } from './errors.js'

/** What a packet can be made of; a chunk is the source's again at its next `next()`. */
export type PacketSource = Uint8Array | Iterable<Bytes> | AsyncIterable<Bytes>

/** Options of sending one packet. */
export interface SendOptions {
  /** Bytes before the source's, copied. */
  head?: Uint8Array | undefined
  /**
   * What becomes of the packet when its source fails. This wire cannot say that a packet failed, so by default the
   * link is aborted; `truncate` ends the packet where it is, for contents that say themselves when they are whole
   * (a session's).
   */
  onSourceError?: 'abort-link' | 'truncate' | undefined
}

/** Limits of sending. */
export interface SendLimits {
  /** Packets that may be in flight outward. */
  readonly maxOutgoing: number
  /** Packets that may wait to be sent. */
  readonly maxWaiting: number
  /** Content bytes of the largest frame that is sent. */
  readonly maxFrame: number
}

/** In JavaScript a body can be anything; what is not bytes must not be sent as none. */
export function notIterable (source: unknown): Error | undefined {
  return typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source) ? undefined : novaError('ERR_PACKET_BODY')
}

/** True for a chunk that can be sent. */
export function isBytes (chunk: unknown): chunk is Bytes {
  return chunk instanceof Uint8Array || isUint8ArrayList(chunk)
}
