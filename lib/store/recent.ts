import { join } from '../stream/index.js'

/** Ids of a fixed length in one record, in the order they came; the oldest give way. */
export class Recent {
  readonly #idBytes: number
  #ids: Uint8Array

  /** @param ids - as {@link bytes} gave them */
  constructor (idBytes: number, ids: Uint8Array = new Uint8Array()) {
    this.#idBytes = idBytes
    this.#ids = ids
  }

  get bytes (): Uint8Array { return this.#ids }

  has (id: Uint8Array): boolean {
    for (let at = 0; at < this.#ids.byteLength; at += this.#idBytes) {
      let same = true
      for (let index = 0; same && index < this.#idBytes; index++) same = this.#ids[at + index] === id[index]
      if (same) return true
    }
    return false
  }

  add (id: Uint8Array, most: number): void {
    const all = join([this.#ids, id])
    this.#ids = all.subarray(Math.max(0, all.byteLength - most * this.#idBytes))
  }
}
