/** The most that deflate reaches back (RFC 1951, 2). */
const WINDOW = 32_768

/** The last 32 KiB of what came out. */
export class Window {
  readonly #ring = new Uint8Array(WINDOW)
  /** Bytes that went in, in all. */
  #length = 0

  /** Keeps a copy of the end. */
  push (bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.byteLength - WINDOW))
    const at = (this.#length + bytes.byteLength - kept.byteLength) % WINDOW
    const first = kept.subarray(0, WINDOW - at)
    this.#ring.set(first, at)
    this.#ring.set(kept.subarray(first.byteLength))
    this.#length += bytes.byteLength
  }

  /** What was kept, in its order, new memory. */
  take (): Uint8Array {
    if (this.#length <= WINDOW) return this.#ring.slice(0, this.#length)
    const at = this.#length % WINDOW
    const bytes = new Uint8Array(WINDOW)
    bytes.set(this.#ring.subarray(at))
    bytes.set(this.#ring.subarray(0, at), WINDOW - at)
    return bytes
  }
}
