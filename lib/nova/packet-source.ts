import { isUint8ArrayList } from 'uint8arraylist'
import type { Bytes } from '../stream/index.js'
import { novaError } from './errors.js'
import type { OutgoingPacket } from './outgoing-packet.js'

/** What a packet can be made of; a chunk is the source's again at its next `next()`. */
export type PacketSource = Uint8Array | Iterable<Bytes> | AsyncIterable<Bytes>

/** Options of sending one packet. */
export interface SendOptions {
  /** Bytes before the source's, copied. */
  head?: Uint8Array | undefined
  /**
   * What becomes of the packet when its source fails. With credit it is reset, with the error's code where that is one of
   * `RESET_ERRORS`. A link without cannot say that a packet failed, so by default it is aborted; `truncate` ends the packet where it is, for contents that say themselves when they are whole
   * (a session's).
   */
  onSourceError?: 'abort-link' | 'truncate' | undefined
}

/** Limits of sending. */
export interface SendLimits {
  /** Packets that may be in flight outward. */
  readonly maxActive: number
  /** Packets that may wait to be sent. */
  readonly maxWaiting: number
  /** Content bytes of the largest frame that is sent. */
  readonly maxFrame: number
}

/** In JavaScript a body can be anything; what is not bytes must not be sent as none. */
export function notIterable (source: unknown): Error | undefined {
  return typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source) ? undefined : novaError('ERR_PACKET_BODY')
}

/**
 * Writes a source into its packet, as fast as the packet takes it, while it is wanted.
 *
 * @param offer - told that the packet has more bytes
 * @throws ERR_PACKET_BODY, and what the source throws
 */
export async function pump (packet: OutgoingPacket, source: Iterable<Bytes> | AsyncIterable<Bytes>, wanted: () => boolean, offer: () => void): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  packet.open(iterator)
  for (;;) {
    const result = await iterator.next()
    if (result.done === true) return
    if (!isBytes(result.value)) throw novaError('ERR_PACKET_BODY')
    if (wanted() && result.value.byteLength > 0) {
      const wait = packet.write(result.value)
      offer()
      if (wait !== undefined) await wait
    }
    if (!wanted()) return
  }
}

/** True for a chunk that can be sent. */
function isBytes (chunk: unknown): chunk is Bytes {
  return chunk instanceof Uint8Array || isUint8ArrayList(chunk)
}
