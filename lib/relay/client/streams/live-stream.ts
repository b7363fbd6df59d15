import { RESET_CODES, resetCodeOf, resetError, type Peer } from '../../../nova/index.js'
import { asError, deferred, HushwireError, ignore, isSource, leave, letGo, notASource, streamError, type Bytes, type Duplex } from '../../../stream/index.js'

/**
 * A live stream between two peers: a duplex, end-to-end encrypted, that nobody stores. Each direction ends on its own
 * (half-close), and `abort` resets both. A stream lives as long as the connection that it was opened on: when that is
 * lost, both ends throw ERR_RESET_GONE, and it is not resumed.
 */
export interface PeerStream extends Duplex {
  /** Who is at the other end. */
  readonly peer: Peer
  /** What it was opened as. */
  readonly kind: bigint
  /** Resolves when both directions have ended; rejects with what the stream failed with. */
  readonly closed: Promise<void>
}

/** What is sent in one direction: the head at once, then what the sink is given, until it ends or is aborted. */
export class Outgoing implements AsyncIterableIterator<Uint8Array> {
  #head: Uint8Array | undefined
  readonly #given = deferred<AsyncIterable<Bytes> | undefined>()
  #source: AsyncIterator<Bytes> | undefined
  #taken = false
  #failure: Error | undefined
  #over = false
  #interrupt: (error: Error) => void = ignore

  constructor (head: Uint8Array) {
    this.#head = head
  }

