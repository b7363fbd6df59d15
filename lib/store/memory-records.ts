import type { KeyRange } from './interface.js'
import type { Records } from './scope.js'

/** Keys as texts of one unit a byte, whose order is that of the bytes. */
export class MemoryRecords implements Records {
  readonly #values = new Map<string, Uint8Array>()
  readonly #sorted: string[] = []
  /** What stood there before, in the order of the changes. */
  #changes: Array<readonly [key: string, before: Uint8Array | undefined]> = []

  get (key: Uint8Array): Uint8Array | undefined {
    const value = this.#values.get(textOf(key))
    return value === undefined ? undefined : new Uint8Array(value)
  }

  page ({ from, to }: KeyRange, after: Uint8Array | undefined, limit: number): Uint8Array[] {
    const end = this.#indexOf(textOf(to))
    const last = after === undefined ? undefined : textOf(after)
    let start = this.#indexOf(last ?? textOf(from))
    if (last !== undefined && this.#sorted[start] === last) start++
    return this.#sorted.slice(start, Math.max(start, Math.min(end, start + limit))).map(keyOf)
  }

  set (key: Uint8Array, value: Uint8Array): void {
    this.#change(textOf(key), new Uint8Array(value))
  }

  delete (key: Uint8Array): void {
    this.#change(textOf(key), undefined)
  }

  /** Changes since they were kept. */
  get changes (): number { return this.#changes.length }

  /** The keys that those changes are of, as texts, and what stands there now. */
  changed (): Map<string, Uint8Array | undefined> {
    return new Map(this.#changes.map(([key]) => [key, this.#values.get(key)]))
  }

  /** Takes back all changes but the first ones. */
  undo (but = 0): void {
    for (const [key, before] of this.#changes.splice(but).reverse()) this.#put(key, before)
  }

  keep (): void {
    this.#changes = []
  }

  #change (key: string, value: Uint8Array | undefined): void {
    this.#changes.push([key, this.#values.get(key)])
    this.#put(key, value)
  }

  #put (key: string, value: Uint8Array | undefined): void {
    const known = this.#values.has(key)
    if (value !== undefined && !known) this.#sorted.splice(this.#indexOf(key), 0, key)
    if (value === undefined && known) this.#sorted.splice(this.#indexOf(key), 1)
    if (value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
  }

  /** Where a key is, or would be. */
  #indexOf (key: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = low + high >>> 1
      if ((this.#sorted[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The bytes of a key. */
export function keyOf (text: string): Uint8Array {
  return Uint8Array.from(text, unit => unit.charCodeAt(0))
}

/** The text of a key. */
export function textOf (key: Uint8Array): string {
  // spreading would go through an iterator, which takes most of a small write
  return Reflect.apply(String.fromCharCode, undefined, key) as string
}
