import { muxerError } from './muxer-errors.js'

/** Bytes of the stream id that begins each packet. */
export const ID_LENGTH = 4
/** Bytes of a record, before the content of a data record: kind u8, value u24. */
export const RECORD_LENGTH = 4
/** The largest value of a record. */
export const MAX_VALUE = 0xFF_FFFF

/** The kinds of records; those that Nova's own control records have too bear their numbers. */
export const RECORD = {
  /** So many bytes of the stream follow. */
  data: 0,
  /** The other side may send so many bytes more. */
  credit: 1,
  /** The stream has failed in both directions, with this code; the last record. */
  reset: 2,
  /** No more bytes are wanted. */
  stop: 3,
  /** No more bytes come. */
  end: 4
} as const

/** Why a stream was reset. */
export const RESET_CODES = {
  /** Whoever used it gave it up. */
  aborted: 0,
  /** More streams are open than allowed. */
  refused: 1
} as const

/** What a {@link RecordReader} tells. */
export interface RecordSink {
  /** Bytes of a data record, in the order they came; views of what was read. */
  data(bytes: Uint8Array): void
  /** Any other record. */
  record(kind: number, value: number): void
}

/** Writes a record, without the content of a data record. */
export function encodeRecord (kind: number, value: number): Uint8Array {
  return Uint8Array.of(kind, value >>> 16, value >>> 8, value)
}

/** Writes the id that begins a packet. */
export function encodeId (id: number): Uint8Array {
  return Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id)
}

/** Reads the id that begins a packet. */
export function decodeId (head: Uint8Array): number {
  return new DataView(head.buffer, head.byteOffset, ID_LENGTH).getUint32(0)
}

/** Reads the body of a packet, behind the id, in pieces of any lengths; sans I/O. It holds no content. */
export class RecordReader {
  readonly #sink: RecordSink
  /** Bytes of a record that have come. */
  #come = 0
  #kind = 0
  #value = 0
  /** Bytes of a data record that still come. */
  #left = 0

  constructor (sink: RecordSink) {
    this.#sink = sink
  }

  /** @throws ERR_MUXER_RECORD, or what the sink throws */
  push (piece: Uint8Array): void {
    let at = 0
    while (at < piece.byteLength) {
      if (this.#left > 0) {
        const end = Math.min(piece.byteLength, at + this.#left)
        this.#left -= end - at
        this.#sink.data(piece.subarray(at, end))
        at = end
      } else {
        this.#byte(piece[at++] as number)
      }
    }
  }

  /** The packet has ended. @throws ERR_MUXER_RECORD when it was inside a record */
  end (): void {
    if (this.#left > 0 || this.#come > 0) throw muxerError('ERR_MUXER_RECORD', 'the packet ended inside it')
  }

  #byte (byte: number): void {
    if (this.#come === 0) this.#kind = byte
    else this.#value = this.#value * 256 + byte
    if (++this.#come < RECORD_LENGTH) return
    const [kind, value] = [this.#kind, this.#value]
    this.#come = 0
    this.#value = 0
    check(kind, value)
    if (kind === RECORD.data) this.#left = value
    else this.#sink.record(kind, value)
  }
}

function check (kind: number, value: number): void {
  if (kind > RECORD.end) throw muxerError('ERR_MUXER_RECORD', `kind ${kind}`)
  // credit for nothing, or no data, could come for ever
  const right = kind === RECORD.reset || (kind === RECORD.data || kind === RECORD.credit ? value > 0 : value === 0)
  if (!right) throw muxerError('ERR_MUXER_RECORD', `kind ${kind} of ${value}`)
}
