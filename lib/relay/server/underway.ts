import { uuidKey, type Uuid } from '../../bytes/index.js'
import { deferred, delayOf, SparseMap, type Deferred } from '../../stream/index.js'

/** The packets to one target: those that have a place, and those that wait for one. */
interface Lane {
  taken: number
  readonly waiting: Array<Deferred<boolean>>
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
    const done = (): void => {
      this.#count--
      this.#wake()
      if (!this.empty) return
      this.#idle?.resolve()
      this.#idle = undefined
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
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  /**
   * Takes a place among the packets to a target, in the order in which they came: a burst of small ones goes through so, and
   * fills nobody.
   *
   * @returns what gives the place back, or undefined when there was none in time
   */
  async to (target: Uuid): Promise<(() => void) | undefined> {
    const key = uuidKey(target)
    const lane = this.#lanes.get(key) ?? { taken: 0, waiting: [] }
    this.#lanes.set(key, lane)
    if (lane.taken < this.#mostToOne) lane.taken++
    else if (!await this.#turn(lane)) return undefined
    return () => {
      const next = lane.waiting.shift()
      // a place that is handed over is not free in between
      if (next !== undefined) next.resolve(true)
      else if (--lane.taken === 0) this.#lanes.delete(key)
    }
  }

  async #turn (lane: Lane): Promise<boolean> {
    if (this.#over) return false
    const turn = deferred<boolean>()
    lane.waiting.push(turn)
    const timer = setTimeout(() => {
      lane.waiting.splice(lane.waiting.indexOf(turn), 1)
      turn.resolve(false)
    }, delayOf(this.#timeout))
    const mayGo = await turn.promise
    clearTimeout(timer)
    return mayGo
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
