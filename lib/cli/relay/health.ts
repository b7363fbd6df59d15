import type { RelayEvent } from '../../relay/server/index.js'
import type { Health } from '../../relay/metrics/index.js'
import { storeKey, type Store } from '../../store/index.js'
import { failureCode } from '../errors.js'

/** A key that only the tries here write, and that is never left there. */
const TRIED = storeKey('health')
/** What a store fails with that is no caller's doing. */
const STORE = /^ERR_STORE_(SPACE|READ_ONLY|FAILED|IO|DAMAGED|CLOSED)$/

/** Milliseconds between two reports of a store that fails. */
const TELL_INTERVAL = 60_000

/** How the relay is, by what its store did last. */
export class RelayHealth {
  readonly #store: Store
  readonly #draining: () => boolean
  readonly #onFailure: (code: string) => void
  /** The last failure, until something was written. */
  #failure: RelayEvent | undefined
  #toldAt = -Infinity

  /** @param onFailure - told of a store that fails, once a minute at the most: who runs the relay has to know of it, and everything that is asked fails by it */
  constructor (store: Store, draining: () => boolean, onFailure: (code: string) => void) {
    this.#store = store
    this.#draining = draining
    this.#onFailure = onFailure
  }

  /** Told of every event. */
  note (event: RelayEvent): void {
    if ('error' in event && event.error !== undefined && STORE.test(failureCode(event.error))) this.#failed(event, failureCode(event.error))
    else if (event.type === 'mail-stored' || event.type === 'registered' || event.type === 'mail-taken') this.#failure = undefined
  }

  /** After a failure the store is tried out: nobody is sent to a relay that is not ready, so no mail would show that it works again. */
  async ask (): Promise<Health> {
    const works = await (this.#failure === undefined ? this.#readable() : this.#writable(this.#failure))
    const healthy = works && this.#failure === undefined && !this.#draining()
    return { healthy, ready: healthy }
  }

  #failed (event: RelayEvent, code: string): void {
    this.#failure = event
    if (performance.now() - this.#toldAt < TELL_INTERVAL) return
    this.#toldAt = performance.now()
    this.#onFailure(code)
  }

  #readable (): Promise<boolean> {
    return this.#store.read(view => view.get(TRIED)).then(() => true, () => false)
  }

  async #writable (failure: RelayEvent): Promise<boolean> {
    try {
      await this.#store.write(transaction => {
        transaction.set(TRIED, Uint8Array.of(1))
        transaction.delete(TRIED)
      })
    } catch {
      return false
    }
    // unless there was another one meanwhile
    if (this.#failure === failure) this.#failure = undefined
    return true
  }
}