  /** What it was aborted with, or its source has thrown. */
  get failure (): Error | undefined { return this.#failure }
  /** True when it has its source. */
  get taken (): boolean { return this.#taken }

  /** Gives it its source, or none for an end without any bytes. */
  give (source: AsyncIterable<Bytes> | undefined): void {
    this.#taken = true
    this.#given.resolve(source)
  }

  next (): Promise<IteratorResult<Uint8Array>> {
    const head = this.#head
    this.#head = undefined
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#over) return Promise.resolve({ value: undefined, done: true })
    if (head !== undefined) return Promise.resolve({ value: head, done: false })
    return new Promise((resolve, reject) => {
      this.#interrupt = reject
      this.#next().then(resolve, (error: unknown) => {
        this.#failure ??= asError(error)
        reject(this.#failure)
      })
    })
  }

  return (): Promise<IteratorResult<Uint8Array>> {
    this.#over = true
    this.#release()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Makes it throw. */
  abort (error: Error): void {
    if (this.#failure !== undefined || this.#over) return
    this.#failure = error
    this.#interrupt(error)
    this.#release()
  }

  async #next (): Promise<IteratorResult<Uint8Array>> {
    this.#source ??= (await this.#given.promise)?.[Symbol.asyncIterator]()
    const result = await this.#source?.next()
    if (result === undefined || result.done === true) {
      this.#over = true
      return { value: undefined, done: true }
    }
    const bytes = result.value
    return { value: bytes instanceof Uint8Array ? bytes : bytes.subarray(), done: false }
  }

  #release (): void {
    if (this.#source !== undefined) letGo(this.#source)
    else void this.#given.promise.then(source => { if (source !== undefined && this.#source === undefined) leave(source) })
  }

  [Symbol.asyncIterator] (): this { return this }
}

/** What a {@link LiveStream} is made of. */
export interface StreamParts {
  readonly peer: Peer
  readonly kind: bigint
  /** What the other side sends, behind its head. */
  readonly incoming: AsyncIterator<Uint8Array>
  /** Tells the other side that no more is wanted, with one of `RESET_CODES`. */
  stop(code: number): void
  readonly outgoing: Outgoing
  /** Settles when everything of `outgoing` was sent. */
  readonly sent: Promise<void>
  /** Milliseconds that `close` waits for the other side's end. */
  readonly closeTimeout: number
}

/** The two directions of a stream as one duplex. */
export class LiveStream implements PeerStream {
  readonly peer: Peer
  readonly kind: bigint
  readonly source: AsyncIterableIterator<Uint8Array>
  readonly #parts: StreamParts
  readonly #read = deferred({ handled: true })
  readonly #written: Promise<void>
  readonly #closed = deferred({ handled: true })
  /** Settles when both directions have ended, however each has: `closed` knows of the first failure. */
  readonly over: Promise<unknown>
  #failure: Error | undefined
  #ended = false
  #hasReader = false
  #interrupt: (error: Error) => void = ignore

  constructor (parts: StreamParts) {
    this.peer = parts.peer
    this.kind = parts.kind
    this.#parts = parts
    this.source = { next: () => this.#asked(), return: () => this.#leave(RESET_CODES.cancelled), [Symbol.asyncIterator]: () => this.source }
    this.#written = parts.sent.catch((error: unknown) => { throw this.#failure ?? parts.outgoing.failure ?? asReset(error) })
    this.over = Promise.allSettled([this.#read.promise, this.#written])
    Promise.all([this.#read.promise, this.#written]).then(() => { this.#closed.resolve() }, this.#closed.reject)
    // half of a stream whose other half was cut off is of no use to anybody, unless the other side has only stopped reading
    this.#written.catch((error: unknown) => { if (!stopped(error)) this.abort(asError(error)) })
  }

  get closed (): Promise<void> { return this.#closed.promise }

  sink (source: AsyncIterable<Bytes>): Promise<void> {
    if (!isSource(source)) return Promise.reject(notASource())
    const refusal = this.#failure ?? (this.#parts.outgoing.taken ? streamError('ERR_SINK_IN_USE') : undefined)
    if (refusal !== undefined) {
      leave(source)
      return Promise.reject(refusal)
    }
    this.#parts.outgoing.give(source)
    return this.#written
  }

  async close (): Promise<void> {
    if (!this.#parts.outgoing.taken) this.#parts.outgoing.give(undefined)
    const timer = setTimeout(() => {
      this.#parts.outgoing.abort(resetError(RESET_CODES.stalled))
      void this.#leave(RESET_CODES.cancelled)
    }, this.#parts.closeTimeout)
    // what nobody reads is read to its end all the same, or the other side could not come to it
    if (!this.#hasReader) this.#discard().catch(ignore)
    await this.#closed.promise.catch(ignore)
    clearTimeout(timer)
  }

  abort (reason: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#parts.outgoing.abort(reason)
    this.#interrupt(reason)
    if (!this.#ended) this.#parts.stop(resetCodeOf(reason))
    this.#ended = true
    this.#read.reject(reason)
    this.#closed.reject(reason)
  }

  #asked (): Promise<IteratorResult<Uint8Array>> {
    this.#hasReader = true
    return this.#next()
  }

  async #discard (): Promise<void> {
    for (let result = await this.#next(); result.done !== true;) result = await this.#next()
  }

  #next (): Promise<IteratorResult<Uint8Array>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve, reject) => {
      this.#interrupt = reject
      this.#parts.incoming.next().then(result => {
        if (result.done === true) this.#end()
        resolve(result)
      }, (error: unknown) => {
        if (this.#ended && this.#failure === undefined) {
          resolve({ value: undefined, done: true })
          return
        }
        const failure = this.#failure ?? asReset(error)
        this.#ended = true
        this.abort(failure)
        reject(failure)
      })
    })
  }

  /** The reader wants no more. */
  #leave (code: number): Promise<IteratorResult<Uint8Array>> {
    if (!this.#ended) this.#parts.stop(code)
    this.#end()
    return Promise.resolve({ value: undefined, done: true })
  }

  #end (): void {
    this.#ended = true
    this.#read.resolve()
  }
}

/** True when the other side has only left reading. */
function stopped (error: unknown): boolean {
  return error instanceof HushwireError && error.code === 'ERR_RESET_CANCELLED'
}

/** What a stream fails with: a reset of the other side, or what is wrong with its bytes; all else is the end of its connection. */
export function asReset (error: unknown): Error {
  const known = error instanceof HushwireError && (error.code.startsWith('ERR_RESET_') || error.layer.startsWith('nova.session') || error.layer === 'zlib')
  if (known) return error
  const gone: Error = resetError(RESET_CODES.gone)
  gone.cause = error
  return gone
}
