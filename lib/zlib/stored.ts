import { adler32 } from './adler32.js'
import type { Deflater } from './interface.js'

/** The header of a stream that was made without compressing (RFC 1950: a window of 32 KiB, the fastest level). */
const HEADER = [0x78, 0x01] as const
/** Bytes before the content of a stored block (RFC 1951, 3.2.4): the flag of the last one, the length and its complement. */
const BLOCK_HEADER = 5
const MAX_BLOCK = 65_535

/**
 * A zlib stream at level 0, whose content is only wrapped: nothing native is made for it, and no call waits for a thread. What is written
 * comes out at once, so there is nothing to flush.
 */
export class StoredDeflater implements Deflater {
  #sum = 1
  #begun = false

  write (bytes: Uint8Array): Uint8Array[] {
    this.#sum = adler32(this.#sum, bytes)
    const out = this.#head()
    for (let at = 0; at < bytes.byteLength; at += MAX_BLOCK) out.push(block(bytes.subarray(at, at + MAX_BLOCK), false))
    return out
  }

  /** Level 0 is the only one that it is made for. */
  setLevel (): Uint8Array[] { return [] }

  flush (): Uint8Array[] { return this.#head() }

  finish (): Uint8Array[] {
    const out = this.#head()
    const sum = new Uint8Array(4)
    new DataView(sum.buffer).setUint32(0, this.#sum)
    out.push(block(new Uint8Array(0), true), sum)
    return out
  }

  destroy (): void {
    // it holds nothing
  }

  #head (): Uint8Array[] {
    if (this.#begun) return []
    this.#begun = true
    return [Uint8Array.from(HEADER)]
  }
}

function block (content: Uint8Array, last: boolean): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER + content.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, last ? 1 : 0)
  view.setUint16(1, content.byteLength, true)
  view.setUint16(3, ~content.byteLength & 0xffff, true)
  bytes.set(content, BLOCK_HEADER)
  return bytes
}
