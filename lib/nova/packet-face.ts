import type { Packet } from './incoming-packet.js'
import type { PacketSource, SendOptions } from './packet-source.js'
import type { PingOptions } from './pings.js'

/** The face of a link of packets. */
export interface PacketFace {
  /** Packets as they begin, one consumer. Ends when the other side has ended its direction. */
  readonly source: AsyncIterable<Packet>
  /**
   * Sends one packet. Its source's chunks are the source's again at its next `next()`; bytes are to be left alone until
   * the promise settles.
   *
   * @returns a promise that resolves when its last frame was handed to the wire, and rejects when it could not be
   * @throws one of `RESET_ERRORS` when the other side has stopped it; ERR_PACKET_BODY, ERR_PACKET_QUEUE, ERR_PACKET_EXHAUSTED, ERR_LINK_CLOSING, ERR_LINK_GOAWAY, what the source threw, or the
   * link's cause (as rejections)
   */
  send(source: PacketSource, options?: SendOptions): Promise<void>
  /**
   * Asks the other side for a sign of life; calls while one is under way share it. On a link with credit alone.
   *
   * @returns milliseconds until the answer, and at most `timeout` (10,000)
   * @throws ERR_CONTROL_NONE, ERR_TIMEOUT, or the link's cause (as rejections)
   */
  ping(options?: PingOptions): Promise<number>
  /**
   * Tells the other side to begin no more packets, with one of `GOAWAY_CODES`. What has begun goes on; what it begins before it hears
   * this is passed over here, and rejects there with ERR_LINK_GOAWAY unless all of it was on the wire by then. Own packets may
   * still be begun. On a link with credit alone.
   */
  goaway(code: number): void
  /** Resolves when no packet is in flight either way, nor waits to be read or sent; also when the link is gone. */
  drained(): Promise<void>
  /**
   * Takes no more packets, finishes what is under way and ends the own direction; what the other side still sends
   * is read until it ends too.
   *
   * @returns a promise that resolves when both directions have ended
   * @throws ERR_LINK_CLOSE_TIMEOUT, or whatever made the link fail before (as a rejection)
   */
  close(): Promise<void>
}

/** A face alone, of an endpoint that can do more than the application is given. */
export function faceOf (endpoint: PacketFace): PacketFace {
  return new Face(endpoint)
}

class Face implements PacketFace {
  readonly #endpoint: PacketFace

  constructor (endpoint: PacketFace) {
    this.#endpoint = endpoint
  }

  get source (): AsyncIterable<Packet> { return this.#endpoint.source }

  send (source: PacketSource, options?: SendOptions): Promise<void> { return this.#endpoint.send(source, options) }
  ping (options?: PingOptions): Promise<number> { return this.#endpoint.ping(options) }
  goaway (code: number): void { this.#endpoint.goaway(code) }
  drained (): Promise<void> { return this.#endpoint.drained() }
  close (): Promise<void> { return this.#endpoint.close() }
}
