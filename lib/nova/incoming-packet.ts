import { Channel } from '../stream/index.js'

/** A packet as it arrives. */
export interface Packet {
  /** The first bytes of its body, as many as the endpoint was asked to keep apart (none by default). */
  readonly head: Uint8Array
  /**
   * The body. Ends at the terminating frame; throws when the packet failed. Each chunk is the reader's to keep. Leaving
   * early discards the rest of the packet and nothing else.
   */
  readonly source: AsyncIterable<Uint8Array>
}

/** What a piece that waits costs beside its bytes, so that a flood of tiny ones is held to the limits as well. */
const PIECE_OVERHEAD = 256

/** The receiving side of one packet: its place in the sequence, its head, and the channel to its reader. */
export class IncomingPacket implements Packet {
  readonly nonce: number
  readonly head: Uint8Array
  readonly source: Channel<Uint8Array>
  #nextFrame = 1
  #headLength = 0
  #dropped = false

  constructor (nonce: number, headSize: number, maxBytes: number, onTake: (packet: IncomingPacket, bytes: number) => void) {
    this.nonce = nonce
    this.head = new Uint8Array(headSize)
    this.source = new Channel<Uint8Array>({ maxBytes, sizeOf, onTake: bytes => { onTake(this, bytes) } })
  }

  /** True when the head is whole. */
  get headed (): boolean { return this.#headLength === this.head.byteLength }

  /** True when this is the packet's next frame. */
  follows (frameNonce: number): boolean { return frameNonce === this.#nextFrame++ }

  /**
   * Takes content that nobody else will write to.
   *
   * @returns what waits for the reader now and did not before: bytes, and the cost of a piece
   */
  write (piece: Uint8Array): number {
    if (this.#dropped) return 0
    let rest = piece
    if (!this.headed) {
      const more = Math.min(this.head.byteLength - this.#headLength, piece.byteLength)
      this.head.set(piece.subarray(0, more), this.#headLength)
      this.#headLength += more
      rest = piece.subarray(more)
    }
    if (rest.byteLength === 0 || this.source.returned) return 0
    void this.source.push(rest)
    return sizeOf(rest)
  }

  /** Fails the packet for its reader; what still comes of it is dropped. */
  fail (error: Error, options: { discard?: boolean } = {}): void {
    this.#dropped = true
    this.source.fail(error, options)
  }
}

function sizeOf (piece: Uint8Array): number {
  return piece.byteLength + PIECE_OVERHEAD
}
