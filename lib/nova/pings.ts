import { crypto } from '../crypto/index.js'
import { deferred, delayOf, streamError, type Deferred } from '../stream/index.js'
import { CONTROL } from './control.js'
import { getUint32 } from './frame.js'
import type { OutgoingControls } from './outgoing-controls.js'

/** Milliseconds that an answer is waited for. */
const TIMEOUT = 10_000

/** Options of a ping. */
export interface PingOptions {
  /** Milliseconds. Default 10,000. */
  timeout?: number | undefined
}

/** Asks for signs of life, one at a time, and takes the answers. */
export class Pings {
  readonly #controls: OutgoingControls
  #pending: { readonly value: number, readonly sent: number, readonly answer: Deferred<number> } | undefined
  #error: Error | undefined

  constructor (controls: OutgoingControls) {
    this.#controls = controls
  }

  async ping ({ timeout = TIMEOUT }: PingOptions = {}): Promise<number> {
    if (this.#error !== undefined) throw this.#error
    const { answer } = this.#pending ??= this.#ask()
    const late = deferred<never>()
    const timer = setTimeout(() => { late.reject(streamError('ERR_TIMEOUT', 'a ping')) }, delayOf(timeout))
    try {
      return await Promise.race([answer.promise, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** An answer; one that nobody waits for is nothing. */
  answered (value: number): void {
    if (this.#pending?.value !== value) return
    this.#pending.answer.resolve(performance.now() - this.#pending.sent)
    this.#pending = undefined
  }

  fail (error: Error): void {
    this.#error = error
    this.#pending?.answer.reject(error)
    this.#pending = undefined
  }

  #ask (): { value: number, sent: number, answer: Deferred<number> } {
    const value = getUint32(crypto.randomBytes(4), 0)
    this.#controls.add(CONTROL.ping, 0, value)
    return { value, sent: performance.now(), answer: deferred<number>({ handled: true }) }
  }
}
