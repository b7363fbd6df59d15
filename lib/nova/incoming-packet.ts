import { Channel, type ChannelOptions } from '../stream/index.js'
import { RESET_CODES } from './reset-codes.js'

/** A packet as it arrives. */
export interface Packet {
  /** The first bytes of its body, as many as the endpoint was asked to keep apart (none by default). */
  readonly head: Uint8Array
  /**
   * The body. Ends at the terminating frame; throws when the packet failed. Each chunk is the reader's to keep. Leaving
   * early discards the rest of the packet and nothing else.
   */
  readonly source: AsyncIterable<Uint8Array>
  /**
   * Nobody reads it any more: as leaving `source` early, with one of `RESET_CODES` for who sends it. On the seed's wire the
   * sender is told nothing.
   */
  stop(code: number): void
}

/** What a piece that waits costs beside its bytes, so that a flood of tiny ones is held to the limits as well. */
const PIECE_OVERHEAD = 256
/** Pieces below this many bytes are copied together while they wait. */
const SMALL = 1024
/** Room for pieces that are copied together. */
const SLAB = 4096

/** What a packet tells the one who keeps account of it. */
export interface PacketAccount {
  /** So many bytes less wait for the reader; with their overhead where the link has no credit. */
  taken(packet: IncomingPacket, bytes: number): void
  /** The reader has left before the end. */
  left(packet: IncomingPacket, code: number): void
}

/** Bytes of a packet that may come: what a link with credit has given, and what has been taken of it. */
export class PacketCredit {
  /** Bytes that may still come. */
  open: number
  /** Bytes that were taken since credit was last given. */
  taken = 0
  /** What may wait for the reader; it grows while the reader keeps up. */
  window: number

  constructor (window: number) {
    this.open = window
    this.window = window
  }
}

/** The way to a packet's reader, who may leave before the end. */
class PacketChannel extends Channel<Uint8Array> {
  readonly #onReturn: () => void

  constructor (options: ChannelOptions<Uint8Array>, onReturn: () => void) {
    super(options)
    this.#onReturn = onReturn
  }

  override return (): Promise<IteratorResult<Uint8Array>> {
    this.#onReturn()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Lets go of what waits. */
  leave (): void {
    void super.return()
  }
}

/** The receiving side of one packet: its place in the sequence, its head, and the channel to its reader. */
export class IncomingPacket implements Packet {
  readonly nonce: number
  readonly head: Uint8Array
  readonly source: PacketChannel
  /** Undefined on links without credit. */
  readonly credit: PacketCredit | undefined
  /** True when its last frame has come, or a reset. */
  over = false
  /** True while it waits to be taken from the packets of its link. */
  waiting = false
  /** True when it is over, and neither it nor anything of it waits. */
  settled = false
  readonly #account: PacketAccount
  #nextFrame = 1
  #headLength = 0
  #dropped = false
  /** The last piece that waits where it is one of ours, and the room behind it. */
  #tail: Uint8Array | undefined
  #room = 0

  /** @param window - what the packet begins with where the link has credit; else undefined, and `maxBytes` says when its channel is full */
  constructor (nonce: number, headSize: number, maxBytes: number, window: number | undefined, account: PacketAccount) {
    this.nonce = nonce
    this.head = new Uint8Array(headSize)
    this.#account = account
    this.credit = window === undefined ? undefined : new PacketCredit(window)
    const onTake = (bytes: number): void => { account.taken(this, bytes) }
    this.source = new PacketChannel(
      window === undefined ? { maxBytes, sizeOf, onTake } : { maxBytes: Infinity, maxItems: Infinity, onTake, merge: (last, piece) => this.#together(last, piece) },
      () => { this.stop(RESET_CODES.cancelled) }
    )
  }

  /** True when the head is whole. */
  get headed (): boolean { return this.#headLength === this.head.byteLength }
  /** True when what comes of it is for nobody. */
  get dropped (): boolean { return this.#dropped || this.source.returned }

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
      if (this.credit !== undefined) this.credit.taken += more
    }
    if (rest.byteLength === 0 || this.source.returned) return 0
    void this.source.push(rest)
    return this.credit === undefined ? sizeOf(rest) : rest.byteLength
  }

  /** Fails the packet for its reader; what still comes of it is dropped. */
  fail (error: Error, options: { discard?: boolean } = {}): void {
    this.#dropped = true
    this.source.fail(error, options)
  }

  stop (code: number): void {
    if (this.source.returned) return
    const early = !this.over && !this.#dropped
    this.source.leave()
    if (early) this.#account.left(this, code)
  }

  #together (last: Uint8Array, piece: Uint8Array): Uint8Array | undefined {
    if (piece.byteLength >= SMALL) return undefined
    if (last === this.#tail && piece.byteLength <= this.#room) {
      const whole = new Uint8Array(last.buffer, last.byteOffset, last.byteLength + piece.byteLength)
      whole.set(piece, last.byteLength)
      this.#room -= piece.byteLength
      this.#tail = whole
      return whole
    }
    if (last.byteLength >= SMALL) return undefined
    const slab = new Uint8Array(SLAB)
    slab.set(last)
    slab.set(piece, last.byteLength)
    this.#tail = slab.subarray(0, last.byteLength + piece.byteLength)
    this.#room = SLAB - this.#tail.byteLength
    return this.#tail
  }
}

function sizeOf (piece: Uint8Array): number {
  return piece.byteLength + PIECE_OVERHEAD
}
