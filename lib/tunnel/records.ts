import { tunnelError } from './errors.js'

/** Bytes of the length that each record begins with. */
const LENGTH_BYTES = 4

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
   * The bytes of the connection that are in a piece, as views of it.
   *
   * @throws ERR_TUNNEL_RECORD for anything behind a reset
   */
  read (piece: Uint8Array): Uint8Array[] {
    const content: Uint8Array[] = []
    for (let at = 0; at < piece.byteLength;) {
      if (this.#reset) throw tunnelError('ERR_TUNNEL_RECORD', 'something behind a reset')
      if (this.#left === 0) {
        this.#takeLength(piece[at++] as number)
        continue
      }
      const bytes = piece.subarray(at, at + this.#left)
      content.push(bytes)
      this.#left -= bytes.byteLength
      at += bytes.byteLength
    }
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
