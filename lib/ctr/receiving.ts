import { Channel, whole } from '../stream/index.js'
import { ctrError } from './errors.js'
import type { CtrFrame } from './frame.js'
import type { CtrEnd } from './layer.js'

/** A frame within what was received. */
export interface ReceivedFrame {
  readonly code: number
  /** Bytes of it. */
  readonly length: number
}

/** What `receive` gives: verified bytes, however it came out. */
export interface Received {
  /**
   * - `complete`: as many bytes as were asked for.
   * - `partial`: fewer, and nothing is wrong. The next frame is longer than what was left of the request ({@link Received.next}), so many frames have been
   *   gathered as one call takes, or the direction has ended ({@link Received.end}).
   * - `slow`: the timeout passed first; `error` says so.
   * - `corrupt`: the direction has failed; `error` says how, and every later call says it again.
   */
  readonly status: 'complete' | 'partial' | 'slow' | 'corrupt'
  /** Whole frames, one after another: new memory, the caller's. */
  readonly bytes: Uint8Array
  /** The frames that `bytes` is made of, in order; also those without payload. */
  readonly frames: readonly ReceivedFrame[]
  /** Bytes of the frame that waits for the next call, where it was too long for this one. */
  readonly next?: number
  /** How the direction has ended, when nothing more is there. */
  readonly end?: Exclude<CtrEnd, 'open'>
  /** With `slow`, ERR_CTR_SLOW; with `corrupt`, what the direction has failed with. */
  readonly error?: Error
}

/** Options of `receive`. */
export interface ReceiveOptions {
  /** Milliseconds for the whole call. Default 30,000; 0 takes what is there, `Infinity` waits for ever. */
  timeout?: number | undefined
}

const RECEIVE_TIMEOUT = 30_000
const LONGEST_DELAY = 2 ** 31 - 1

/** Frames that have come and wait to be asked for, in a bounded queue, and the calls that gather them. */
export class Receiving {
  readonly #frames: Channel<CtrFrame>
  readonly #maxFrames: number
  readonly #end: () => CtrEnd
  /** The frame that did not fit. */
  #held: CtrFrame | undefined
  #over = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #busy = false

  /**
   * @param limits - bytes and frames that may wait before the stream is not read, and frames that one call gathers
   * @param end - how the layer has ended
   */
  constructor (limits: { readonly receiveBytes: number, readonly receiveFrames: number, readonly gatheredFrames: number }, end: () => CtrEnd) {
    this.#frames = new Channel({ maxBytes: limits.receiveBytes, maxItems: limits.receiveFrames, sizeOf: frame => frame.payload.byteLength })
    this.#maxFrames = limits.gatheredFrames
    this.#end = end
  }

  /** A verified frame; the promise, if any, is there while the queue is full. */
  push (frame: CtrFrame): Promise<void> | undefined {
    const room = this.#frames.open || this.#frames.returned ? this.#frames.push(frame) : undefined
    this.#wake?.()
    return room
  }

  /** No more frames come. */
  end (): void {
    this.#over = true
    this.#frames.end()
    this.#wake?.()
  }

  /** The direction has failed; what has come before can still be received. */
  fail (error: Error): void {
    this.#failure ??= error
    this.#frames.fail(error)
    this.#wake?.()
  }

  /** Nobody wants more: what waits and what comes is dropped. */
  leave (): void {
    this.#held = undefined
    void this.#frames.return()
  }

  /** See `CtrPeer.receive`. */
  async receive (length: number, options: ReceiveOptions = {}): Promise<Received> {
    const given: unknown = options
    if (typeof given !== 'object' || given === null) throw ctrError('ERR_CTR_RECEIVE', 'options are an object')
    const { timeout = RECEIVE_TIMEOUT } = options
    if (!Number.isSafeInteger(length) || length < 0) throw ctrError('ERR_CTR_RECEIVE', 'length')
    if (typeof timeout !== 'number' || !(timeout >= 0) || timeout > LONGEST_DELAY && timeout !== Infinity) throw ctrError('ERR_CTR_RECEIVE', 'timeout')
    if (this.#busy) throw ctrError('ERR_CTR_BUSY', 'receive')
    this.#busy = true
    const clock = new Clock(timeout, () => { this.#wake?.() })
    try {
      return await this.#gather(length, clock)
    } finally {
      clock.stop()
      this.#busy = false
    }
  }

  async #gather (length: number, clock: Clock): Promise<Received> {
    const pieces: Uint8Array[] = []
    const frames: ReceivedFrame[] = []
    let missing = length
    const result = (status: Received['status'], more: Pick<Received, 'next' | 'end' | 'error'> = {}): Received => ({ status, bytes: whole(pieces), frames, ...more })
    while (missing > 0) {
      if (frames.length === this.#maxFrames) return result('partial')
      if (this.#held === undefined && this.#frames.length === 0) {
        // nothing is awaited between this look and the wait, or what comes in between would wake nobody
        if (this.#failure !== undefined) return result('corrupt', { error: this.#failure })
        const end = this.#end()
        if (this.#over && end !== 'open') return result('partial', { end })
        if (clock.passed) return result('slow', { error: ctrError('ERR_CTR_SLOW', `${length - missing} of ${length} bytes`) })
        await this.#change()
        continue
      }
      const frame = this.#held ?? (await this.#frames.next() as IteratorYieldResult<CtrFrame>).value
      this.#held = undefined
      const { code, payload } = frame
      if (payload.byteLength > missing) {
        this.#held = frame
        return result('partial', { next: payload.byteLength })
      }
      missing -= payload.byteLength
      frames.push({ code, length: payload.byteLength })
      for (const piece of payload instanceof Uint8Array ? [payload] : payload) pieces.push(piece)
    }
    return result('complete')
  }

  /** Resolves when there is something new to look at, the time included. */
  #change (): Promise<void> {
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** The time of one call. */
class Clock {
  passed: boolean
  readonly #timer: ReturnType<typeof setTimeout> | undefined

  constructor (timeout: number, onPassed: () => void) {
    this.passed = timeout === 0
    if (timeout === 0 || timeout === Infinity) return
    this.#timer = setTimeout(() => {
      this.passed = true
      onPassed()
    }, timeout)
  }

  stop (): void { clearTimeout(this.#timer) }
}
