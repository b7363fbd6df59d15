import { zlib } from '#zlib'
import { checkBytes, lengthOf, whole } from '../stream/index.js'
import { Adaptive } from './adaptive.js'
import { Deflater } from './deflater.js'
import { zlibError } from './errors.js'
import type { Zlib } from './interface.js'

/** The most that is gathered before it is deflated, in bytes. */
export const SEGMENT = 262_144
/** A whole stream up to this many bytes is deflated at once. */
const SHORT = 4096
const FIRST_ROOM = 4096

/** How a stream is compressed. */
export interface DeflateOptions {
  /**
   * Compression level, 0 to 9, 6 by default. Data that does not shrink is stored at any level.
   *
   * Use 0 (nothing is compressed) where an attacker can choose part of what travels in one stream together with a
   * secret: the length of the result then tells how much the two have in common, and guess by guess the secret.
   * This is the attack CRIME; encryption does not hide lengths.
   */
  level?: number | undefined
  /** @internal The backend, for tests. */
  backend?: Zlib | undefined
}

/**
 * One zlib stream over a deflater: gathers small writes, stores what does not shrink, and makes
 * nothing for a short stream. Calls go one after another.
 */
export class Packer {
  readonly #zlib: Zlib
  readonly #level: number
  readonly #adaptive: Adaptive
  #deflater: Deflater | undefined
  #room = new Uint8Array(0)
  #gathered = 0
  #destroyed = false

  /** @throws ERR_ZLIB_LEVEL */
  constructor (options: DeflateOptions = {}) {
    this.#zlib = options.backend ?? zlib
    this.#level = checkLevel(options.level)
    this.#adaptive = new Adaptive(this.#level)
  }

  /** Takes at most {@link SEGMENT} bytes, and keeps no reference to them once it has settled. @throws ERR_ZLIB_DESTROYED, ERR_ZLIB_BACKEND (as rejections) */
  async write (bytes: Uint8Array): Promise<Uint8Array[]> {
    this.#check()
    const out = this.#gathered + bytes.byteLength > SEGMENT ? await this.#drain() : []
    if (bytes.byteLength >= SEGMENT) return append(out, await this.#deflate(bytes))
    this.#gather(bytes)
    return out
  }

  /** Everything that was written so far, so that the other side can read it. @throws ERR_ZLIB_DESTROYED, ERR_ZLIB_BACKEND (as rejections) */
  async flush (): Promise<Uint8Array[]> {
    this.#check()
    const out = await this.#drain()
    if (this.#deflater === undefined) return out
    const flushed = await this.#deflater.flush()
    this.#adaptive.report(0, lengthOf(flushed))
    return append(out, flushed)
  }

  /** The rest of the stream. @throws ERR_ZLIB_DESTROYED, ERR_ZLIB_BACKEND (as rejections) */
  async finish (): Promise<Uint8Array[]> {
    this.#check()
    if (this.#deflater === undefined && this.#gathered <= SHORT) return [this.#zlib.deflateSync(this.#room.subarray(0, this.#gathered), this.#level)]
    const out = await this.#drain()
    return append(out, await this.#stream().finish())
  }

  /** Frees what it holds. */
  destroy (): void {
    this.#destroyed = true
    this.#deflater?.destroy()
    this.#room = new Uint8Array(0)
    this.#gathered = 0
  }

  #gather (bytes: Uint8Array): void {
    const needed = this.#gathered + bytes.byteLength
    if (needed > this.#room.byteLength) {
      let size = Math.max(this.#room.byteLength, FIRST_ROOM)
      while (size < needed) size *= 2
      const room = new Uint8Array(size)
      room.set(this.#room.subarray(0, this.#gathered))
      this.#room = room
    }
    this.#room.set(bytes, this.#gathered)
    this.#gathered = needed
  }

  async #drain (): Promise<Uint8Array[]> {
    if (this.#gathered === 0) return []
    const bytes = this.#room.subarray(0, this.#gathered)
    this.#gathered = 0
    return this.#deflate(bytes)
  }

  async #deflate (bytes: Uint8Array): Promise<Uint8Array[]> {
    const out: Uint8Array[] = []
    const deflater = this.#stream()
    for (let at = 0; at < bytes.byteLength;) {
      const step = this.#adaptive.next(bytes.subarray(at))
      const piece = bytes.subarray(at, at + step.bytes)
      append(out, await deflater.setLevel(step.level))
      const before = out.length
      append(out, await deflater.write(piece))
      if (step.measure && piece.byteLength === step.bytes) append(out, await deflater.flush())
      this.#adaptive.report(piece.byteLength, lengthOf(out, before))
      at += piece.byteLength
    }
    return out
  }

  #stream (): Deflater {
    // also what was under way may go on after its end
    this.#check()
    return this.#deflater ??= new Deflater(this.#zlib, this.#level)
  }

  #check (): void {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
  }
}

/**
 * One-shot: the whole of `bytes` as one zlib stream.
 *
 * @returns a new array, the caller's
 * @throws ERR_ARGUMENT when there are no bytes, ERR_ZLIB_LEVEL when the level is not an integer from 0 to 9, ERR_ZLIB_BACKEND (as rejections)
 * @example
 * ```ts
 * import { deflate, inflate } from 'hushwire/zlib'
 *
 * const packed = await deflate(new Uint8Array(1000), { level: 9 })
 * await inflate(packed, { maxInflated: 1000 }) // 1,000 zeros
 * ```
 */
export async function deflate (bytes: Uint8Array, options: DeflateOptions = {}): Promise<Uint8Array> {
  checkBytes(bytes)
  const packer = new Packer(options)
  try {
    const out: Uint8Array[] = []
    for (let at = 0; at < bytes.byteLength; at += SEGMENT) append(out, await packer.write(bytes.subarray(at, at + SEGMENT)))
    append(out, await packer.finish())
    return whole(out)
  } finally {
    packer.destroy()
  }
}

function checkLevel (level = 6): number {
  if (!Number.isInteger(level) || level < 0 || level > 9) throw zlibError('ERR_ZLIB_LEVEL')
  return level
}

function append (to: Uint8Array[], pieces: readonly Uint8Array[]): Uint8Array[] {
  for (const piece of pieces) to.push(piece)
  return to
}
