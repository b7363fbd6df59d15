import {
  ZStream, Z_DATA_ERROR, Z_DEFAULT_STRATEGY, Z_BUF_ERROR, Z_FINISH, Z_FULL_FLUSH, Z_NEED_DICT, Z_NO_FLUSH, Z_OK, Z_STREAM_END,
  Z_SYNC_FLUSH, zlibDeflate, zlibDeflateEnd, zlibDeflateInit2, zlibInflate, zlibInflateEnd, zlibInflateInit
} from 'pako'
import { join } from '../stream/index.js'
import { adler32 } from './adler32.js'
import { zlibError } from './errors.js'
import type { Deflater, Inflater, Zlib } from './interface.js'

type Flush = Parameters<typeof zlibDeflate>[1]

const CHUNK = 65_536
const METHOD = 8
/** Raw deflate with the whole window of 32 KiB. */
const RAW = -15
const MEMORY = 8
/** The most that one stored block holds. */
const STORED = 65_535

/** The backend over pako. Each call does its work before it comes back. */
export const zlib: Zlib = {
  backend: 'portable',
  deflater: level => new PortableDeflater(level),
  inflater: () => new PortableInflater(),
  deflateSync: (bytes, level) => {
    const deflater = new PortableDeflater(level)
    const pieces = [...deflater.write(bytes), ...deflater.finish()]
    deflater.destroy()
    return join(pieces)
  },
  inflateSync: (bytes, maxOutput) => {
    const inflater = new PortableInflater()
    try {
      return inflateWhole(inflater, bytes, maxOutput)
    } finally {
      inflater.destroy()
    }
  }
}

function inflateWhole (inflater: PortableInflater, bytes: Uint8Array, maxOutput: number): Uint8Array | undefined {
  const pieces: Uint8Array[] = []
  let length = 0
  inflater.write(bytes)
  for (let piece = inflater.read(); piece !== undefined; piece = inflater.read()) {
    length += piece.byteLength
    if (length > maxOutput) return undefined
    pieces.push(piece)
  }
  inflater.end()
  return join(pieces)
}

/**
 * Raw deflate blocks from pako, with the header, stored blocks and the checksum written here: pako has no
 * deflateParams. A full flush before stored blocks makes pako forget its window, so no later match reaches over them.
 */
class PortableDeflater implements Deflater {
  #strm: ZStream | undefined
  /** The level that pako was started with. */
  #packed = 0
  #level: number
  #sum = 1
  #out: Uint8Array[] = [Uint8Array.of(0x78, 0x9c)]
  #destroyed = false

  constructor (level: number) {
    this.#level = level
  }

  write (bytes: Uint8Array): Uint8Array[] {
    this.#check()
    this.#sum = adler32(this.#sum, bytes)
    if (this.#level === 0) this.#store(bytes)
    else this.#pack(bytes, Z_NO_FLUSH)
    return this.#take()
  }

  setLevel (level: number): Uint8Array[] {
    this.#check()
    if (level === this.#level) return []
    this.#level = level
    if (this.#strm !== undefined) this.#pack(new Uint8Array(0), Z_FULL_FLUSH)
    if (level !== 0 && level !== this.#packed) this.#endPack()
    return this.#take()
  }

  flush (): Uint8Array[] {
    this.#check()
    // stored blocks are out already
    if (this.#level !== 0 && this.#strm !== undefined) this.#pack(new Uint8Array(0), Z_SYNC_FLUSH)
    return this.#take()
  }

  finish (): Uint8Array[] {
    this.#check()
    if (this.#level === 0) this.#out.push(storedHeader(0, true))
    else this.#pack(new Uint8Array(0), Z_FINISH)
    const trailer = new Uint8Array(4)
    new DataView(trailer.buffer).setUint32(0, this.#sum)
    this.#out.push(trailer)
    return this.#take()
  }

  destroy (): void {
    this.#destroyed = true
    this.#endPack()
  }

  #store (bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += STORED) {
      const piece = new Uint8Array(bytes.subarray(at, at + STORED))
      this.#out.push(storedHeader(piece.byteLength, false), piece)
    }
  }

  #pack (bytes: Uint8Array, flush: Flush): void {
    const strm = this.#strm ??= this.#start()
    strm.input = bytes
    strm.next_in = 0
    strm.avail_in = bytes.byteLength
    do {
      strm.output = new Uint8Array(CHUNK)
      strm.next_out = 0
      strm.avail_out = CHUNK
      const status = zlibDeflate(strm, flush)
      if (status !== Z_OK && status !== Z_STREAM_END && status !== Z_BUF_ERROR) throw zlibError('ERR_ZLIB_BACKEND')
      if (strm.next_out > 0) this.#out.push(strm.output.slice(0, strm.next_out))
    } while (strm.avail_out === 0)
  }

  #start (): ZStream {
    const strm = new ZStream()
    if (zlibDeflateInit2(strm, this.#level, METHOD, RAW, MEMORY, Z_DEFAULT_STRATEGY) !== Z_OK) throw zlibError('ERR_ZLIB_BACKEND')
    this.#packed = this.#level
    return strm
  }

  #endPack (): void {
    if (this.#strm !== undefined) zlibDeflateEnd(this.#strm)
    this.#strm = undefined
  }

  #take (): Uint8Array[] {
    const out = this.#out
    this.#out = []
    return out
  }

  #check (): void {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
  }
}

/** RFC 1951, 3.2.4: a byte-aligned block header, the length, and its complement, little-endian. */
function storedHeader (length: number, last: boolean): Uint8Array {
  return Uint8Array.of(last ? 1 : 0, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff)
}

class PortableInflater implements Inflater {
  readonly #strm = new ZStream()
  #done = false
  #destroyed = false
  #output = new Uint8Array(CHUNK)

  constructor () {
    if (zlibInflateInit(this.#strm) !== Z_OK) throw zlibError('ERR_ZLIB_BACKEND')
  }

  write (bytes: Uint8Array): void {
    this.#check()
    this.#strm.input = bytes
    this.#strm.next_in = 0
    this.#strm.avail_in = bytes.byteLength
  }

  read (): Uint8Array | undefined {
    this.#check()
    if (this.#done) return this.#afterEnd()
    const strm = this.#strm
    strm.output = this.#output
    strm.next_out = 0
    strm.avail_out = CHUNK
    const status = zlibInflate(strm, Z_NO_FLUSH)
    if (status === Z_NEED_DICT) throw zlibError('ERR_ZLIB_DICTIONARY')
    if (status === Z_DATA_ERROR) throw zlibError('ERR_ZLIB_DATA')
    if (status === Z_STREAM_END) this.#done = true
    else if (status !== Z_OK && status !== Z_BUF_ERROR) throw zlibError('ERR_ZLIB_BACKEND')
    if (strm.next_out > 0) return this.#output.slice(0, strm.next_out)
    return this.#done ? this.#afterEnd() : undefined
  }

  end (): void {
    this.#check()
    if (!this.#done) throw zlibError('ERR_ZLIB_TRUNCATED')
  }

  destroy (): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#output = new Uint8Array(0)
    zlibInflateEnd(this.#strm)
  }

  #afterEnd (): undefined {
    if (this.#strm.avail_in > 0) throw zlibError('ERR_ZLIB_TRAILING')
  }

  #check (): void {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
  }
}
