import { join } from '../stream/index.js'

/** Begins the prologue of a channel whose ends have agreed on anything. */
const LABEL = new TextEncoder().encode('hushwire/noise/1')
const AUTHENTICATED_END = 1
const REKEY = 2

/**
 * The prologue that binds what both ends of a channel must have alike: label (16) | flags u8 | rekeyAfter u64 | the
 * caller's. Without any of it, it is the caller's unchanged.
 */
export function channelPrologue (prologue: Uint8Array | undefined, { end, rekeyAfter }: { end?: string | undefined, rekeyAfter?: number | undefined }): Uint8Array {
  const own = prologue ?? new Uint8Array(0)
  const flags = (end === 'authenticated' ? AUTHENTICATED_END : 0) | (rekeyAfter === undefined ? 0 : REKEY)
  if (flags === 0) return own
  const options = new DataView(new ArrayBuffer(9))
  options.setUint8(0, flags)
  options.setBigUint64(1, BigInt(rekeyAfter ?? 0))
  return join([LABEL, new Uint8Array(options.buffer), own])
}
