import { tunnelError } from './errors.js'

/** Bytes of the length that each record begins with. */
const LENGTH_BYTES = 4
/** Views of a piece that are given as they are: each costs more than its bytes where these are few. */
const MAX_VIEWS = 16

/** A record with bytes of the connection, which are copied. @param bytes - at least one */
export function encodeData (bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(LENGTH_BYTES + bytes.byteLength)
  new DataView(record.buffer).setUint32(0, bytes.byteLength)
  record.set(bytes, LENGTH_BYTES)
  return record
}

/** The record that says that the connection was reset behind what came before; the last one of its direction. */
export function encodeReset (): Uint8Array {
  return new Uint8Array(LENGTH_BYTES)
}

/**
 * Takes records apart, in whatever pieces they come. A reset has its place behind the bytes that it followed: that of the stream
 * would overtake them, and the other end would miss what a TCP connection without a tunnel has read by then.
 */
export class RecordReader {
  #length = 0
  #lengthBytes = 0
  /** Bytes of the record that are still to come. */
  #left = 0
  #reset = false

  /** True when a reset has come: there is nothing behind it. */
  get reset (): boolean { return this.#reset }

  /**
   * The bytes of the connection that are in a piece: views of the piece, 16 at the most, and where it has more records
   * than that, the rest as one copy. So a piece of tiny records does not become as many arrays.
   *
   * @throws ERR_TUNNEL_RECORD for anything behind a reset
   */
  read (piece: Uint8Array): Uint8Array[] {
    const content: Uint8Array[] = []
    let rest: ByteSpace | undefined
    for (let at = 0; at < piece.byteLength;) {
      if (this.#reset) throw tunnelError('ERR_TUNNEL_RECORD', 'something behind a reset')
      if (this.#left === 0) {
        this.#takeLength(piece[at++] as number)
        continue
      }
      const bytes = piece.subarray(at, at + this.#left)
      if (content.length < MAX_VIEWS) content.push(bytes)
      else (rest ??= new ByteSpace(piece.byteLength - at)).add(bytes)
      this.#left -= bytes.byteLength
      at += bytes.byteLength
    }
    if (rest !== undefined) content.push(rest.filled)
    return content
  }

  /** The direction has ended. @throws ERR_TUNNEL_RECORD inside a record */
  end (): void {
    if (this.#left > 0 || this.#lengthBytes > 0) throw tunnelError('ERR_TUNNEL_RECORD', 'it is cut short')
  }

  #takeLength (byte: number): void {
    this.#length = this.#length * 256 + byte
    if (++this.#lengthBytes < LENGTH_BYTES) return
    this.#left = this.#length
    this.#reset = this.#length === 0
    this.#length = 0
    this.#lengthBytes = 0
  }
}

/** Bytes that are put together, in room for as many as there can be. */
class ByteSpace {
  readonly #bytes: Uint8Array
  #length = 0

  constructor (most: number) {
    this.#bytes = new Uint8Array(most)
  }

  get filled (): Uint8Array { return this.#bytes.subarray(0, this.#length) }

  add (bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.byteLength
  }
}
