/** Bytes that follow from a number: each run of them begins somewhere else. */
export function contentOf (seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2_654_435_761 >>> 0 | 1
  for (let at = 0; at < length; at++) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export function sameBytes (one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

/** Bytes of what stands before the content of a letter: from, to, number, seed. */
const HEAD_BYTES = 16

/** What a letter says about itself. */
export interface LetterHead {
  readonly from: number
  readonly to: number
  readonly number: number
  readonly seed: number
}

export function encodeLetter ({ from, to, number, seed }: LetterHead, length: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + length)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of [from, to, number, seed].entries()) view.setUint32(4 * index, value)
  bytes.set(contentOf(seed, length), HEAD_BYTES)
  return bytes
}

/** Undefined when it is not what was written. */
export function decodeLetter (bytes: Uint8Array): LetterHead | undefined {
  if (bytes.byteLength < HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const [from = 0, to = 0, number = 0, seed = 0] = [0, 4, 8, 12].map(at => view.getUint32(at))
  return sameBytes(bytes.subarray(HEAD_BYTES), contentOf(seed, bytes.byteLength - HEAD_BYTES)) ? { from, to, number, seed } : undefined
}
