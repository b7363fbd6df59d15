// A Map or Set takes some 200 bytes while it is empty, and a connection has a dozen of them that mostly are.

/** A Map that holds no memory while it is empty. */
export class SparseMap<K, V> {
  #map: Map<K, V> | undefined

  get size (): number { return this.#map?.size ?? 0 }

  get (key: K): V | undefined { return this.#map?.get(key) }
  has (key: K): boolean { return this.#map?.has(key) === true }

  set (key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  delete (key: K): void {
    this.#map?.delete(key)
    if (this.#map?.size === 0) this.#map = undefined
  }

  clear (): void { this.#map = undefined }

  [Symbol.iterator] (): Iterator<[K, V]> { return (this.#map ?? NOTHING)[Symbol.iterator]() as Iterator<[K, V]> }
}

/** A Set that holds no memory while it is empty. */
export class SparseSet<T> {
  #set: Set<T> | undefined

  get size (): number { return this.#set?.size ?? 0 }

  has (item: T): boolean { return this.#set?.has(item) === true }

  add (item: T): void {
    this.#set ??= new Set()
    this.#set.add(item)
  }

  delete (item: T): void {
    this.#set?.delete(item)
    if (this.#set?.size === 0) this.#set = undefined
  }

  clear (): void { this.#set = undefined }

  [Symbol.iterator] (): Iterator<T> { return (this.#set ?? NOTHING)[Symbol.iterator]() as Iterator<T> }
}

const NOTHING: readonly never[] = []
