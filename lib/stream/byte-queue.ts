import { whole } from './pieces.js'

/** Pieces below this many bytes are copied together, so that a flood of tiny ones costs what its bytes cost. */
const SMALL = 1024
/** Room that is taken for small pieces at a time: at first, and at the most. */
const FIRST_SLAB = 1024
const SLAB = 16_384

/**
 * Bytes in the order they came, as few pieces as arrive in large ones. Large pieces are kept as they are (who
 * pushes must leave them alone until they have been taken), small ones are copied into slabs.
 */
export class ByteQueue {
  #pieces: Uint8Array[] = []
  #slab: Uint8Array | undefined
  #slabUsed = 0
  #length = 0

  /** Bytes that wait. */
  get length (): number { return this.#length }

  /** Appends; pieces under 1 KiB are copied, larger ones are kept by reference. */
  push (bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#length += bytes.byteLength
    if (bytes.byteLength >= SMALL) {
      this.#slab = undefined
      this.#pieces.push(bytes)
      return
    }
    if (this.#slab === undefined || this.#slab.byteLength - this.#slabUsed < bytes.byteLength) {
      this.#slab = new Uint8Array(this.#slab === undefined ? FIRST_SLAB : Math.min(this.#slab.byteLength * 4, SLAB))
      this.#slabUsed = 0
      this.#pieces.push(this.#slab.subarray(0, 0))
    }
    this.#slab.set(bytes, this.#slabUsed)
    const last = this.#pieces.length - 1
    const piece = this.#pieces[last] as Uint8Array
    const start = piece.byteLength === 0 ? this.#slabUsed : piece.byteOffset - this.#slab.byteOffset
    this.#slabUsed += bytes.byteLength
    this.#pieces[last] = this.#slab.subarray(start, this.#slabUsed)
  }

  /** The next `length` bytes as the pieces they lie in, without copying. There must be so many. */
  take (length: number): Uint8Array[] {
    const taken: Uint8Array[] = []
    let left = length
    let used = 0
    while (left > 0) {
      const piece = this.#pieces[used] as Uint8Array
      if (piece.byteLength > left) {
        taken.push(piece.subarray(0, left))
        this.#pieces[used] = piece.subarray(left)
        break
      }
      taken.push(piece)
      left -= piece.byteLength
      used++
    }
    if (used > 0) this.#pieces.splice(0, used)
    if (this.#pieces.length === 0) this.#slab = undefined
    this.#length -= length
    return taken
  }

  /** The next `length` bytes in one piece: a view where they lie in one, else a copy. */
  takeJoined (length: number): Uint8Array {
    return whole(this.take(length))
  }

  /** Byte `index` from the front, without taking it. */
  peek (index: number): number {
    let at = index
    for (const piece of this.#pieces) {
      if (at < piece.byteLength) return piece[at] as number
      at -= piece.byteLength
    }
    throw new RangeError('peek beyond the end of the queue')
  }

  /** Drops everything. */
  clear (): void {
    this.#pieces = []
    this.#slab = undefined
    this.#length = 0
  }
}
