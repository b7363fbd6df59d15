import { struct, encode, uint64, uint8 } from '../bytes/index.js'
import { join } from '../stream/index.js'

/** Begins the prologue of a channel whose ends have agreed on anything. */
const LABEL = new TextEncoder().encode('hushwire/noise/1')
const OPTIONS = struct({ flags: uint8, rekeyAfter: uint64 })
const AUTHENTICATED_END = 1
const REKEY = 2

/**
 * The prologue that binds what both ends of a channel must have alike: label (16) | flags u8 | rekeyAfter u64 | the
 * caller's. Without any of it, it is the caller's unchanged.
 */
export function channelPrologue (prologue: Uint8Array | undefined, { end, rekeyAfter }: { end?: string | undefined, rekeyAfter?: number | undefined }): Uint8Array {
  const own = prologue ?? new Uint8Array(0)
  const flags = (end === 'authenticated' ? AUTHENTICATED_END : 0) | (rekeyAfter === undefined ? 0 : REKEY)
  return flags === 0 ? own : join([LABEL, encode(OPTIONS, { flags, rekeyAfter: BigInt(rekeyAfter ?? 0) }), own])
}
