// A Map or Set takes some 200 bytes while it is empty, and a connection has a dozen of them that mostly are.

/** A Map that holds no memory while it is empty. */
export class SparseMap<K, V> {
  #map: Map<K, V> | undefined

  /** Entries. */
  get size (): number { return this.#map?.size ?? 0 }

  /** The value of a key, undefined when it has none. */
  get (key: K): V | undefined { return this.#map?.get(key) }
  /** Whether a key has a value. */
  has (key: K): boolean { return this.#map?.has(key) === true }

  /** Gives a key its value. */
  set (key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  /** Takes a key away. */
  delete (key: K): void {
    this.#map?.delete(key)
    if (this.#map?.size === 0) this.#map = undefined
  }

  /** Takes all away. */
  clear (): void { this.#map = undefined }

  /** The entries in the order they came. */
  [Symbol.iterator] (): Iterator<[K, V]> { return (this.#map ?? NOTHING)[Symbol.iterator]() as Iterator<[K, V]> }
}

/** A Set that holds no memory while it is empty. */
export class SparseSet<T> {
  #set: Set<T> | undefined

  /** Items. */
  get size (): number { return this.#set?.size ?? 0 }

  /** Whether an item is in it. */
  has (item: T): boolean { return this.#set?.has(item) === true }

  /** Puts an item in. */
  add (item: T): void {
    this.#set ??= new Set()
    this.#set.add(item)
  }

  /** Takes an item away. */
  delete (item: T): void {
    this.#set?.delete(item)
    if (this.#set?.size === 0) this.#set = undefined
  }

  /** Takes all away. */
  clear (): void { this.#set = undefined }

  /** The items in the order they came. */
  [Symbol.iterator] (): Iterator<T> { return (this.#set ?? NOTHING)[Symbol.iterator]() as Iterator<T> }
}

const NOTHING: readonly never[] = []
