// A Map or Set takes some 200 bytes while it is empty, and a connection has a dozen of them that mostly are; or that hold one
// entry for a moment, for which a Map would be made and thrown away with each packet.

/** A Map that holds no memory while it is empty, and little with one entry. */
export class SparseMap<K, V> {
  /** The entry while there is one alone. */
  #key: K | undefined
  #value: V | undefined
  #single = false
  #map: Map<K, V> | undefined

  /** Entries. */
  get size (): number { return this.#map?.size ?? (this.#single ? 1 : 0) }

  /** The value of a key, undefined when it has none. */
  get (key: K): V | undefined {
    if (this.#map !== undefined) return this.#map.get(key)
    return this.#single && this.#key === key ? this.#value : undefined
  }

  /** Whether a key has a value. */
  has (key: K): boolean { return this.#map?.has(key) ?? (this.#single && this.#key === key) }

  /** Gives a key its value. */
  set (key: K, value: V): void {
    if (this.#map === undefined && (!this.#single || this.#key === key)) {
      this.#single = true
      this.#key = key
      this.#value = value
      return
    }
    this.#map ??= new Map([[this.#key as K, this.#value as V]])
    this.#clearSingle()
    this.#map.set(key, value)
  }

  /** Takes a key away. */
  delete (key: K): void {
    if (this.#key === key) this.#clearSingle()
    this.#map?.delete(key)
    if (this.#map?.size === 0) this.#map = undefined
  }

  /** Takes all away. */
  clear (): void {
    this.#clearSingle()
    this.#map = undefined
  }

  /** The entries in the order they came. */
  [Symbol.iterator] (): Iterator<[K, V]> {
    return (this.#map ?? (this.#single ? [[this.#key as K, this.#value as V] as [K, V]] : NOTHING))[Symbol.iterator]() as Iterator<[K, V]>
  }

  #clearSingle (): void {
    this.#single = false
    this.#key = undefined
    this.#value = undefined
  }
}

/** A Set that holds no memory while it is empty, and little with one item. */
export class SparseSet<T> {
  readonly #items = new SparseMap<T, true>()

  /** Items. */
  get size (): number { return this.#items.size }

  /** Whether an item is in it. */
  has (item: T): boolean { return this.#items.has(item) }

  /** Puts an item in. */
  add (item: T): void { this.#items.set(item, true) }

  /** Takes an item away. */
  delete (item: T): void { this.#items.delete(item) }

  /** Takes all away. */
  clear (): void { this.#items.clear() }

  /** The items in the order they came. */
  * [Symbol.iterator] (): Generator<T> { for (const [item] of this.#items) yield item }
}

const NOTHING: readonly never[] = []
