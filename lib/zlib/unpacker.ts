import { zlib } from '#zlib'
import { streamError, whole } from '../stream/index.js'
import { zlibError } from './errors.js'
import { Inflater } from './inflater.js'
import type { Zlib } from './interface.js'

/** Above what zlib can reach (1,032): whatever expands more is not zlib's work. */
export const MAX_RATIO = 1100
/** Most bytes that the one-shot forms give. */
export const MAX_INFLATED = 67_108_864

/** Limits of what comes out of a stream that someone else made. */
export interface InflateOptions {
  /** Most bytes of output. 64 MiB by default in one-shot forms, unlimited in streams, whose reader decides. */
  maxInflated?: number | undefined
  /** Most bytes of output a byte of input, 1,100 by default. */
  maxRatio?: number | undefined
  /** @internal The backend, for tests. */
  backend?: Zlib | undefined
}

/** One zlib stream over an inflater, with limits. Calls go one after another. */
export class Unpacker {
  readonly #zlib: Zlib
  /** Made for the first input: a short stream that is whole needs none. */
  #inflater: Inflater | undefined
  readonly #maxInflated: number
  readonly #maxRatio: number
  #input = 0
  #output = 0
  #whole = false
  /** What it has failed with, or its end. */
  #failure: Error | undefined

  /** @throws ERR_LIMIT_OPTION when a limit is negative or no number */
  constructor (options: InflateOptions = {}) {
    this.#zlib = options.backend ?? zlib
    this.#maxInflated = options.maxInflated ?? Infinity
    this.#maxRatio = options.maxRatio ?? MAX_RATIO
    // one that is no number would lift the limit
    if (!(this.#maxInflated >= 0)) throw streamError('ERR_LIMIT_OPTION', 'maxInflated')
    if (!(this.#maxRatio >= 0)) throw streamError('ERR_LIMIT_OPTION', 'maxRatio')
  }

  /**
   * Gives the next input; it must stay as it is until `read` has answered undefined.
   *
   * @throws ERR_ZLIB_DESTROYED, and what `read` has thrown before
   */
  write (bytes: Uint8Array): void {
    this.#check()
    this.#input += bytes.byteLength
    this.#inflater ??= new Inflater(this.#zlib)
    this.#inflater.write(bytes)
  }

  /** True before any input. */
  get fresh (): boolean { return this.#input === 0 }

  /**
   * What a whole stream holds, at once: for a few KiB, as a first and only input.
   *
   * @throws what `read` and `end` throw
   */
  whole (bytes: Uint8Array): Uint8Array {
    this.#check()
    this.#input = bytes.byteLength
    const out = this.#inflated(bytes)
    if (out === undefined) this.#fail(this.#maxInflated <= bytes.byteLength * this.#maxRatio ? this.#overLimit() : this.#overRatio())
    this.#whole = true
    return out
  }

  /**
   * The next output, at most 256 KiB, or undefined when the input is used up.
   *
   * @throws ERR_ZLIB_OUTPUT_LIMIT, ERR_ZLIB_RATIO, ERR_ZLIB_DATA, ERR_ZLIB_DICTIONARY, ERR_ZLIB_TRAILING, ERR_ZLIB_DESTROYED, ERR_ZLIB_BACKEND; the same again from then on
   */
  async read (): Promise<Uint8Array | undefined> {
    this.#check()
    const out = await this.#inflater?.read()
    if (out === undefined) return undefined
    this.#output += out.byteLength
    if (this.#output > this.#maxInflated) this.#fail(this.#overLimit())
    if (this.#output > this.#input * this.#maxRatio) this.#fail(this.#overRatio())
    return out
  }

  /** @throws ERR_ZLIB_TRUNCATED when the stream has not ended with what was given, and what `read` has thrown before */
  end (): void {
    this.#check()
    if (this.#whole) return
    if (this.#inflater === undefined) throw zlibError('ERR_ZLIB_TRUNCATED')
    this.#inflater.end()
  }

  /** Frees what it holds. */
  destroy (): void {
    this.#failure = zlibError('ERR_ZLIB_DESTROYED')
    this.#inflater?.destroy()
  }

  #inflated (bytes: Uint8Array): Uint8Array | undefined {
    try {
      return this.#zlib.inflateSync(bytes, Math.min(this.#maxInflated, bytes.byteLength * this.#maxRatio))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #check (): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail (error: Error): never {
    this.#failure = error
    throw error
  }

  #overLimit (): Error {
    return zlibError('ERR_ZLIB_OUTPUT_LIMIT', `more than ${this.#maxInflated} bytes`)
  }

  #overRatio (): Error {
    return zlibError('ERR_ZLIB_RATIO', `more than ${this.#maxRatio} to one`)
  }
}

/**
 * One-shot: what a whole zlib stream holds.
 *
 * @returns a new array, the caller's
 * @throws ERR_ZLIB_DATA, ERR_ZLIB_TRUNCATED, ERR_ZLIB_TRAILING, ERR_ZLIB_DICTIONARY, ERR_ZLIB_OUTPUT_LIMIT, ERR_ZLIB_RATIO, ERR_ZLIB_BACKEND, ERR_LIMIT_OPTION (as rejections)
 * @example
 * ```ts
 * import { deflate, inflate } from 'hushwire/zlib'
 *
 * const text = await inflate(await deflate(Uint8Array.of(104, 105)))
 * ```
 */
export async function inflate (bytes: Uint8Array, options: InflateOptions = {}): Promise<Uint8Array> {
  const unpacker = new Unpacker({ ...options, maxInflated: options.maxInflated ?? MAX_INFLATED })
  try {
    const out: Uint8Array[] = []
    unpacker.write(bytes)
    for (let piece = await unpacker.read(); piece !== undefined; piece = await unpacker.read()) out.push(piece)
    unpacker.end()
    return whole(out)
  } finally {
    unpacker.destroy()
  }
}
