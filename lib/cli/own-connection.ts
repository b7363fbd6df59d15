import type { ClientState } from '../relay/index.js'
import { asError } from '../stream/index.js'

/** Our own connection to the relay: whether there is one, and why not. */
export class OwnConnection {
  #away = true
  #why: Error | undefined

  /** For `onState` of the client. */
  changed (state: ClientState): void {
    this.#away = state.type === 'waiting' || state.type === 'connecting'
    // while it is made anew, what has ended the last one is still why
    if (state.type === 'waiting') this.#why = state.error
    else if (!this.#away) this.#why = undefined
  }

  /** Why there is none, if there is none; before the first try is over, what has failed for it. */
  lost (failed: unknown): Error | undefined { return this.#away ? this.#why ?? asError(failed) : undefined }
}
