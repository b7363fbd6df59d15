import { type Bytes, deferred, type Deferred, streamError } from '../stream/index.js'

/** How written bytes are cut up again: chunks of a fixed size, or of 1 to `max` bytes drawn from a seed. */
export type Chunking = number | { readonly seed: number, readonly max: number }

/** What goes wrong in one direction. Bytes are counted from its first one, at 0. */
export interface PathFaults {
  /** After so many bytes both sides see a reset. */
  cutAfter?: number | undefined
  /** Turns one bit of a byte around: bit 0 is the lowest. */
  flip?: { readonly byte: number, readonly bit: number } | undefined
  /** From this byte on nothing passes until the promise resolves. */
  stall?: { readonly byte: number, readonly until: Promise<void> } | undefined
}

/** One direction between two ends in memory. */
export interface PathOptions {
  /** Milliseconds from write to arrival. Default 0: at once. */
  latency?: number | undefined
  /** Default: each item as one chunk. */
  chunks?: Chunking | undefined
  /** Bytes that may be under way; a writer waits beyond. Default 65,536. */
  buffer?: number | undefined
  faults?: PathFaults | undefined
}

/** Whom a path brings things to. */
export interface PathEnd {
  chunk(bytes: Uint8Array): void
  end(): void
  /** The fault `cutAfter`. */
  cut(): void
}

interface Parcel {
  /** Nothing stands for the end. */
  bytes: Uint8Array | undefined
  readonly due: number
}

/** One direction of a memory pair: a bounded buffer, a clock, and the faults that were asked for. */
export class Path {
  readonly #latency: number
  readonly #size: () => number
  readonly #buffer: number
  readonly #faults: PathFaults
  #end: PathEnd | undefined
  #parcels: Parcel[] = []
  #held = 0
  #passed = 0
  #paused = false
  #stalled = false
  #released = false
  #destroyed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #room: Deferred<void> | undefined

  constructor (options: PathOptions) {
    this.#latency = options.latency ?? 0
    this.#buffer = options.buffer ?? 65_536
    this.#faults = options.faults ?? {}
    this.#size = sizes(options.chunks)
    if (!(this.#latency >= 0)) throw streamError('ERR_LIMIT_OPTION', 'latency')
    if (!(this.#buffer >= 1)) throw streamError('ERR_LIMIT_OPTION', 'buffer')
  }

  start (end: PathEnd): void { this.#end = end }

  /** Takes a copy; the promise resolves when all of it has found room. */
  write (bytes: Bytes): Promise<void> | undefined {
    if (this.#destroyed) return undefined
    if (this.#held + bytes.byteLength > this.#buffer) return this.#writeSlowly(bytes.subarray())
    this.#accept(bytes instanceof Uint8Array ? new Uint8Array(bytes) : bytes.slice())
    return undefined
  }

  /** The end follows what was written. */
  async end (): Promise<void> {
    this.#send(undefined)
    this.#deliver()
  }

  pause (): void { this.#paused = true }

  resume (): void {
    this.#paused = false
    this.#deliver()
  }

  /** Drops what is under way; nothing arrives any more, and nobody waits for room. */
  destroy (): void {
    this.#destroyed = true
    this.#parcels = []
    this.#held = 0
    clearTimeout(this.#timer)
    this.#room?.resolve()
  }

  async #writeSlowly (bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength && !this.#destroyed;) {
      const room = this.#buffer - this.#held
      if (room > 0) {
        this.#accept(new Uint8Array(bytes.subarray(at, at + room)))
        at += room
      } else {
        this.#room ??= deferred()
        await this.#room.promise
      }
    }
  }

  /** The bytes are ours: cuts them up and sends them. */
  #accept (bytes: Uint8Array): void {
    this.#held += bytes.byteLength
    for (let at = 0; at < bytes.byteLength;) {
      const size = this.#size()
      this.#send(bytes.subarray(at, at + size))
      at += size
    }
    this.#deliver()
  }

  #send (bytes: Uint8Array | undefined): void {
    this.#parcels.push({ bytes, due: this.#latency === 0 ? 0 : performance.now() + this.#latency })
  }

  #deliver (): void {
    for (let parcel = this.#next(); parcel !== undefined; parcel = this.#next()) {
      if (parcel.bytes === undefined) {
        this.#parcels.shift()
        this.#end?.end()
      } else {
        this.#pass(parcel, parcel.bytes)
      }
    }
  }

  /** The first parcel, if it may arrive now. */
  #next (): Parcel | undefined {
    const parcel = this.#parcels[0]
    if (parcel === undefined || this.#paused || this.#stalled || this.#destroyed) return undefined
    const wait = parcel.due - performance.now()
    if (parcel.due === 0 || wait <= 0) return parcel
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#deliver() }, Math.ceil(wait))
    return undefined
  }

  /** Brings bytes up to the next fault. */
  #pass (parcel: Parcel, bytes: Uint8Array): void {
    const { cutAfter = Infinity, stall } = this.#faults
    const stop = Math.min(cutAfter, stall === undefined || this.#released ? Infinity : stall.byte)
    const length = Math.min(bytes.byteLength, stop - this.#passed)
    if (length === bytes.byteLength) this.#parcels.shift()
    else parcel.bytes = bytes.subarray(length)
    if (length > 0) this.#hand(bytes.subarray(0, length))
    if (this.#passed >= cutAfter) this.#end?.cut()
    else if (stall !== undefined && this.#passed >= stop) this.#stall(stall.until)
  }

  #hand (bytes: Uint8Array): void {
    const { flip } = this.#faults
    const at = flip === undefined ? -1 : flip.byte - this.#passed
    if (flip !== undefined && at >= 0 && at < bytes.byteLength) bytes[at] = bytes[at] as number ^ 1 << flip.bit
    this.#passed += bytes.byteLength
    this.#held -= bytes.byteLength
    this.#room?.resolve()
    this.#room = undefined
    this.#end?.chunk(bytes)
  }

  #stall (until: Promise<void>): void {
    this.#stalled = true
    const release = (): void => {
      this.#stalled = false
      this.#released = true
      this.#deliver()
    }
    until.then(release, release)
  }
}

/** The sizes of the chunks, one after another. */
function sizes (chunks: Chunking | undefined): () => number {
  if (chunks === undefined) return () => Infinity
  const max = typeof chunks === 'number' ? chunks : chunks.max
  if (!(Number.isInteger(max) && max >= 1)) throw streamError('ERR_LIMIT_OPTION', 'chunks')
  if (typeof chunks === 'number') return () => max
  const random = mulberry32(chunks.seed)
  return () => 1 + Math.floor(random() * max)
}

/** A small generator of numbers from 0 to 1, the same for the same seed everywhere. */
function mulberry32 (seed: number): () => number {
  let state = seed | 0
  return () => {
    state = state + 0x6d2b79f5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 4_294_967_296
  }
}
