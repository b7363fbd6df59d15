import fc from 'fast-check'

/** Valid encodings that one run mutates. */
export const CORPUS = 256
/** Chunks that an input is cut into at the most; what is left is the last one. */
const MAX_CHUNKS = 64
/** Half of the positions are among the first bytes, where headers are. */
const HEAD = 48

/** What fast-check draws and shrinks: bytes of anything, or a valid encoding and what is done to it. */
export interface Sample {
  readonly raw?: Uint8Array | undefined
  readonly base: number
  /** The encoding that splices take from. */
  readonly other: number
  readonly mutations: ReadonlyArray<readonly [kind: number, at: number, value: number]>
  /** Lengths of chunks, again and again; none of them = in one piece. */
  readonly cuts: readonly number[]
}

const index = fc.nat(CORPUS - 1)
const mutations = fc.array(fc.tuple(fc.nat(15), fc.nat(0xffff), fc.nat(0xffff)), { maxLength: 4 })
const cuts = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 4 })

export const samples: fc.Arbitrary<Sample> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ base: index, other: index, mutations, cuts }) },
  { weight: 1, arbitrary: fc.record({ raw: fc.uint8Array({ maxLength: 96 }), base: fc.constant(0), other: fc.constant(0), mutations, cuts }) }
)

/** The bytes that a decoder is fed, and the pieces that they come in. */
export class Input {
  readonly bytes: Uint8Array
  readonly #cuts: readonly number[]

  constructor (bytes: Uint8Array, cuts: readonly number[]) {
    this.bytes = bytes
    this.#cuts = cuts
  }

  /** The first byte, which chooses what is decoded, where a target has several things; the rest is for them. */
  choice (of: number): { chosen: number, rest: Uint8Array } {
    return { chosen: (this.bytes[0] ?? 0) % of, rest: this.bytes.subarray(1) }
  }

  /** Pieces of the bytes, or of some of them, copied. */
  * chunks (bytes = this.bytes): Generator<Uint8Array, void> {
    let at = 0
    for (let chunk = 0; chunk < MAX_CHUNKS - 1 && this.#cuts.length > 0 && at < bytes.byteLength; chunk++) {
      const length = this.#cuts[chunk % this.#cuts.length] as number
      yield bytes.slice(at, at + length)
      at += length
    }
    if (at < bytes.byteLength) yield bytes.slice(at)
  }

  /** The pieces as a source whose chunks are its own again at the next `next()`: what was kept without a copy is spoilt then. */
  async * source (bytes = this.bytes): AsyncGenerator<Uint8Array, void> {
    for (const chunk of this.chunks(bytes)) {
      yield chunk
      chunk.fill(0xEE)
    }
  }
}

/** The input of a sample. @param edges - numbers that are written into it, with their neighbours */
export function inputOf (sample: Sample, corpus: readonly Uint8Array[], edges: readonly number[] = []): Input {
  const other = corpus[sample.other % corpus.length] as Uint8Array
  let bytes = new Uint8Array(sample.raw ?? corpus[sample.base % corpus.length] as Uint8Array)
  for (const [kind, at, value] of sample.mutations) bytes = mutated(bytes, other, edges, kind, at, value)
  return new Input(bytes, sample.cuts)
}

function mutated (bytes: Uint8Array<ArrayBuffer>, other: Uint8Array, edges: readonly number[], kind: number, at: number, value: number): Uint8Array<ArrayBuffer> {
  const length = bytes.byteLength
  const place = placeOf(at, length)
  switch (kind) {
    case 0: return bytes.slice(0, place)
    case 1: return joined(bytes, new Uint8Array(value & 63).fill(value >>> 8))
    // a splice: the beginning of this one, the end of the other
    case 2: return joined(bytes.subarray(0, place), other.subarray(placeOf(value, other.byteLength)))
    // a piece goes missing, or comes twice
    case 3: return joined(bytes.subarray(0, place), bytes.subarray(place + 1 + (value & 31)))
    case 4: return joined(bytes.subarray(0, place), bytes.subarray(place - Math.min(place, value & 63)))
    case 5: return joined(bytes, other)
    case 6: case 7: case 8:
      if (length > 0) bytes[place] = value & 0xff
      return bytes
    case 9: case 10: case 11:
      if (length > 0) bytes[place] = (bytes[place] as number) ^ 1 << (value & 7)
      return bytes
    default: return numbered(bytes, edges, place, value)
  }
}

/** Writes a number at which rules may change over what is there, in 1, 2, 4 or 8 bytes. */
function numbered (bytes: Uint8Array<ArrayBuffer>, edges: readonly number[], place: number, value: number): Uint8Array<ArrayBuffer> {
  const width = [1, 2, 4, 4, 4, 8][value % 6] as number
  const numbers = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53, bytes.byteLength - place - width, ...edges.flatMap(edge => [edge - 1, edge, edge + 1])]
  let rest = numbers[(value >>> 4) % numbers.length] as number
  for (let byte = Math.min(place + width, bytes.byteLength) - 1; byte >= place; byte--) {
    bytes[byte] = rest & 0xff
    rest = Math.floor(rest / 256)
  }
  return bytes
}

function placeOf (at: number, length: number): number {
  if (length === 0) return 0
  return at < 0x8000 ? at % Math.min(length, HEAD) : Math.floor((at - 0x8000) / 0x8000 * length)
}

function joined (first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.byteLength + second.byteLength)
  bytes.set(first)
  bytes.set(second, first.byteLength)
  return bytes
}
