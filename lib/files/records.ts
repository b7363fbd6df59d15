import { fixedBytes, slice, struct, uint32, uint64, uint8, decode, encode, bytes as blob, type Schema } from '../bytes/index.js'
import { ByteQueue } from '../stream/index.js'
import { filesError } from './errors.js'

/** The version that an offer begins with. */
export const FILES_VERSION = 1
/** Bytes of a SHA-256. */
export const HASH_BYTES = 32
/** The most content that one record has. */
export const MAX_DATA_BYTES = 1_048_576
/** No entry in particular. */
export const NO_ENTRY = 0xffff_ffff

const HEADER_BYTES = 5

/** How much of a file its receiver has, and the hash of that. */
export interface Part {
  readonly index: number
  /** At least 1, at most all of it. */
  readonly bytes: number
  readonly hash: Uint8Array
}

/** What is said on the stream of a transfer, see docs/protocol.md. `data` may come in pieces. */
export type FilesRecord =
  | { readonly type: 'offer', readonly version: number, readonly manifest: Uint8Array }
  | { readonly type: 'file', readonly index: number, readonly from: number }
  | { readonly type: 'data', readonly bytes: Uint8Array }
  | { readonly type: 'sum', readonly hash: Uint8Array }
  | { readonly type: 'skip', readonly index: number, readonly code: number }
  | { readonly type: 'end' }
  | { readonly type: 'accept', readonly done: Uint8Array, readonly parts: readonly Part[] }
  | { readonly type: 'refuse', readonly code: number, readonly index: number }
  | { readonly type: 'done', readonly index: number }
  | { readonly type: 'failed', readonly index: number, readonly code: number }
  | { readonly type: 'finished' }
  | { readonly type: 'alive' }

type Type = FilesRecord['type']
type Of<T extends Type> = Omit<Extract<FilesRecord, { type: T }>, 'type'>

/** A whole number as u64. */
const length: Schema<number> = {
  minBytes: 8,
  write: (output, value) => { uint64.write(output, BigInt(value)) },
  read: input => {
    const value = uint64.read(input)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw filesError('ERR_FILES_PROTOCOL', 'a length above 2^53')
    return Number(value)
  }
}
/** All that is left of the record. */
const rest: Schema<Uint8Array> = {
  minBytes: 0,
  write: (output, value) => { output.append(value) },
  read: input => input.takeView(input.left)
}

/** Number and layout of each record. */
const LAYOUTS: { readonly [T in Type]: { readonly number: number, readonly layout: Schema<Of<T>> } } = {
  offer: { number: 1, layout: struct({ version: uint8, manifest: rest }) },
  file: { number: 2, layout: struct({ index: uint32, from: length }) },
  data: { number: 3, layout: struct({ bytes: rest }) },
  sum: { number: 4, layout: struct({ hash: fixedBytes(HASH_BYTES) }) },
  skip: { number: 5, layout: struct({ index: uint32, code: uint8 }) },
  end: { number: 6, layout: struct({}) },
  accept: { number: 16, layout: struct({ done: blob, parts: slice(struct({ index: uint32, bytes: length, hash: fixedBytes(HASH_BYTES) })) }) },
  refuse: { number: 17, layout: struct({ code: uint8, index: uint32 }) },
  done: { number: 18, layout: struct({ index: uint32 }) },
  failed: { number: 19, layout: struct({ index: uint32, code: uint8 }) },
  finished: { number: 20, layout: struct({}) },
  alive: { number: 32, layout: struct({}) }
}
const BY_NUMBER: ReadonlyMap<number, Type> = new Map((Object.keys(LAYOUTS) as Type[]).map(type => [LAYOUTS[type].number, type]))

/** What each end may say. */
export const SENDERS: ReadonlySet<Type> = new Set<Type>(['offer', 'file', 'data', 'sum', 'skip', 'end', 'alive'])
export const RECEIVERS: ReadonlySet<Type> = new Set<Type>(['accept', 'refuse', 'done', 'failed', 'finished', 'alive'])

/** The bytes of a record, new memory. */
export function encodeRecord (record: FilesRecord): Uint8Array {
  const { number, layout } = LAYOUTS[record.type] as { number: number, layout: Schema<object> }
  return framed(number, encode(layout, record))
}

