import { SparseMap } from '../../stream/index.js'

/**
 * The keys of the peers that one connection has exchanged packets with. Of more than so many, one that has not been met again since
 * it was last looked at is forgotten, mostly the longest unused. Meeting one again moves nothing: a set whose
 * entries are moved for every packet grows and is laid out anew again and again.
 */
export class Correspondents {
  readonly #most: number
  /** Whether each was met again. In the order in which they are looked at. */
  readonly #again = new SparseMap<string, boolean>()

  constructor (most: number) {
    this.#most = most
  }

  met (key: string): void {
    const again = this.#again.get(key)
    if (again === true) return
    // before the new one is there, or it might be the one that is forgotten
    if (again === undefined && this.#again.size >= this.#most) this.#forget()
    this.#again.set(key, again === false)
  }

  * [Symbol.iterator] (): Generator<string> {
    for (const [key] of this.#again) yield key
  }

  #forget (): void {
    for (const [key, again] of this.#again) {
      this.#again.delete(key)
      if (!again) return
      this.#again.set(key, false)
    }
  }
}
