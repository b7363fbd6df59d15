import type { Bytes } from '../stream/index.js'
import { ctrError } from './errors.js'

/** Bytes of a header. */
export const HEADER_BYTES = 16

/** A frame as its user sees it. */
export interface CtrFrame {
  /** The upper protocol's, 0 to 2^32 - 1. */
  readonly code: number
  /**
   * Bytes in one piece or as a list of pieces; `payload.subarray()` gives one piece of either. What was received is new
   * memory, the consumer's.
   */
  readonly payload: Bytes
}

/** What a header says (ctr.md, Frame). */
export interface CtrHeader {
  /** Bytes of payload. */
  readonly length: number
  readonly code: number
  readonly sequence: number
}

/** Writes the 16 bytes of a header at the front of `into`, its checksum included. */
export function encodeHeader ({ length, code, sequence }: CtrHeader, into: Uint8Array = new Uint8Array(HEADER_BYTES)): Uint8Array {
  putUint32(into, 0, length)
  putUint32(into, 4, code)
  putUint32(into, 8, sequence)
  putUint32(into, 12, length ^ code ^ sequence)
  return into
}

/** Reads the 16 bytes of a header; undefined when its checksum does not fit. */
export function decodeHeader (bytes: Uint8Array): CtrHeader | undefined {
  const [length, code, sequence] = [getUint32(bytes, 0), getUint32(bytes, 4), getUint32(bytes, 8)]
  return (length ^ code ^ sequence) >>> 0 === getUint32(bytes, 12) ? { length, code, sequence } : undefined
}

/** The code. @throws ERR_CTR_CODE when it is none, or the one that is taken for the end */
export function checkCode (code: number, endCode?: number): number {
  if (!Number.isInteger(code) || code < 0 || code > 0xFFFF_FFFF || code === endCode) throw ctrError('ERR_CTR_CODE', String(code))
  return code
}

function putUint32 (into: Uint8Array, offset: number, value: number): void {
  into[offset] = value >>> 24
  into[offset + 1] = value >>> 16
  into[offset + 2] = value >>> 8
  into[offset + 3] = value
}

function getUint32 (bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 24 | (bytes[offset + 1] as number) << 16 | (bytes[offset + 2] as number) << 8 | (bytes[offset + 3] as number)) >>> 0
}
