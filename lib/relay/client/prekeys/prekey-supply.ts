import type { StoreTransaction } from '../../../store/index.js'
import { asError, deferred, pause } from '../../../stream/index.js'
import { Allowance } from './allowance.js'
import { Backoff } from '../connection/backoff.js'
import type { Connection } from '../connection/line.js'
import type { PrekeyRing } from './prekey-ring-options.js'

/** The limits of prekeys that are made for the relay, and their defaults. */
export const SUPPLY_LIMITS = {
  /** Milliseconds after which the prekeys at the relay are looked after, on a connection that lasts. */
  prekeyInterval: 3_600_000,
  /** Prekeys that are made in an hour, beyond those that mail has used up, whatever the relay says of those it has. */
  prekeysHour: 2000
} as const

/** Prekeys used up before the relay is asked how many it has left. */
const USED = 16
/** Publications in a row: a relay that counts wrong must not make us go on for ever. */
const ROUNDS = 16

/** Sees to it that the relay has prekeys to hand out. */
export class PrekeySupply {
  readonly #ring: PrekeyRing
  readonly #interval: number
  readonly #pauses: readonly [min: number, max: number]
  /** Over all connections: a relay that always says that it has none must not make us make pairs for ever. */
  readonly #allowance: Allowance
  /** Resolves when they have been looked after for the first time, whether the relay has taken them or not; rejects when the store has failed. */
  readonly ready: Promise<void>
  readonly #ready = deferred({ handled: true })
  readonly #onFailure: (error: Error) => void
  #used = 0
  #renew: () => void = () => {}

  /** @param onFailure - told of a store that fails, which ends the client as it does where mail is taken */
  constructor (ring: PrekeyRing, limits: Readonly<Record<keyof typeof SUPPLY_LIMITS | 'reconnectMin' | 'reconnectMax', number>>, onFailure: (error: Error) => void) {
    this.#ring = ring
    this.#onFailure = onFailure
    this.ready = this.#ready.promise
    this.#interval = limits.prekeyInterval
    this.#allowance = new Allowance(limits.prekeysHour)
    this.#pauses = [limits.reconnectMin, limits.reconnectMax]
  }

  /** Looks after them while the connection stands. */
  attach (connection: Connection): void {
    void this.#look(connection)
  }

  /** Uses a prekey up, as part of a transaction. @throws what `PrekeyRing.used` does */
  use (transaction: StoreTransaction, prekeyId: Uint8Array, mark: Uint8Array): void {
    const { renew } = this.#ring.used(transaction, prekeyId, mark)
    this.#allowance.give(1)
    if (++this.#used >= USED || renew) this.#renew()
  }

  async #look (connection: Connection): Promise<void> {
    const { ended, hello } = connection
    const backoff = new Backoff(...this.#pauses)
    let { prekeys, lastResort } = hello
    while (!ended.aborted) {
      try {
        this.#used = 0
        lastResort = await this.#publish(connection, prekeys, lastResort)
        backoff.reset()
        this.#ready.resolve()
        await this.#due(ended)
        // nothing is published by this: it only asks how many there are
        prekeys = ended.aborted ? 0 : (await connection.ask('publish', { replace: false, oneTime: [], lastResort: [] })).prekeys
      } catch {
        this.#ready.resolve()
        await pause(Math.max(backoff.next(), 1), ended)
      }
    }
  }

  /** Publishes until nothing is missing; gives the last resort that the relay has then. */
  async #publish (connection: Connection, prekeys: number, lastResort: Uint8Array): Promise<Uint8Array> {
    let [waiting, last] = [prekeys, lastResort]
    for (let round = 0; round < ROUNDS; round++) {
      const publication = await this.#stored(this.#ring.missing(waiting, last, connection.hello.maxPrekeys, this.#allowance.left))
      if (publication === undefined) break
      this.#allowance.take(publication.made)
      waiting = (await connection.ask('publish', publication)).prekeys
      await this.#stored(this.#ring.published(publication))
      last = publication.lastResort[0]?.id ?? last
    }
    return last
  }

  /** What the ring does; a store that fails is told, and no other connection heals it. */
  async #stored<T> (work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.#ready.reject(error)
      this.#onFailure(asError(error))
      throw error
    }
  }

  /** Waits until it is time to look again. */
  async #due (ended: AbortSignal): Promise<void> {
    const early = new AbortController()
    const stop = (): void => { early.abort() }
    this.#renew = stop
    ended.addEventListener('abort', stop, { once: true })
    if (ended.aborted) stop()
    await pause(this.#interval, early.signal)
    ended.removeEventListener('abort', stop)
  }
}
