/** Numbers that follow from a seed (Mulberry32): the content of valid encodings is the same at every replay. */
export class Random {
  #state: number

  constructor (seed: number) {
    this.#state = seed | 0
  }

  /** A number from 0 to `max`. */
  nat (max: number): number {
    this.#state = (this.#state + 0x6D2B79F5) | 0
    let bits = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1)
    bits ^= bits + Math.imul(bits ^ bits >>> 7, bits | 61)
    return Math.floor(((bits ^ bits >>> 14) >>> 0) / 2 ** 32 * (max + 1))
  }

  bool (): boolean { return this.nat(1) === 1 }

  pick<T> (list: readonly T[]): T {
    return list[this.nat(list.length - 1)] as T
  }

  bytes (length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.nat(255))
  }

  /** Mostly few bytes, now and then many. */
  content (max: number): Uint8Array {
    return this.bytes(this.nat(this.nat(9) === 0 ? max : Math.min(max, 40)))
  }

  /** So many things, each made anew. */
  many<T> (max: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.nat(max) }, (_, index) => make(index))
  }
}
