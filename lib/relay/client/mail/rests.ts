import { pause } from '../../../stream/index.js'

/** Pauses that end with their connection: one listener on its signal, however many there are. */
export class Rests {
  /** Those of each connection that has not ended, by its signal. */
  readonly #resting = new Map<AbortSignal, Set<AbortController>>()

  /** Waits so many milliseconds, or until the connection has ended or the signal aborts. Never rejects. */
  async pause (milliseconds: number, ended: AbortSignal, signal: AbortSignal | undefined): Promise<void> {
    if (ended.aborted) return
    const resting = this.#resting.get(ended) ?? this.#restingOn(ended)
    const wake = new AbortController()
    resting.add(wake)
    await pause(milliseconds, wake.signal, signal)
    resting.delete(wake)
  }

  #restingOn (ended: AbortSignal): Set<AbortController> {
    const resting = new Set<AbortController>()
    this.#resting.set(ended, resting)
    ended.addEventListener('abort', () => {
      this.#resting.delete(ended)
      for (const wake of resting) wake.abort()
    }, { once: true })
    return resting
  }
}
