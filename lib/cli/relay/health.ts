import type { RelayEvent } from '../../relay/server/index.js'
import type { Health } from '../../relay/metrics/index.js'
import type { Store } from '../../store/index.js'
import { failureCode } from '../errors.js'

/** A key that there is not. */
const NO_KEY = new TextEncoder().encode('health')
/** What a store fails with that is no caller's doing. */
const STORE = /^ERR_STORE_(SPACE|READ_ONLY|FAILED|IO|DAMAGED|CLOSED)$/

/** How the relay is, by what its store did last. */
export class RelayHealth {
  readonly #store: Store
  readonly #draining: () => boolean
  #failing = false

  constructor (store: Store, draining: () => boolean) {
    this.#store = store
    this.#draining = draining
  }

  /** Told of every event. */
  note (event: RelayEvent): void {
    if ('error' in event && event.error !== undefined && STORE.test(failureCode(event.error))) this.#failing = true
    else if (event.type === 'mail-stored' || event.type === 'registered' || event.type === 'mail-taken') this.#failing = false
  }

  async ask (): Promise<Health> {
    const works = await this.#store.read(view => view.get(NO_KEY)).then(() => true, () => false)
    const healthy = works && !this.#failing && !this.#draining()
    return { healthy, ready: healthy }
  }
}
