/**
 * Counts what is allocated for bytes while a decoder is at work, by standing in for the constructors that do it. What
 * only copies bytes that are there (`slice`), and what OpenSSL and zlib allocate behind them, is not seen.
 */
class Allocations {
  #counting = false
  #largest = 0
  #total = 0

  /** The largest single one since `start`, in bytes. */
  get largest (): number { return this.#largest }
  /** All of them together. */
  get total (): number { return this.#total }

  start (): void {
    this.#largest = 0
    this.#total = 0
    this.#counting = true
  }

  stop (): void { this.#counting = false }

  note (bytes: number): void {
    if (!this.#counting) return
    this.#total += bytes
    if (bytes > this.#largest) this.#largest = bytes
  }
}

export const allocations = new Allocations()

const KINDS = ['ArrayBuffer', 'Uint8Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigUint64Array'] as const
const POOLS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const

/** From now on allocations are seen. Before the modules that are to be watched are loaded. */
export function watchAllocations (): void {
  for (const kind of KINDS) {
    const original = globalThis[kind]
    const width = 'BYTES_PER_ELEMENT' in original ? original.BYTES_PER_ELEMENT : 1
    // a function and no proxy, which would cost more than most decoders
    const watched = function (from: unknown, second: unknown, third: unknown): object {
      // noted before it is tried: one that is refused counts as well
      allocations.note(elements(from) * width)
      return Reflect.construct(original, [from, second, third], new.target === watched ? original : new.target) as object
    }
    Object.defineProperties(watched, { name: { value: kind }, prototype: { value: original.prototype } })
    Reflect.set(globalThis, kind, Object.setPrototypeOf(watched, original))
  }
  for (const pool of POOLS) {
    const original = Buffer[pool].bind(Buffer) as (size: number, ...rest: unknown[]) => Buffer
    Reflect.set(Buffer, pool, (size: number, ...rest: unknown[]) => {
      allocations.note(size)
      return original(size, ...rest)
    })
  }
}

/** Elements of new memory; a view takes none. */
function elements (from: unknown): number {
  if (typeof from === 'number') return from
  return (from as { length?: number } | undefined)?.length ?? 0
}
