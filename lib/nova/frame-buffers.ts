/** What is kept ready of all links together. */
const MAX_SPARE = 16
const MAX_SPARE_BYTES = 4_194_304
/** Room that is made at the least. */
const SMALLEST = 1024

/**
 * Buffers for frames that are being put together or laid out. Links share them: each has one only while it is in use, so that
 * one which is idle holds none, whatever has gone through it before.
 */
class FrameBuffers {
  /** From small to large. */
  readonly #spare: Uint8Array[] = []
  #bytes = 0

  /** One of at least so many bytes, with anything in it. */
  take (length: number): Uint8Array {
    const at = this.#spare.findIndex(buffer => buffer.byteLength >= length)
    if (at === -1) return new Uint8Array(Math.max(length, SMALLEST))
    const [buffer] = this.#spare.splice(at, 1) as [Uint8Array]
    this.#bytes -= buffer.byteLength
    return buffer
  }

  /** It is needed no more. */
  give (buffer: Uint8Array): void {
    if (buffer.byteLength === 0 || this.#spare.length >= MAX_SPARE || this.#bytes + buffer.byteLength > MAX_SPARE_BYTES) return
    const at = this.#spare.findIndex(({ byteLength }) => byteLength >= buffer.byteLength)
    this.#spare.splice(at === -1 ? this.#spare.length : at, 0, buffer)
    this.#bytes += buffer.byteLength
  }
}

/** Those of this process. */
export const frameBuffers = new FrameBuffers()
