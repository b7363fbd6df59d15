import { novaError } from './errors.js'

/** "NOVA". */
export const MAGIC = 0x4E4F5641
/** Bytes of a frame's header. */
export const HEADER_LENGTH = 18
/** Bytes that sealing adds to a content. */
export const TAG_LENGTH = 16
/** Header and content as on the wire, together. */
export const MAX_FRAME = 1_048_576
/** The most content that a frame of plaintext may have so that it still fits when it is sealed. */
export const MAX_PLAINTEXT = MAX_FRAME - HEADER_LENGTH - TAG_LENGTH
/** The last nonce of a packet or frame; nonces never wrap. */
export const LAST_NONCE = 0xFFFF_FFFF

/** What a frame's header says (nova.md, Frame). */
export interface FrameHeader {
  /** Per connection and direction, from 1; 0 for handshake and control. */
  readonly packetNonce: number
  /** Per packet, from 1. */
  readonly frameNonce: number
  /** The last frame of its packet. */
  readonly terminating: boolean
  readonly encrypted: boolean
  /** Bytes of content as on the wire: the sealed length when sealed. */
  readonly size: number
}

/** A frame: what its header says and the content, as a list of pieces that are never written to. */
export interface Frame extends FrameHeader {
  readonly content: readonly Uint8Array[]
}

/** Writes the 18 bytes of a header at `offset` of `into`. */
export function encodeHeader (header: FrameHeader, into: Uint8Array = new Uint8Array(HEADER_LENGTH), offset = 0): Uint8Array {
  putUint32(into, offset, MAGIC)
  putUint32(into, offset + 4, header.size)
  putUint32(into, offset + 8, header.frameNonce)
  putUint32(into, offset + 12, header.packetNonce)
  into[offset + 16] = header.terminating ? 1 : 0
  into[offset + 17] = header.encrypted ? 1 : 0
  return into
}

/**
 * Reads and checks the 18 bytes of a header at `offset`.
 *
 * @throws ERR_FRAME_MAGIC, ERR_FRAME_SIZE, ERR_FRAME_FLAG
 */
export function decodeHeader (bytes: Uint8Array, offset = 0): FrameHeader {
  if (getUint32(bytes, offset) !== MAGIC) throw novaError('ERR_FRAME_MAGIC')
  const size = getUint32(bytes, offset + 4)
  if (size > MAX_FRAME - HEADER_LENGTH) throw novaError('ERR_FRAME_SIZE', `${size} bytes`)
  return {
    size,
    frameNonce: getUint32(bytes, offset + 8),
    packetNonce: getUint32(bytes, offset + 12),
    terminating: flag(bytes, offset + 16),
    encrypted: flag(bytes, offset + 17)
  }
}

function flag (bytes: Uint8Array, offset: number): boolean {
  const value = bytes[offset] as number
  if (value > 1) throw novaError('ERR_FRAME_FLAG', `${value}`)
  return value === 1
}

// By hand, not through the serializer: nova-packets is a quarter slower with it (bench/header.ts); a property
// test holds both to the same bytes.
/** Writes a big-endian u32. */
export function putUint32 (into: Uint8Array, offset: number, value: number): void {
  into[offset] = value >>> 24
  into[offset + 1] = value >>> 16
  into[offset + 2] = value >>> 8
  into[offset + 3] = value
}

/** Reads a big-endian u32. */
export function getUint32 (bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) * 0x100_0000) + (((bytes[offset + 1] as number) << 16) | ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number))
}
