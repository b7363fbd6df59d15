import { uuidKey, type Uuid } from '../../bytes/index.js'
import { deferred, delayOf, SparseMap, type Deferred, type MaybePromise } from '../../stream/index.js'

/** A packet's place among those to its target. */
export interface Place {
  /** Gives it to the next one that waits. */
  leave(): void
}

/** The packets to one target: those that have a place, and those that wait for one. */
class Lane implements Place {
  taken = 0
  readonly waiting: Array<Deferred<boolean>> = []
  readonly #onEmpty: () => void

  constructor (onEmpty: () => void) {
    this.#onEmpty = onEmpty
  }

  leave (): void {
    const next = this.waiting.shift()
    // a place that is handed over is not free in between
    if (next !== undefined) next.resolve(true)
    else if (--this.taken === 0) this.#onEmpty()
  }
}

/** What one connection has under way: in all, and to each target. */
export class Underway {
  readonly #most: number
  readonly #mostToOne: number
  readonly #timeout: number
  readonly #lanes = new SparseMap<string, Lane>()
  #count = 0
  #room: Deferred<void> | undefined
  #idle: Deferred<void> | undefined
  #over = false
  readonly #done = (): void => {
    this.#count--
    this.#wake()
    if (!this.empty) return
    this.#idle?.resolve()
    this.#idle = undefined
  }

  constructor (limits: { readonly maxForwarding: number, readonly maxToOne: number, readonly turnTimeout: number }) {
    this.#most = limits.maxForwarding
    this.#mostToOne = limits.maxToOne
    this.#timeout = limits.turnTimeout
  }

  /** True while nothing is. */
  get empty (): boolean { return this.#count === 0 }

  /** Counts a packet until its promise has settled. */
  track (packet: Promise<void>): void {
    this.#count++
    packet.then(this.#done, this.#done)
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
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  /**
   * Takes a place among the packets to a target, in the order in which they came: a burst of small ones goes through so, and
   * fills nobody.
   *
   * @returns the place, or undefined when there was none in time; a promise when there is none now
   */
  to (target: Uuid): MaybePromise<Place | undefined> {
    const key = uuidKey(target)
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = new Lane(() => { this.#lanes.delete(key) })
      this.#lanes.set(key, lane)
    }
    if (lane.taken >= this.#mostToOne) return this.#turn(lane)
    lane.taken++
    return lane
  }

  async #turn (lane: Lane): Promise<Place | undefined> {
    if (this.#over) return undefined
    const turn = deferred<boolean>()
    lane.waiting.push(turn)
    const timer = setTimeout(() => {
      lane.waiting.splice(lane.waiting.indexOf(turn), 1)
      turn.resolve(false)
    }, delayOf(this.#timeout))
    const mayGo = await turn.promise
    clearTimeout(timer)
    return mayGo ? lane : undefined
  }

  /** Nobody waits for room any more. */
  end (): void {
    this.#over = true
    for (const [, { waiting }] of this.#lanes) for (const turn of waiting.splice(0)) turn.resolve(false)
    this.#wake()
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
