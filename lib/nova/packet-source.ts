import { isUint8ArrayList } from 'uint8arraylist'
import { asError, isObject, polling, type Bytes, type Pollable } from '../stream/index.js'
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

/** What the pump of a packet tells who sends it, and asks. */
export interface PumpEvents {
  /** Whether more of the packet is wanted. */
  wants(packet: OutgoingPacket): boolean
  /** The packet has more bytes, and its source none for now. */
  offer(packet: OutgoingPacket): void
  /** Its source has ended. */
  finish(packet: OutgoingPacket): void
}

/**
 * Writes a source into its packet, as fast as the packet takes it, while it is wanted. What the source has at once is written at
 * once, so that a packet which is there as a whole goes into one frame.
 *
 * @param failed - told ERR_PACKET_BODY, or what the source throws
 */
export function pump (packet: OutgoingPacket, source: Iterable<Bytes> | AsyncIterable<Bytes>, events: PumpEvents, failed: (error: Error) => void): void {
  let items: Pollable<Bytes> | undefined
  const go = (): void => {
    // a head alone is no frame of its own: it goes with the first bytes of the source
    let written = false
    try {
      items ??= begin(packet, source)
      while (events.wants(packet)) {
        const result = items.poll(go)
        if (result === undefined) return written ? events.offer(packet) : undefined
        if (result.done === true) return events.finish(packet)
        if (!isBytes(result.value)) throw novaError('ERR_PACKET_BODY')
        if (!events.wants(packet) || result.value.byteLength === 0) continue
        written = true
        const room = packet.write(result.value)
        if (room === undefined) continue
        void room.then(go)
        return events.offer(packet)
      }
    } catch (error) {
      failed(asError(error))
    }
  }
  go()
}

/** What a packet is made of. In JavaScript a source can refuse to begin, which is the packet's failure like any other. */
function begin (packet: OutgoingPacket, source: Iterable<Bytes> | AsyncIterable<Bytes>): Pollable<Bytes> {
  const items = Symbol.asyncIterator in source ? polling(source[Symbol.asyncIterator]()) : atOnce(source[Symbol.iterator]())
  packet.open(items)
  return items
}

/** Polls what is there at once. */
function atOnce<T> (iterator: Iterator<T>): Pollable<T> {
  return { poll: () => resultOf(iterator.next()), return: () => iterator.return?.() }
}

/** An answer that is none must not be taken for none yet. */
function resultOf<T> (answer: IteratorResult<T>): IteratorResult<T> {
  if (!isObject(answer)) throw novaError('ERR_PACKET_BODY')
  return answer
}

/** True for a chunk that can be sent. */
function isBytes (chunk: unknown): chunk is Bytes {
  return chunk instanceof Uint8Array || isUint8ArrayList(chunk)
}
