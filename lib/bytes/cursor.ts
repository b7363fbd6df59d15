import { limitsOf } from '../stream/index.js'
import { bytesError } from './errors.js'

const CODEC_LIMITS = {
  /** Elements without bytes that one call may hold. */
  maxEmptyElements: 1024
} as const

/** Limits of `encode` and `decode`. */
export interface CodecOptions {
  /**
   * Elements of slices and arrays that take no bytes (an empty struct, say), in all of one call: nothing on the
   * wire pays for them, so a number bounds them. Default 1,024.
   */
  maxEmptyElements?: number
}

/** Counts the elements that no byte pays for. */
class EmptyElements {
  #left: number

  constructor ({ maxEmptyElements }: CodecOptions) {
    this.#left = maxEmptyElements === undefined ? CODEC_LIMITS.maxEmptyElements : limitsOf(CODEC_LIMITS, { maxEmptyElements }, ['maxEmptyElements']).maxEmptyElements
  }

  /** @throws ERR_SLICE_COUNT when there are too many in all */
  spend (count: number): void {
    if (count > this.#left) throw bytesError('ERR_SLICE_COUNT', `${count} of at most ${this.#left} more`)
    this.#left -= count
  }
}

/** The bytes that a value is read from. Every take is checked against what is left. */
export class Input extends EmptyElements {
  /** For reading at the place that {@link Input.take} gives. */
  readonly view: DataView
  readonly #bytes: Uint8Array
  #at = 0

  constructor (bytes: Uint8Array, options: CodecOptions = {}) {
    super(options)
    this.#bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes that have not been taken. */
  get left (): number { return this.#bytes.byteLength - this.#at }

  /**
   * Goes over `length` bytes.
   *
   * @returns where they start in `view`
   * @throws ERR_SHORT_INPUT when fewer are left
   */
  take (length: number): number {
    if (length > this.left) throw bytesError('ERR_SHORT_INPUT', `${this.left} of ${length} bytes`)
    const start = this.#at
    this.#at += length
    return start
  }

  /** The next `length` bytes as a view on the input: a plain Uint8Array even where the input is a Buffer. */
  takeView (length: number): Uint8Array {
    const start = this.take(length)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length)
  }

  /**
   * A u32 count of things that take at least `minBytes` each. Nothing is to be allocated for them before this.
   *
   * @throws ERR_SHORT_INPUT when so many cannot be left
   */
  takeCount (minBytes: number): number {
    const count = this.view.getUint32(this.take(4))
    if (count * minBytes > this.left) throw bytesError('ERR_SHORT_INPUT', `${this.left} bytes for ${count} elements`)
    return count
  }
}

/** The bytes that a value is written to; they grow as they are needed. */
export class Output extends EmptyElements {
  /** For writing at the place that {@link Output.reserve} gives. Another one after each `reserve`. */
  view: DataView<ArrayBuffer>
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  /** @param expected - bytes to begin with; what is exactly filled is not copied again */
  constructor (expected: number, options: CodecOptions = {}) {
    super(options)
    this.#bytes = new Uint8Array(expected)
    this.view = new DataView(this.#bytes.buffer)
  }

  /**
   * Makes room for `length` bytes and goes over them.
   *
   * @returns where they start in `view`
   */
  reserve (length: number): number {
    const start = this.#length
    this.#length += length
    if (this.#length > this.#bytes.byteLength) this.#grow()
    return start
  }

  /** Appends a copy. */
  append (bytes: Uint8Array): void {
    const start = this.reserve(bytes.byteLength)
    this.#bytes.set(bytes, start)
  }

  /**
   * Appends a u32 count.
   *
   * @throws ERR_VALUE_RANGE above 2^32 - 1
   */
  appendCount (count: number): void {
    if (count > 0xffffffff) throw bytesError('ERR_VALUE_RANGE', 'more than 2^32 - 1 elements')
    const start = this.reserve(4)
    this.view.setUint32(start, count)
  }

  /** What was written, and nothing around it. */
  finish (): Uint8Array<ArrayBuffer> {
    return this.#length === this.#bytes.byteLength ? this.#bytes : this.#bytes.slice(0, this.#length)
  }

  #grow (): void {
    const grown = new Uint8Array(Math.max(64, this.#length, 2 * this.#bytes.byteLength))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.view = new DataView(grown.buffer)
  }
}
