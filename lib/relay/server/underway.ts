import { uuidKey, type Uuid } from '../../bytes/index.js'
import { deferred, type Deferred } from '../../stream/index.js'

/** What one connection has under way: in all, and to each target. */
export class Underway {
  readonly #most: number
  readonly #mostToOne: number
  readonly #targets = new Map<string, number>()
  #count = 0
  #room: Deferred<void> | undefined
  #idle: Deferred<void> | undefined
  #over = false

  constructor (limits: { readonly maxForwarding: number, readonly maxToOne: number }) {
    this.#most = limits.maxForwarding
    this.#mostToOne = limits.maxToOne
  }

  /** True while nothing is. */
  get empty (): boolean { return this.#count === 0 }

  /** Counts a packet until its promise has settled. */
  track (packet: Promise<void>): void {
    this.#count++
    const done = (): void => {
      this.#count--
      this.#wake()
      if (this.empty) this.#idle?.resolve()
    }
    packet.then(done, done)
  }

  /** A promise while so many are under way that no more may be begun. */
  room (): Promise<void> | undefined {
    if (this.#over || this.#count < this.#most) return undefined
    this.#room ??= deferred()
    return this.#room.promise
  }

  /** Resolves when nothing is under way. */
  async idle (): Promise<void> {
    if (this.empty) return
    this.#idle = deferred()
    await this.#idle.promise
  }

  /** Counts a packet to a target. @returns what ends that, or undefined when it may have no more */
  to (target: Uuid): (() => void) | undefined {
    const key = uuidKey(target)
    const count = this.#targets.get(key) ?? 0
    if (count >= this.#mostToOne) return undefined
    this.#targets.set(key, count + 1)
    return () => {
      const left = (this.#targets.get(key) ?? 1) - 1
      if (left === 0) this.#targets.delete(key)
      else this.#targets.set(key, left)
    }
  }

  /** Nobody waits for room any more. */
  end (): void {
    this.#over = true
    this.#wake()
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