/** A record of content, whose bytes are copied. */
export function encodeData (bytes: Uint8Array): Uint8Array {
  return framed(LAYOUTS.data.number, bytes)
}

function framed (number: number, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER_BYTES + body.byteLength)
  record[0] = number
  new DataView(record.buffer).setUint32(1, body.byteLength)
  record.set(body, HEADER_BYTES)
  return record
}

/** Cuts what comes into records. Content is given out as it comes, so that no more than one other record is ever held. */
export class RecordReader {
  readonly #expected: ReadonlySet<Type>
  readonly #maxBytes: number
  readonly #queue = new ByteQueue()
  #piece: Uint8Array = NONE
  #type: Type | undefined
  /** Bytes of the record that have not been taken. */
  #left = 0

  /** @param maxBytes - of a record other than `data` */
  constructor (expected: ReadonlySet<Type>, maxBytes: number) {
    this.#expected = expected
    this.#maxBytes = maxBytes
  }

  /** Gives the next piece, which stays as it is until `read` has answered undefined. */
  push (piece: Uint8Array): void {
    this.#piece = piece
  }

  /**
   * The next record, or undefined when more is needed. Its bytes are views that are good until the next call.
   *
   * @throws ERR_FILES_PROTOCOL
   */
  read (): FilesRecord | undefined {
    if (this.#type === undefined) {
      if (!this.#has(HEADER_BYTES)) return undefined
      this.#begin(this.#take(HEADER_BYTES))
    }
    if (this.#type === 'data') return this.#data()
    if (!this.#has(this.#left)) return undefined
    const type = this.#type as Type
    const body = this.#take(this.#left)
    this.#type = undefined
    return decodeRecord(type, body)
  }

  /** Says that no more comes. @throws ERR_FILES_PROTOCOL inside a record */
  end (): void {
    if (this.#type !== undefined || this.#queue.length > 0) throw filesError('ERR_FILES_PROTOCOL', 'the stream ends within a record')
  }

  #begin (header: Uint8Array): void {
    const type = BY_NUMBER.get(header[0] as number)
    const size = new DataView(header.buffer, header.byteOffset).getUint32(1)
    if (type === undefined || !this.#expected.has(type)) throw filesError('ERR_FILES_PROTOCOL', `a record of type ${header[0]}`)
    const most = type === 'data' ? MAX_DATA_BYTES : this.#maxBytes
    if (size > most || type === 'data' && size === 0) throw filesError('ERR_FILES_PROTOCOL', `a record of ${size} bytes`)
    this.#type = type
    this.#left = size
  }

  #data (): FilesRecord | undefined {
    if (this.#piece.byteLength === 0) return undefined
    const bytes = this.#piece.subarray(0, this.#left)
    this.#piece = this.#piece.subarray(bytes.byteLength)
    this.#left -= bytes.byteLength
    if (this.#left === 0) this.#type = undefined
    return { type: 'data', bytes }
  }

  /** True when so many bytes are there; otherwise what there is is kept. */
  #has (count: number): boolean {
    if (this.#queue.length + this.#piece.byteLength >= count) return true
    // a copy, since the piece is its producer's again
    this.#queue.push(new Uint8Array(this.#piece))
    this.#piece = NONE
    return false
  }

  #take (count: number): Uint8Array {
    if (this.#queue.length === 0) {
      const taken = this.#piece.subarray(0, count)
      this.#piece = this.#piece.subarray(count)
      return taken
    }
    const missing = count - this.#queue.length
    if (missing > 0) {
      this.#queue.push(new Uint8Array(this.#piece.subarray(0, missing)))
      this.#piece = this.#piece.subarray(missing)
    }
    return this.#queue.takeJoined(count)
  }
}

function decodeRecord (type: Type, body: Uint8Array): FilesRecord {
  try {
    return { type, ...decode(LAYOUTS[type].layout as Schema<object>, body) } as FilesRecord
  } catch (error) {
    throw filesError('ERR_FILES_PROTOCOL', `a record of type ${LAYOUTS[type].number} that cannot be read`, error)
  }
}

const NONE = new Uint8Array(0)
