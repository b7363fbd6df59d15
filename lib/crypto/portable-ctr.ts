import { ctr } from '@noble/ciphers/aes.js'
import type { StreamCipher } from './interface.js'
import { checkCounter, checkKey, COUNTER_BYTES, RawKey, wipe } from './keys.js'

/**
 * `aesCtr` over noble, whose cipher is one object for one message: place in the key stream and the unused
 * end of its last block are kept here.
 */
export class PortableStreamCipher implements StreamCipher {
  readonly #key: RawKey
  readonly #counter: Uint8Array
  readonly #left = new Uint8Array(COUNTER_BYTES)
  #leftAt = COUNTER_BYTES

  constructor (key: Uint8Array, counterBlock: Uint8Array) {
    this.#key = new RawKey(new Uint8Array(checkKey(key)))
    this.#counter = new Uint8Array(checkCounter(counterBlock))
  }

  update (bytes: Uint8Array): Uint8Array {
    const key = this.#key.bytes
    const output = new Uint8Array(bytes.byteLength)
    const first = Math.min(COUNTER_BYTES - this.#leftAt, bytes.byteLength)
    for (let at = 0; at < first; at++) output[at] = (bytes[at] as number) ^ (this.#left[this.#leftAt++] as number)
    const rest = bytes.byteLength - first
    if (rest === 0) return output
    // whole blocks: what the input does not fill comes out as plain key stream
    const blocks = Math.ceil(rest / COUNTER_BYTES)
    const padded = new Uint8Array(blocks * COUNTER_BYTES)
    padded.set(bytes.subarray(first))
    const whole = ctr(key, this.#counter).encrypt(padded)
    output.set(whole.subarray(0, rest), first)
    this.#leftAt = COUNTER_BYTES - (whole.byteLength - rest)
    this.#left.set(whole.subarray(-COUNTER_BYTES))
    advance(this.#counter, blocks)
    wipe(padded, whole)
    return output
  }

  destroy (): void {
    this.#key.destroy()
    wipe(this.#counter, this.#left)
  }
}

/** Adds to the counter block, a big-endian number of 128 bits that wraps. */
function advance (counter: Uint8Array, blocks: number): void {
  let carry = blocks
  for (let at = COUNTER_BYTES - 1; at >= 0 && carry > 0; at--) {
    carry += counter[at] as number
    counter[at] = carry
    carry = Math.floor(carry / 256)
  }
}
