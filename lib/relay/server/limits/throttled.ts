import { deferred, delayOf, letGo, type Duplex } from '../../../stream/index.js'

/**
 * A duplex that is read no faster than is allowed: after each chunk the wait that it costs, so that the other side is made to
 * wait, and nothing is lost. What was not read is not decrypted either.
 *
 * @param charge - bytes that came; milliseconds to wait before the next are read
 */
export function throttled (duplex: Duplex, charge: (bytes: number) => number): Duplex {
  const pause = new Pause()
  return {
    source: { [Symbol.asyncIterator]: () => new Throttled(duplex.source[Symbol.asyncIterator](), charge, pause) },
    sink: source => duplex.sink(source),
    close: () => {
      pause.end()
      return duplex.close()
    },
    abort: reason => {
      pause.end()
      duplex.abort(reason)
    }
  }
}

/** A wait that can be cut short, for good. */
class Pause {
  #ended = false
  #wake: (() => void) | undefined

  async wait (milliseconds: number): Promise<void> {
    if (this.#ended || milliseconds <= 0) return
    const over = deferred()
    const timer = setTimeout(over.resolve, delayOf(milliseconds))
    this.#wake = over.resolve
    await over.promise
    clearTimeout(timer)
  }

  end (): void {
    this.#ended = true
    this.#wake?.()
  }
}

class Throttled implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #charge: (bytes: number) => number
  readonly #pause: Pause
  #owed = 0

  constructor (chunks: AsyncIterator<Uint8Array>, charge: (bytes: number) => number, pause: Pause) {
    this.#chunks = chunks
    this.#charge = charge
    this.#pause = pause
  }

  async next (): Promise<IteratorResult<Uint8Array>> {
    const owed = this.#owed
    this.#owed = 0
    if (owed > 0) await this.#pause.wait(owed)
    const next = await this.#chunks.next()
    if (next.done !== true) this.#owed = this.#charge(next.value.byteLength)
    return next
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    this.#pause.end()
    letGo(this.#chunks)
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator] (): this { return this }
}
