import { deferred, delayOf, letGo, PolledIterator, polling, type Duplex, type Pollable } from '../../../stream/index.js'

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

class Throttled extends PolledIterator<Uint8Array> {
  readonly #chunks: Pollable<Uint8Array>
  readonly #charge: (bytes: number) => number
  readonly #pause: Pause
  #owed = 0
  /** While it pauses: who is to be woken. */
  #waiting: (() => void) | undefined

  constructor (chunks: AsyncIterator<Uint8Array>, charge: (bytes: number) => number, pause: Pause) {
    super()
    this.#chunks = polling(chunks)
    this.#charge = charge
    this.#pause = pause
  }

  poll (wake: () => void): IteratorResult<Uint8Array> | undefined {
    if (this.#waiting !== undefined || this.#owed > 0) {
      this.#wait(wake)
      return undefined
    }
    const next = this.#chunks.poll(wake)
    if (next?.done === false) this.#owed = this.#charge(next.value.byteLength)
    return next
  }

  async return (): Promise<IteratorResult<Uint8Array>> {
    this.#pause.end()
    letGo(this.#chunks)
    return { value: undefined, done: true }
  }

  #wait (wake: () => void): void {
    const begun = this.#waiting !== undefined
    this.#waiting = wake
    if (begun) return
    void this.#pause.wait(this.#owed).then(() => {
      const waiting = this.#waiting
      this.#waiting = undefined
      this.#owed = 0
      waiting?.()
    })
  }
}
