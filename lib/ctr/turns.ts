import { deferred, type Deferred } from '../stream/index.js'
import { ctrError } from './errors.js'

/**
 * What a party is doing: sending a frame, receiving one, or neither. Where both go on at once (both sides have begun at
 * the same time, or `duplex: 'full'`) it is `send`.
 */
export type CtrState = 'wait' | 'send' | 'receive'

/** Whose turn it is (ctr.md, Behaviour): a local rule, so both sides may begin at once, and then both finish. */
export class Turns {
  readonly #full: boolean
  readonly #stallTimeout: number
  #sending = false
  #receiving = false
  #cause: Error | undefined
  #waiting: Deferred<void> | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  /** True when something has come since the timer last looked: a slow frame has not stopped. */
  #arrived = false

  /** @param stallTimeout - milliseconds without a byte of a frame that is being received, after which its end is not waited for; 0 for ever */
  constructor (full: boolean, stallTimeout: number) {
    this.#full = full
    this.#stallTimeout = stallTimeout
  }

  get state (): CtrState { return this.#sending ? 'send' : this.#receiving ? 'receive' : 'wait' }

  /** Begins to send a frame: at once, or when the promise resolves. It rejects when the other side has stopped, or the link is gone. */
  begin (): Promise<void> | undefined {
    if (this.#cause !== undefined) return Promise.reject(this.#cause)
    if (this.#full || !this.#receiving) {
      this.#sending = true
      return undefined
    }
    this.#waiting = deferred({ handled: true })
    this.#arrived = false
    if (this.#stallTimeout > 0) this.#timer = setInterval(() => { this.#look() }, this.#stallTimeout)
    return this.#waiting.promise
  }

  /** The transport needs the frame no more. */
  sent (): void { this.#sending = false }

  /** Bytes have come. @param inFrame - whether a frame has begun and is not whole */
  received (inFrame: boolean): void {
    this.#receiving = inFrame
    this.#arrived = true
    if (inFrame || this.#waiting === undefined) return
    // whoever waits begins here, between two frames: in a stream of them there might be no other moment
    this.#sending = true
    this.#settle(waiting => { waiting.resolve() })
  }

  /** Nobody gets a turn any more; whoever waits for one gets the reason. */
  abort (reason: Error): void {
    this.#cause ??= reason
    this.#sending = false
    this.#settle(waiting => { waiting.reject(reason) })
  }

  #look (): void {
    if (!this.#arrived) this.#settle(waiting => { waiting.reject(ctrError('ERR_CTR_STALLED', `nothing came for ${this.#stallTimeout} ms`)) })
    this.#arrived = false
  }

  #settle (how: (waiting: Deferred<void>) => void): void {
    clearInterval(this.#timer)
    if (this.#waiting !== undefined) how(this.#waiting)
    this.#waiting = undefined
  }
}
