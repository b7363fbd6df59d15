import { adler32 } from './adler32.js'
import { zlibError } from './errors.js'
import type { RawDeflater, Zlib } from './interface.js'
import { lastBlock, storedBlocks } from './stored.js'

/** RFC 1950: deflate with a window of 32 KiB; at the level that most streams have, or at the fastest. */
const PACKED = [0x78, 0x9c] as const
const STORED = [0x78, 0x01] as const

/**
 * Writes one zlib stream (RFC 1950), whose level may change. What is stored is wrapped here, in the caller's thread: nothing is made for
 * it, no call waits for a thread of the pool, and it is out at once. Calls go one after another: each is awaited before the next. What
 * goes in must stay as it is until its call has settled; what comes out belongs to the caller.
 */
export class Deflater {
  readonly #zlib: Zlib
  #level: number
  #raw: RawDeflater | undefined
  #rawLevel = 0
  #sum = 1
  #begun = false
  #destroyed = false

  /** @param level - 0 to 9; 0 stores */
  constructor (zlib: Zlib, level: number) {
    this.#zlib = zlib
    this.#level = level
  }

  /** Takes any number of bytes, and gives what is ready of the stream (often nothing: a block is waited for). */
  async write (bytes: Uint8Array): Promise<Uint8Array[]> {
    this.#check()
    const head = this.#head()
    this.#sum = adler32(this.#sum, bytes)
    return [...head, ...this.#level === 0 ? storedBlocks(bytes) : await this.#packer().write(bytes)]
  }

  /** From here on another level. Everything before it comes out. */
  async setLevel (level: number): Promise<Uint8Array[]> {
    this.#check()
    if (level === this.#level) return []
    const packed = this.#level !== 0
    this.#level = level
    // it knows nothing of what is stored, so nothing may reach back over that
    const out = packed ? await this.#raw?.flush(true) : undefined
    if (level !== 0 && level !== this.#rawLevel) this.#endRaw()
    return out ?? []
  }

  /** Brings out everything that was written, so that the other side can read it now. */
  async flush (): Promise<Uint8Array[]> {
    this.#check()
    const head = this.#head()
    return this.#level === 0 || this.#raw === undefined ? head : [...head, ...await this.#raw.flush(false)]
  }

  /** Ends the stream with its checksum. Nothing may follow but `destroy`. */
  async finish (): Promise<Uint8Array[]> {
    this.#check()
    const head = this.#head()
    return [...head, ...this.#level === 0 ? [lastBlock()] : await this.#packer().finish(), checksum(this.#sum)]
  }

  /** Frees what it holds; what is under way rejects with ERR_ZLIB_DESTROYED. Any number of times. */
  destroy (): void {
    this.#destroyed = true
    this.#endRaw()
  }

  #head (): Uint8Array[] {
    if (this.#begun) return []
    this.#begun = true
    return [zlibHeader(this.#level)]
  }

  #packer (): RawDeflater {
    this.#rawLevel = this.#level
    this.#raw ??= this.#zlib.rawDeflater(this.#level)
    return this.#raw
  }

  #endRaw (): void {
    this.#raw?.destroy()
    this.#raw = undefined
  }

  #check (): void {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
  }
}

/** What a stream begins with. */
export function zlibHeader (level: number): Uint8Array {
  return Uint8Array.from(level === 0 ? STORED : PACKED)
}

/** What a stream ends with. */
export function checksum (sum: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, sum)
  return bytes
}
