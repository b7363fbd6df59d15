const BASE = 65_521

/** Words that are summed in lanes of 16 bits before one could run over: 16 × 255 in a sum, 8 × 15 × 255 in a sum of sums. */
const BLOCK = 16
/** Words after which the sums are reduced: until then they stay integers of 31 bits. */
const RUN = 40 * BLOCK
const LANES = 0x00ff00ff
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** Adler-32 (RFC 1950) of `bytes` after what `sum` stands for; 1 stands for nothing. Unsigned. */
export function adler32 (sum: number, bytes: Uint8Array): number {
  const start = Math.min(-bytes.byteOffset & 3, bytes.byteLength)
  const words = LITTLE_ENDIAN ? bytes.byteLength - start >>> 2 : 0
  const end = start + words * 4
  const before = bytewise(sum, bytes, 0, start)
  const summed = words === 0 ? before : wordwise(before, new Uint32Array(bytes.buffer, bytes.byteOffset + start, words))
  return bytewise(summed, bytes, end, bytes.byteLength)
}

/** The definition, for as much as fits a run. */
function bytewise (sum: number, bytes: Uint8Array, from: number, to: number): number {
  let a = sum & 0xffff
  let b = sum >>> 16
  for (let i = from; i < to; i++) {
    a = (a + (bytes[i] as number)) % BASE
    b = (b + a) % BASE
  }
  return b * 0x10000 + a
}

/**
 * Four bytes at a time, which is three times as fast. Of a block, `even` holds the sums of its bytes 0 and 2 of each word, `odd` those
 * of 1 and 3, and the sums of sums hold what each word counts once more for every word behind it.
 */
function wordwise (sum: number, words: Uint32Array): number {
  let a = sum & 0xffff
  let b = sum >>> 16
  for (let at = 0; at < words.length;) {
    const run = Math.min(at + RUN, words.length)
    while (at < run) {
      const count = Math.min(BLOCK, run - at)
      let even = 0
      let odd = 0
      let evens = 0
      let odds = 0
      for (const stop = at + count; at < stop; at++) {
        const word = words[at] as number
        evens = evens + even | 0
        odds = odds + odd | 0
        even = even + (word & LANES) | 0
        odd = odd + (word >>> 8 & LANES) | 0
      }
      const [first, second, third, fourth] = [even & 0xffff, odd & 0xffff, even >>> 16, odd >>> 16]
      const behind = (evens & 0xffff) + (evens >>> 16) + (odds & 0xffff) + (odds >>> 16)
      b = b + a * 4 * count + 4 * behind + 4 * first + 3 * second + 2 * third + fourth | 0
      a = a + first + second + third + fourth | 0
    }
    a %= BASE
    b %= BASE
  }
  return b * 0x10000 + a
}
