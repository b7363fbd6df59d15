/** Bytes after which the sums are reduced; 5,552 would still fit 32 bits unsigned, this keeps them small integers. */
const RUN = 3800
const BASE = 65_521

/** Adler-32 (RFC 1950) of `bytes` after what `sum` stands for; 1 stands for nothing. Unsigned. */
export function adler32 (sum: number, bytes: Uint8Array): number {
  let a = sum & 0xffff
  let b = sum >>> 16
  let i = 0
  while (i < bytes.byteLength) {
    const end = Math.min(i + RUN, bytes.byteLength)
    for (; i < end; i++) {
      a += bytes[i] as number
      b += a
    }
    a %= BASE
    b %= BASE
  }
  return (b * 0x10000) + a
}
