/** The first slab of a connection, and what they grow to while much comes. */
const FIRST = 16_384
const LARGEST = 1_048_576
/** A slab with less room than this share of its size is left for a new one. */
const LEAST_SHARE = 4

/**
 * Memory to read into. What was read is handed out as a view and never written to again; the next read goes behind it,
 * and a new slab begins when little room is left. Slabs grow while reads fill the room they are offered and
 * shrink when they do not, so that idle connections hold little.
 */
export class Slabs {
  #slab: Uint8Array = new Uint8Array(0)
  #used = 0
  #size = FIRST

  /** Room for the next read. */
  room (): Uint8Array {
    if ((this.#slab.byteLength - this.#used) * LEAST_SHARE < this.#size) {
      this.#slab = allocate(this.#size)
      this.#used = 0
    }
    return this.#slab.subarray(this.#used)
  }

  /** The bytes that were just read into the room. */
  take (length: number): Uint8Array {
    const taken = this.#slab.subarray(this.#used, this.#used + length)
    const room = this.#slab.byteLength - this.#used
    if (length === room) this.#size = Math.min(this.#size * 2, LARGEST)
    else if (length * 8 < room && this.#used === 0) this.#size = Math.max(this.#size / 2, FIRST)
    this.#used += length
    return taken
  }
}

/** Not zeroed: only what was read into it is handed out. */
function allocate (size: number): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(size)
  return new Uint8Array(buffer.buffer, buffer.byteOffset, size)
}
