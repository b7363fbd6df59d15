import { muxerError } from './muxer-errors.js'

/** Bytes that each direction of a stream may send before any credit has come. */
export const INITIAL_WINDOW = 65_536

/** Bytes that the windows of a connection's streams may grow by, all together. */
export class WindowPool {
  #left: number

  constructor (bytes: number) {
    this.#left = bytes
  }

  /** @returns false when there are not so many left */
  take (bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  /** Brings them back. */
  give (bytes: number): void { this.#left += bytes }
}

/**
 * What the other side may send on a stream: never more than the window beyond what the application has read. It doubles
 * while the reader keeps up and the pool has bytes, so a stalled reader holds a small one.
 */
export class ReceiveWindow {
  readonly #pool: WindowPool
  readonly #most: number
  #size = INITIAL_WINDOW
  /** What may still come. */
  #allowed = INITIAL_WINDOW

  constructor (pool: WindowPool, most: number) {
    this.#pool = pool
    this.#most = most
  }

  /** So many bytes have come. @throws ERR_MUXER_CREDIT when they are more than allowed */
  receive (bytes: number): void {
    if (bytes > this.#allowed) throw muxerError('ERR_MUXER_CREDIT', `${bytes - this.#allowed} bytes`)
    this.#allowed -= bytes
  }

  /**
   * The credit to give now, given back at half a window.
   *
   * @param held - bytes that have come and were not read
   */
  due (held: number): number {
    if (this.#room(held) * 2 < this.#size) return 0
    if (held === 0 && this.#size * 2 <= this.#most && this.#pool.take(this.#size)) this.#size *= 2
    const credit = this.#room(held)
    this.#allowed += credit
    return credit
  }

  /** The stream is over. */
  release (): void {
    this.#pool.give(this.#size - INITIAL_WINDOW)
    this.#size = INITIAL_WINDOW
  }

  #room (held: number): number { return this.#size - this.#allowed - held }
}
