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

/** Pings that may wait for their answers, with those that were given up: the other side ends a link that asks for many at once. */
const MAX_ASKED = 8

/** A ping that was not answered yet. */
interface Asked {
  readonly value: number
  readonly sent: number
  readonly answer: Deferred<number>
  /** Somebody has given it up. */
  late: boolean
}

/** Asks for signs of life, one at a time unless that is late, and takes the answers. */
export class Pings {
  readonly #controls: OutgoingControls
  /** The oldest first. */
  readonly #asked: Asked[] = []
  #error: Error | undefined

  constructor (controls: OutgoingControls) {
    this.#controls = controls
  }

  async ping ({ timeout = TIMEOUT }: PingOptions = {}): Promise<number> {
    if (this.#error !== undefined) throw this.#error
    const asked = this.#current()
    const late = deferred<never>()
    const giveUp = (): void => {
      asked.late = true
      late.reject(streamError('ERR_TIMEOUT', 'a ping'))
    }
    const timer = setTimeout(giveUp, delayOf(timeout))
    try {
      return await Promise.race([asked.answer.promise, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** An answer; one that nobody waits for is nothing. */
  answered (value: number): void {
    const at = this.#asked.findIndex(asked => asked.value === value)
    if (at < 0) return
    for (const { answer, sent } of this.#asked.splice(at, 1)) answer.resolve(performance.now() - sent)
  }

  fail (error: Error): void {
    this.#error = error
    for (const { answer } of this.#asked.splice(0)) answer.reject(error)
  }

  /** The one that is on its way. Where that was given up, one of its own, whose time is not that of the other. */
  #current (): Asked {
    const last = this.#asked.at(-1)
    return last === undefined || (last.late && this.#asked.length < MAX_ASKED) ? this.#ask() : last
  }

  #ask (): Asked {
    const value = getUint32(crypto.randomBytes(4), 0)
    this.#controls.add(CONTROL.ping, 0, value)
    const asked = { value, sent: performance.now(), answer: deferred<number>({ handled: true }), late: false }
    this.#asked.push(asked)
    return asked
  }
}
