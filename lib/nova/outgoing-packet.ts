import { deferred, letGo, type Bytes, type Deferred, type Pollable } from '../stream/index.js'

/** Chunks from this size on are sent from where they lie; smaller ones are gathered. */
const LARGE = 32_768
/** Bytes that a packet gathers before its source has to wait. */
const GATHER = 65_536

/** What one frame takes of a packet. */
export interface FrameContent {
  readonly pieces: Uint8Array[]
  readonly size: number
  /** True when this was the packet's last content. */
  readonly last: boolean
}

const NONE: Uint8Array = new Uint8Array(0)

/** Memory for small packets, one behind the other and never used twice: an array of its own costs such a packet more than its copy. */
class Slabs {
  #slab = NONE
  #used = 0

  /** Both in one piece. */
  copy (head: Uint8Array, bytes: Uint8Array): Uint8Array {
    const start = this.#used
    const middle = start + head.byteLength
    const end = middle + bytes.byteLength
    if (end > this.#slab.byteLength) return this.#anew(head, bytes)
    this.#slab.set(head, start)
    this.#slab.set(bytes, middle)
    this.#used = end
    return this.#slab.subarray(start, end)
  }

  #anew (head: Uint8Array, bytes: Uint8Array): Uint8Array {
    this.#slab = new Uint8Array(Math.max(GATHER, head.byteLength + bytes.byteLength))
    this.#used = 0
    return this.copy(head, bytes)
  }
}

const SLABS = new Slabs()

/**
 * A packet on its way out: what its source has given and no frame has taken yet. Small chunks are copied into one
 * of two buffers in turn (the other may still be on its way to the wire), a large chunk is held until all of
 * it is sent, and its source asked for the next one only then.
 */
export class OutgoingPacket {
  /** Taken when the first frame is made. */
  nonce = 0
  frameNonce = 0
  /** Where it stands in the sender's queue. */
  place: 'none' | 'ripening' | 'ready' = 'none'
  /** Bytes that the other side takes of it. */
  credit = Infinity
  /** The most that this has been. */
  peak = Infinity
  readonly done = deferred({ handled: true })
  #gather: Uint8Array = NONE
  #spare: Uint8Array = NONE
  #gathered = 0
  /** Where in the gathered bytes the next frame starts: a frame may be smaller than what was gathered. */
  #from = 0
  #held: Uint8Array[] = []
  #heldBytes = 0
  #finished = false
  /** While the source has to wait. */
  #room: Deferred<void> | undefined
  #source: Pollable<Bytes> | undefined

  get finished (): boolean { return this.#finished }
  /** Most bytes of its next frame: a quarter of its window, so that credit comes back before it has run out. */
  get room (): number { return Math.min(this.credit, Math.floor(this.peak / 4)) }
  /** True when it has more to send than credit for, and credit for less than such a frame: more is sure to come, and splinters cost as much as frames. */
  get blocked (): boolean { return this.credit < this.pending && this.credit < Math.floor(this.peak / 4) }
  /** Bytes that the next frames can take. */
  get pending (): number { return this.#gathered - this.#from + this.#heldBytes }

  /** Bytes before the source's, copied; before anything is written. */
  begin (head: Uint8Array): void {
    this.#reserve(head.byteLength)
    this.#gather.set(head)
    this.#gathered = head.byteLength
  }

  /** The whole packet: a head, which is copied, and bytes that stay as they are until it is done. */
  whole (head: Uint8Array, bytes: Uint8Array): void {
    // a small one in one piece, which is cheaper to seal than two
    this.#held = bytes.byteLength < LARGE ? [SLABS.copy(head, bytes)] : [SLABS.copy(head, NONE), bytes]
    this.#heldBytes = head.byteLength + bytes.byteLength
    this.#finished = true
  }

  /** The source, so that it is let go of when nobody wants more of it. */
  open (source: Pollable<Bytes>): void { this.#source = source }

  /**
   * Takes the next chunk of the source; after a promise came back, not before that has resolved.
   *
   * @returns a promise when the source must not be asked for more: the chunk, or room, is still in use
   */
  write (chunk: Bytes): Promise<void> | undefined {
    if (chunk.byteLength >= LARGE || this.#gathered + chunk.byteLength > GATHER) {
      this.#held = chunk instanceof Uint8Array ? [chunk] : [...chunk]
      this.#heldBytes = chunk.byteLength
      return this.#wait()
    }
    this.#reserve(chunk.byteLength)
    for (const piece of chunk instanceof Uint8Array ? [chunk] : chunk) {
      this.#gather.set(piece, this.#gathered)
      this.#gathered += piece.byteLength
    }
    return this.#gathered >= GATHER ? this.#wait() : undefined
  }

  /** The source has ended. */
  finish (): void { this.#finished = true }

  /** Up to `size` bytes for a frame. They are valid until {@link OutgoingPacket.release}. */
  take (size: number): FrameContent {
    const pieces: Uint8Array[] = []
    let taken = 0
    if (this.#gathered > 0) {
      const piece = this.#gather.subarray(this.#from, Math.min(this.#gathered, this.#from + size))
      pieces.push(piece)
      taken = piece.byteLength
      this.#from += taken
      if (this.#from === this.#gathered) this.#swap()
    }
    while (this.#heldBytes > 0 && taken < size) {
      const first = this.#held[0] as Uint8Array
      const piece = first.subarray(0, size - taken)
      pieces.push(piece)
      taken += piece.byteLength
      this.#heldBytes -= piece.byteLength
      if (piece.byteLength === first.byteLength) this.#held.shift()
      else this.#held[0] = first.subarray(piece.byteLength)
    }
    return { pieces, size: taken, last: this.#finished && this.pending === 0 }
  }

  /** What {@link OutgoingPacket.take} gave is on the wire: the source may go on. */
  release (): void {
    if (this.#room !== undefined && this.#heldBytes === 0 && this.#gathered < GATHER) this.#wake()
  }

  /** Nobody wants more: the source is let go of. */
  stop (): void {
    const source = this.#source
    this.#source = undefined
    this.#wake()
    if (source !== undefined) letGo(source)
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }

  /** What was gathered is on its way; the other buffer is free. */
  #swap (): void {
    const free = this.#spare
    this.#spare = this.#gather
    this.#gather = free
    this.#gathered = 0
    this.#from = 0
  }

  #wait (): Promise<void> {
    this.#room = deferred()
    return this.#room.promise
  }

  #reserve (more: number): void {
    const length = this.#gathered + more
    if (length <= this.#gather.byteLength) return
    const grown = new Uint8Array(Math.max(length, Math.min(GATHER, Math.max(256, length * 2))))
    grown.set(this.#gather.subarray(0, this.#gathered))
    this.#gather = grown
  }
}
