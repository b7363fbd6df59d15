import { join, type MaybePromise } from '../stream/index.js'
import { adler32 } from './adler32.js'
import { zlibError } from './errors.js'
import type { RawInflater, Zlib } from './interface.js'
import { storedLength } from './stored.js'
import { Window } from './window.js'

/** Bytes of output at a time, at the most. */
const CHUNK = 262_144
/** Content of blocks that is given out at a time, at the most: each piece is an object. */
const MAX_PIECES = 4096
const DEFLATE = 8
const MAX_WINDOW = 7
const HAS_DICTIONARY = 0x20
const LENGTH_BYTES = 4

/** What comes next: the header of the stream, of a block, of a stored one, its content, compressed blocks, the checksum, nothing. */
type State = 'header' | 'block' | 'length' | 'content' | 'raw' | 'checksum' | 'over'

/**
 * Reads one zlib stream (RFC 1950), expanding no more than it is asked for. Stored blocks are read here, in the caller's thread, which
 * for data that does not shrink is all of them; from the first one that is compressed the backend reads. Calls go one after another.
 */
export class Inflater {
  readonly #zlib: Zlib
  #state: State = 'header'
  #input: Uint8Array = NOTHING
  /** How much of the input was taken. */
  #at = 0
  /** The beginning of a header whose end has not come. */
  #head: Uint8Array = NOTHING
  /** Content of the stored block that has not come. */
  #left = 0
  #last = false
  #sum = 1
  /** What has come out of stored blocks, for a compressed one to reach back to. */
  #window: Window | undefined
  #raw: RawInflater | undefined
  /** What it has failed with, or its end: nothing behind what was wrong is read. */
  #failure: Error | undefined

  constructor (zlib: Zlib) {
    this.#zlib = zlib
  }

