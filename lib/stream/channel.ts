import { type Deferred, deferred } from './deferred.js'
import { streamError } from './errors.js'
import { PolledIterator } from './polling.js'

/** Limits and hooks of a {@link Channel}. */
export interface ChannelOptions<T> {
  /** Bytes from which on a push waits. Default 256 KiB. */
  maxBytes?: number
  /** Items from which on a push waits. Default 1,024. */
  maxItems?: number
  /** Bytes that an item counts for. Default: its `byteLength`, else 0. */
  sizeOf?: (item: T) => number
  /** Called with the bytes of each item that has left the channel, and the item itself unless what waited was discarded. */
  onTake?: (bytes: number, item?: T) => void
  /** May put an item together with the last one that waits, so that a flood of tiny ones is held in few; gives the item that both became. */
  merge?: (last: T, item: T) => T | undefined
}

/**
 * A bounded queue from writers to one reader. An item that is pushed is always taken; the promise that comes
 * back, if any, is to be awaited before the next, so a channel holds its limit and at most one item more a writer.
 * The bytes of an item belong to the channel's reader from then on.
 *
 * @example
 * ```ts
 * import { Channel } from 'hushwire/stream'
 *
 * const channel = new Channel<Uint8Array>({ maxBytes: 65_536 })
 * await channel.push(Uint8Array.of(1, 2, 3))
 * channel.end()
 * for await (const bytes of channel) console.log(bytes.byteLength)
 * ```
 */
export class Channel<T> extends PolledIterator<T> {
  readonly #maxBytes: number
  readonly #maxItems: number
  readonly #sizeOf: (item: T) => number
  readonly #onTake: ((bytes: number, item?: T) => void) | undefined
  readonly #merge: ((last: T, item: T) => T | undefined) | undefined
  #items: T[] = []
  #head = 0
  #bytes = 0
  #state: 'open' | 'ended' | 'failed' | 'returned' = 'open'
  #error: Error | undefined
  #room: Deferred<void> | undefined
  /** Wakes who polls and found nothing. */
  #wake: (() => void) | undefined

  /** @throws ERR_LIMIT_OPTION when a limit is negative or no number */
  constructor (options: ChannelOptions<T> = {}) {
    super()
    this.#maxBytes = options.maxBytes ?? 262_144
    this.#maxItems = options.maxItems ?? 1024
    // one that is no number would lift the limit
    if (!(this.#maxBytes >= 0)) throw streamError('ERR_LIMIT_OPTION', 'maxBytes')
    if (!(this.#maxItems >= 0)) throw streamError('ERR_LIMIT_OPTION', 'maxItems')
    this.#sizeOf = options.sizeOf ?? byteLengthOf
    this.#onTake = options.onTake
    this.#merge = options.merge
  }

  /** Bytes that wait for the reader. */
  get bytes (): number { return this.#bytes }
  /** Items that wait for the reader. */
  get length (): number { return this.#items.length - this.#head }
  /** True when a push would have to wait. */
  get full (): boolean { return this.#bytes >= this.#maxBytes || this.length >= this.#maxItems }
  /** True while items may be pushed and are wanted. */
  get open (): boolean { return this.#state === 'open' }
  /** True when the reader has gone. */
  get returned (): boolean { return this.#state === 'returned' }

  /**
   * Hands an item over. After the reader has gone, it is dropped.
   *
   * @returns a promise when the channel is full now: it resolves when there is room again or nobody wants more
   * @throws ERR_CHANNEL_CLOSED after `end` or `fail`
   */
  push (item: T): Promise<void> | undefined {
    if (this.#state === 'returned') return undefined
    if (this.#state !== 'open') throw streamError('ERR_CHANNEL_CLOSED')
    const last = this.#merge !== undefined && this.length > 0 ? this.#items[this.#items.length - 1] as T : undefined
    const both = last === undefined ? undefined : this.#merge?.(last, item)
    if (both === undefined) {
      this.#items.push(item)
      this.#bytes += this.#sizeOf(item)
    } else {
      this.#items[this.#items.length - 1] = both
      this.#bytes += this.#sizeOf(both) - this.#sizeOf(last as T)
    }
    this.#awake()
    return this.room()
  }

  /** A promise while the channel is full, for those who must wait before they have the next item. */
  room (): Promise<void> | undefined {
    if (!this.full || this.#state !== 'open') return undefined
    this.#room ??= deferred()
    return this.#room.promise
  }

  /** No more comes: the reader gets what is queued, then the end. */
  end (): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#awake()
    this.#wakeWriters()
  }

  /** Fails the channel: the reader gets what is queued (nothing, with `discard`), then the error at every later read. */
  fail (error: Error, options: { discard?: boolean } = {}): void {
    if (this.#state === 'returned' || this.#state === 'failed') return
    if (this.#state === 'ended' && this.length === 0) return
    this.#state = 'failed'
    this.#error = error
    if (options.discard === true) this.#discard()
    this.#awake()
    this.#wakeWriters()
  }

  /** The next item; throws the channel's error once what was queued before it has been read. */
  poll (wake: () => void): IteratorResult<T> | undefined {
    if (this.#head < this.#items.length) return { value: this.#shift(), done: false }
    if (this.#state === 'failed') throw this.#error as Error
    if (this.#state !== 'open') return { value: undefined, done: true }
    this.#wake = wake
    return undefined
  }

  /** The reader wants no more: what is queued is dropped and writers are woken. */
  return (): Promise<IteratorResult<T>> {
    if (this.#state !== 'failed') this.#state = 'returned'
    this.#discard()
    this.#awake()
    this.#wakeWriters()
    return Promise.resolve({ value: undefined, done: true })
  }

  #awake (): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #shift (): T {
    const item = this.#items[this.#head] as T
    // the slot is cleared at once, the array is cut when half of it is empty: an amortised shift
    this.#items[this.#head++] = undefined as T
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head >= 32 && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    const bytes = this.#sizeOf(item)
    this.#bytes -= bytes
    this.#onTake?.(bytes, item)
    if (this.#room !== undefined && !this.full) this.#wakeWriters()
    return item
  }

  #discard (): void {
    const bytes = this.#bytes
    this.#items = []
    this.#head = 0
    this.#bytes = 0
    if (bytes > 0) this.#onTake?.(bytes)
  }

  #wakeWriters (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}

function byteLengthOf (item: unknown): number {
  return (item as { byteLength?: number }).byteLength ?? 0
}
