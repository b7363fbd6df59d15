/**
 * Bytes of a try: short enough to cost nothing, long enough to see whether data shrinks, and few enough for zlib to make one block of
 * them, which it stores when they do not: so the other side has nothing to inflate.
 */
const PROBE = 16_000
/** Bytes of a step while data shrinks. */
const PACK = 65_536
/** Bytes that are stored after the first try that failed; each further one doubles it, up to the last. */
const FIRST_REST = 131_072
const LONGEST_REST = 8_388_608
/** Output of input from which on data counts as not shrinking. */
const SHRINKS = 0.93

/** Data is looked at in parts of this many bytes while it is stored, */
const PART = 65_536
/** by one byte in so many, */
const STRIDE = 256
/** and shrinks plainly when fewer byte values than this are among the 256: about 162 are of random bytes, under 90 of text. */
const PLAIN = 120

/** What to do with the next bytes: at which level, for how many at the most, and whether to flush when they are complete, to see what they came to. */
export interface Step {
  readonly level: number
  readonly bytes: number
  readonly measure: boolean
}

/**
 * Decides, piece by piece, whether compressing pays. It starts with a short try; data that does not shrink is
 * stored, with a try at once where it looks plain again, and else now and then at growing distances, since data can
 * shrink that does not look so (what repeats itself).
 */
export class Adaptive {
  readonly #level: number
  #state: 'try' | 'pack' | 'rest' = 'try'
  /** Bytes that are left of a try or a rest. */
  #left = PROBE
  #rest = FIRST_REST
  #input = 0
  #output = 0

  /** @param level - for data that shrinks, 0 to 9; 0 stores everything */
  constructor (level: number) {
    this.#level = level
  }

  /** What to do next, with a look at what comes. A step may be taken in parts. */
  next (upcoming: Uint8Array = NOTHING): Step {
    if (this.#level === 0) return { level: 0, bytes: Infinity, measure: false }
    if (this.#state === 'rest') {
      const stored = untilPlain(upcoming)
      if (stored > 0 || upcoming.byteLength === 0) return { level: 0, bytes: Math.min(this.#left, stored || Infinity), measure: false }
      this.#enter('try', PROBE)
    }
    if (this.#state === 'try') return { level: this.#level, bytes: this.#left, measure: true }
    return { level: this.#level, bytes: PACK - this.#input, measure: false }
  }

  /** How many bytes went in, and how many came out (for a whole try: with those of the flush). */
  report (input: number, output: number): void {
    if (this.#level === 0) return
    this.#left -= input
    this.#input += input
    this.#output += output
    if (this.#state === 'pack' ? this.#input >= PACK : this.#left <= 0) this.#judge()
  }

  #judge (): void {
    if (this.#state === 'rest') {
      this.#enter('try', PROBE)
    } else if (this.#output < this.#input * SHRINKS) {
      this.#rest = FIRST_REST
      this.#enter('pack', PACK)
    } else {
      this.#enter('rest', this.#rest)
      this.#rest = Math.min(this.#rest * 2, LONGEST_REST)
    }
  }

  #enter (state: 'try' | 'pack' | 'rest', bytes: number): void {
    this.#state = state
    this.#left = bytes
    this.#input = 0
    this.#output = 0
  }
}

const NOTHING = new Uint8Array(0)

/** Bytes before the first part that looks plain. */
function untilPlain (bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.byteLength && !looksPlain(bytes, at)) at += PART
  return Math.min(at, bytes.byteLength)
}

/** A short rest of a part tells too little to be looked at. */
function looksPlain (bytes: Uint8Array, start: number): boolean {
  if (bytes.byteLength - start < PART) return false
  const seen = new Uint8Array(256)
  let values = 0
  for (let at = start; at < start + PART; at += STRIDE) {
    const value = bytes[at] as number
    if (seen[value] === 0) values++
    seen[value] = 1
  }
  return values < PLAIN
}
