import { join, type MaybePromise } from '../stream/index.js'
import { adler32 } from './adler32.js'
import { zlibError } from './errors.js'
import type { RawInflater, Zlib } from './interface.js'
import { storedLength } from './stored.js'
import { Window } from './window.js'

/** Bytes of output at a time, at the most. */
const CHUNK = 262_144
const DEFLATE = 8
const MAX_WINDOW = 7
const HAS_DICTIONARY = 0x20

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
  /** The beginning of a header whose end has not come. */
  #head: Uint8Array = NOTHING
  /** Content of the stored block that has not come. */
  #left = 0
  #last = false
  #sum = 1
  /** What has come out of stored blocks, for a compressed one to reach back to. */
  #window: Window | undefined
  #raw: RawInflater | undefined
  #destroyed = false

  constructor (zlib: Zlib) {
    this.#zlib = zlib
  }

  /** Gives the next piece of input, which must stay as it is until `read` has answered undefined. Only then comes the next. */
  write (bytes: Uint8Array): void {
    this.#check()
    if (this.#state === 'raw') this.#raw?.write(bytes)
    else this.#input = bytes
  }

  /**
   * The next piece of output, at most 256 KiB, the caller's to keep; undefined when the input is used up.
   *
   * @throws ERR_ZLIB_DATA, ERR_ZLIB_DICTIONARY, or ERR_ZLIB_TRAILING when input goes on after the stream
   */
  read (): MaybePromise<Uint8Array | undefined> {
    this.#check()
    const stored = this.#stored()
    if (stored !== undefined) return stored
    return this.#state === 'raw' ? this.#readRaw() : undefined
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
    this.#destroyed = true
    this.#raw?.destroy()
  }

  /** The content of all stored blocks that the input has next, as one. */
  #stored (): Uint8Array | undefined {
    const pieces: Uint8Array[] = []
    let length = 0
    while (length < CHUNK && this.#advance()) {
      const piece = this.#take(Math.min(this.#left, CHUNK - length))
      if (piece.byteLength === 0) break
      this.#left -= piece.byteLength
      this.#keep(piece)
      pieces.push(piece)
      length += piece.byteLength
    }
    return length === 0 ? undefined : join(pieces)
  }

  /** For the checksum, and for compressed blocks to reach back to. */
  #keep (stored: Uint8Array): void {
    this.#sum = adler32(this.#sum, stored)
    this.#window ??= new Window()
    this.#window.push(stored)
  }

  /** Goes on to stored content; false when what comes next is none, or has not come. */
  #advance (): boolean {
    while (this.#state !== 'content' || this.#left === 0) {
      if (this.#state === 'raw' || !this.#step()) return false
    }
    return true
  }

  /** Reads what comes next, unless it has not come. */
  #step (): boolean {
    switch (this.#state) {
      case 'header': return this.#read(2, bytes => { this.#begin(bytes) })
      case 'block': return this.#beginBlock()
      case 'length': return this.#read(4, bytes => { this.#beginContent(bytes) })
      case 'checksum': return this.#read(4, bytes => { this.#finish(bytes) })
      case 'over':
        if (this.#input.byteLength > 0) throw zlibError('ERR_ZLIB_TRAILING')
        return false
      default:
        this.#state = this.#last ? 'checksum' : 'block'
        return true
    }
  }

  #begin (bytes: Uint8Array): void {
    const [method, flags] = bytes as Uint8Array & [number, number]
    if ((method & 15) !== DEFLATE || method >> 4 > MAX_WINDOW || (method * 256 + flags) % 31 !== 0) throw zlibError('ERR_ZLIB_DATA')
    if ((flags & HAS_DICTIONARY) !== 0) throw zlibError('ERR_ZLIB_DICTIONARY')
    this.#state = 'block'
  }

  /** RFC 1951, 3.2.3; what precedes the block has ended with a whole byte. */
  #beginBlock (): boolean {
    const bits = this.#input[0]
    if (bits === undefined) return false
    if ((bits >> 1 & 3) === 0) {
      this.#last = (bits & 1) === 1
      this.#input = this.#input.subarray(1)
      this.#state = 'length'
    } else {
      this.#raw = this.#zlib.rawInflater(this.#window?.take() ?? NOTHING)
      this.#raw.write(this.#input)
      this.#window = undefined
      this.#input = NOTHING
      this.#state = 'raw'
    }
    return true
  }

  #beginContent (bytes: Uint8Array): void {
    const length = storedLength(bytes)
    if (length === undefined) throw zlibError('ERR_ZLIB_DATA')
    this.#left = length
    this.#state = 'content'
  }

  #finish (bytes: Uint8Array): void {
    if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== this.#sum) throw zlibError('ERR_ZLIB_DATA')
    this.#state = 'over'
  }

  #readRaw (): MaybePromise<Uint8Array | undefined> {
    const out = this.#raw?.read()
    return out instanceof Promise ? out.then(bytes => this.#tookRaw(bytes)) : this.#tookRaw(out)
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
    this.#input = rest
    this.#state = 'checksum'
    return this.read()
  }

  /** Gives so many bytes on, once they are there. */
  #read (count: number, use: (bytes: Uint8Array) => void): boolean {
    this.#head = join([this.#head, this.#take(count - this.#head.byteLength)])
    if (this.#head.byteLength < count) return false
    const bytes = this.#head
    this.#head = NOTHING
    use(bytes)
    return true
  }

  /** At most so much of the input. */
  #take (count: number): Uint8Array {
    const taken = this.#input.subarray(0, count)
    this.#input = this.#input.subarray(taken.byteLength)
    return taken
  }

  #check (): void {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
  }
}

const NOTHING = new Uint8Array(0)