  /** Gives the next piece of input, which must stay as it is until `read` has answered undefined. Only then comes the next. */
  write (bytes: Uint8Array): void {
    this.#check()
    if (this.#state === 'raw') this.#raw?.write(bytes)
    else this.#give(bytes)
  }

  /**
   * The next piece of output, at most 256 KiB, the caller's to keep; undefined when the input is used up.
   *
   * @throws ERR_ZLIB_DATA, ERR_ZLIB_DICTIONARY, ERR_ZLIB_BACKEND, ERR_ZLIB_DESTROYED, or ERR_ZLIB_TRAILING when input goes on after the stream
   */
  read (): MaybePromise<Uint8Array | undefined> {
    this.#check()
    try {
      return this.#stored() ?? (this.#state === 'raw' ? this.#readRaw() : undefined)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /**
   * Says that no more input comes.
   *
   * @throws ERR_ZLIB_TRUNCATED when the stream has not ended by then
   */
  end (): void {
    this.#check()
    if (this.#state !== 'over') throw zlibError('ERR_ZLIB_TRUNCATED')
  }

  /** Frees what it holds; what is under way rejects with ERR_ZLIB_DESTROYED. Any number of times. */
  destroy (): void {
    this.#failure = zlibError('ERR_ZLIB_DESTROYED')
    this.#raw?.destroy()
  }

  /** The content of all stored blocks that the input has next, as one. */
  #stored (): Uint8Array | undefined {
    const pieces: Uint8Array[] = []
    let length = 0
    while (length < CHUNK && pieces.length < MAX_PIECES && this.#advance(length > 0)) {
      const end = Math.min(this.#at + Math.min(this.#left, CHUNK - length), this.#input.byteLength)
      if (end === this.#at) break
      pieces.push(this.#input.subarray(this.#at, end))
      length += end - this.#at
      this.#left -= end - this.#at
      this.#at = end
    }
    return length === 0 ? undefined : this.#keep(join(pieces, length))
  }

  /** For the checksum, and for compressed blocks to reach back to. */
  #keep (stored: Uint8Array): Uint8Array {
    this.#sum = adler32(this.#sum, stored)
    this.#window ??= new Window()
    this.#window.push(stored)
    return stored
  }

  /**
   * Goes on to stored content; false when what comes next is none, or has not come.
   *
   * @param pending - there is content that was not kept yet, so nothing else is begun
   */
  #advance (pending: boolean): boolean {
    while (this.#state !== 'content' || this.#left === 0) {
      if (!this.#step(pending)) return false
    }
    return true
  }

  /** Reads what comes next, unless it has not come. */
  #step (pending: boolean): boolean {
    switch (this.#state) {
      case 'header': return this.#begin()
      case 'block': return this.#beginBlock(pending)
      case 'length': return this.#beginContent()
      case 'content':
        this.#state = this.#last ? 'checksum' : 'block'
        return true
      case 'raw': return false
      case 'checksum': return !pending && this.#finish()
      case 'over':
        if (this.#at < this.#input.byteLength) throw zlibError('ERR_ZLIB_TRAILING')
        return false
    }
  }

  #begin (): boolean {
    const bytes = this.#take(2)
    if (bytes === undefined) return false
    const [method, flags] = bytes as Uint8Array & [number, number]
    if ((method & 15) !== DEFLATE || method >> 4 > MAX_WINDOW || (method * 256 + flags) % 31 !== 0) throw zlibError('ERR_ZLIB_DATA')
    if ((flags & HAS_DICTIONARY) !== 0) throw zlibError('ERR_ZLIB_DICTIONARY')
    this.#state = 'block'
    return true
  }

  /** RFC 1951, 3.2.3; what precedes the block has ended with a whole byte. */
  #beginBlock (pending: boolean): boolean {
    const bits = this.#input[this.#at]
    if (bits === undefined) return false
    if ((bits >> 1 & 3) === 0) {
      this.#last = (bits & 1) === 1
      this.#at++
      this.#state = 'length'
      return true
    }
    if (pending) return false
    this.#raw = this.#zlib.rawInflater(this.#window?.take() ?? NOTHING)
    this.#raw.write(this.#input.subarray(this.#at))
    this.#window = undefined
    this.#give(NOTHING)
    this.#state = 'raw'
    return true
  }

  #beginContent (): boolean {
    const length = this.#storedLength()
    if (length === undefined) return false
    this.#left = length
    this.#state = 'content'
    return true
  }

  #finish (): boolean {
    const bytes = this.#take(4)
    if (bytes === undefined) return false
    if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== this.#sum) throw zlibError('ERR_ZLIB_DATA')
    this.#state = 'over'
    return true
  }

  #readRaw (): MaybePromise<Uint8Array | undefined> {
    const out = this.#raw?.read()
    return out instanceof Promise ? out.then(bytes => this.#tookRaw(bytes), (error: unknown) => this.#fail(error as Error)) : this.#tookRaw(out)
  }

  #tookRaw (out: Uint8Array | undefined): MaybePromise<Uint8Array | undefined> {
    if (out !== undefined) {
      this.#sum = adler32(this.#sum, out)
      return out
    }
    const rest = this.#raw?.rest
    if (rest === undefined) return undefined
    this.#raw?.destroy()
    this.#raw = undefined
    this.#give(rest)
    this.#state = 'checksum'
    return this.read()
  }

  #give (input: Uint8Array): void {
    this.#input = input
    this.#at = 0
  }

  /** The length of a stored block, once it is there. Whoever sends blocks with next to nothing in them is to pay for it, not we. */
  #storedLength (): number | undefined {
    if (this.#head.byteLength === 0 && this.#input.byteLength - this.#at >= LENGTH_BYTES) {
      this.#at += LENGTH_BYTES
      return storedLength(this.#input, this.#at - LENGTH_BYTES)
    }
    const bytes = this.#take(LENGTH_BYTES)
    return bytes && storedLength(bytes, 0)
  }

  /** So many bytes, once they are there. */
  #take (count: number): Uint8Array | undefined {
    const end = this.#at + count - this.#head.byteLength
    this.#head = join([this.#head, this.#input.subarray(this.#at, end)])
    this.#at = Math.min(end, this.#input.byteLength)
    if (this.#head.byteLength < count) return undefined
    const bytes = this.#head
    this.#head = NOTHING
    return bytes
  }

  #check (): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail (error: Error): never {
    this.#failure ??= error
    throw error
  }
}

const NOTHING = new Uint8Array(0)
