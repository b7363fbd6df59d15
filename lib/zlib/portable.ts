import {
  ZStream, Z_BUF_ERROR, Z_DATA_ERROR, Z_DEFAULT_STRATEGY, Z_FINISH, Z_FULL_FLUSH, Z_NO_FLUSH, Z_OK, Z_STREAM_END,
  Z_SYNC_FLUSH, zlibDeflate, zlibDeflateEnd, zlibDeflateInit2, zlibInflate, zlibInflateEnd, zlibInflateInit2, zlibInflateSetDictionary
} from 'pako'
import { join } from '../stream/index.js'
import { adler32 } from './adler32.js'
import { checksum, zlibHeader } from './deflater.js'
import { zlibError } from './errors.js'
import { Inflater } from './inflater.js'
import type { RawDeflater, RawInflater, Zlib } from './interface.js'
import { lastBlock, storedBlocks } from './stored.js'

type Flush = Parameters<typeof zlibDeflate>[1]

const CHUNK = 65_536
const METHOD = 8
/** Raw deflate with the whole window of 32 KiB. */
const RAW = -15
const MEMORY = 8

/** The backend over pako. Each call does its work before it comes back. */
export const zlib: Zlib = {
  backend: 'portable',
  rawDeflater: level => new PortableDeflater(level),
  rawInflater: before => new PortableInflater(before),
  deflateSync: (bytes, level) => join([zlibHeader(level), ...level === 0 ? [...storedBlocks(bytes), lastBlock()] : packed(bytes, level), checksum(adler32(1, bytes))]),
  inflateSync: (bytes, maxOutput) => {
    const inflater = new Inflater(zlib)
    try {
      return inflateWhole(inflater, bytes, maxOutput)
    } finally {
      inflater.destroy()
    }
  }
}

function packed (bytes: Uint8Array, level: number): Uint8Array[] {
  const deflater = new PortableDeflater(level)
  const pieces = [...deflater.write(bytes), ...deflater.finish()]
  deflater.destroy()
  return pieces
}

function inflateWhole (inflater: Inflater, bytes: Uint8Array, maxOutput: number): Uint8Array | undefined {
  // over pako it answers at once
  const read = (): Uint8Array | undefined => inflater.read() as Uint8Array | undefined
  const pieces: Uint8Array[] = []
  let length = 0
  inflater.write(bytes)
  for (let piece = read(); piece !== undefined; piece = read()) {
    length += piece.byteLength
    if (length > maxOutput) return undefined
    pieces.push(piece)
  }
  inflater.end()
  return join(pieces)
}

class PortableDeflater implements RawDeflater {
  readonly #strm = new ZStream()
  #destroyed = false

  constructor (level: number) {
    if (zlibDeflateInit2(this.#strm, level, METHOD, RAW, MEMORY, Z_DEFAULT_STRATEGY) !== Z_OK) throw zlibError('ERR_ZLIB_BACKEND')
  }

  write (bytes: Uint8Array): Uint8Array[] { return this.#pack(bytes, Z_NO_FLUSH) }

  flush (forget: boolean): Uint8Array[] { return this.#pack(NOTHING, forget ? Z_FULL_FLUSH : Z_SYNC_FLUSH) }

  finish (): Uint8Array[] { return this.#pack(NOTHING, Z_FINISH) }

  destroy (): void {
    if (this.#destroyed) return
    this.#destroyed = true
    zlibDeflateEnd(this.#strm)
  }

  #pack (bytes: Uint8Array, flush: Flush): Uint8Array[] {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
    const strm = this.#strm
    const out: Uint8Array[] = []
    strm.input = bytes
    strm.next_in = 0
    strm.avail_in = bytes.byteLength
    do {
      strm.output = new Uint8Array(CHUNK)
      strm.next_out = 0
      strm.avail_out = CHUNK
      const status = zlibDeflate(strm, flush)
      if (status !== Z_OK && status !== Z_STREAM_END && status !== Z_BUF_ERROR) throw zlibError('ERR_ZLIB_BACKEND')
      if (strm.next_out > 0) out.push(strm.output.slice(0, strm.next_out))
    } while (strm.avail_out === 0)
    return out
  }
}

class PortableInflater implements RawInflater {
  readonly #strm = new ZStream()
  #output = new Uint8Array(CHUNK)
  #destroyed = false
  rest: Uint8Array | undefined

  constructor (before: Uint8Array) {
    if (zlibInflateInit2(this.#strm, RAW) !== Z_OK || zlibInflateSetDictionary(this.#strm, before) !== Z_OK) throw zlibError('ERR_ZLIB_BACKEND')
  }

  write (bytes: Uint8Array): void {
    this.#strm.input = bytes
    this.#strm.next_in = 0
    this.#strm.avail_in = bytes.byteLength
  }

  read (): Uint8Array | undefined {
    if (this.#destroyed) throw zlibError('ERR_ZLIB_DESTROYED')
    if (this.rest !== undefined) return undefined
    const strm = this.#strm
    strm.output = this.#output
    strm.next_out = 0
    strm.avail_out = CHUNK
    const status = zlibInflate(strm, Z_NO_FLUSH)
    if (status === Z_DATA_ERROR) throw zlibError('ERR_ZLIB_DATA')
    if (status === Z_STREAM_END) this.rest = strm.input.subarray(strm.next_in)
    else if (status !== Z_OK && status !== Z_BUF_ERROR) throw zlibError('ERR_ZLIB_BACKEND')
    return strm.next_out > 0 ? this.#output.slice(0, strm.next_out) : undefined
  }

  destroy (): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#output = NOTHING
    zlibInflateEnd(this.#strm)
  }
}

const NOTHING = new Uint8Array(0)
