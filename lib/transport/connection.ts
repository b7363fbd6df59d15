import { asError, type Bytes, Channel, checkBytes, type Duplex, ignore, isSource, iterable, leave, letGo, nextTurn, notASource, Outcome, type Pollable, polling, streamError } from '../stream/index.js'
import { transportError } from './errors.js'
import type { TransportLimits } from './limits.js'

/** What every transport gives: a duplex of bytes that tells when it is gone. */
export interface Transport extends Duplex {
  /**
   * Settles when the connection is gone: resolves after both directions have ended, rejects with the cause
   * otherwise. A rejection that nobody awaits is not reported as unhandled.
   */
  readonly closed: Promise<void>
}

/** Limits that all transports have. */
export interface TransportOptions {
  /** Milliseconds that `close` waits for what is being written and for the other side's end. Default 10,000. */
  closeTimeout?: number | undefined
  /** Bytes that may wait to be read before the other side is made to wait. Default 262,144. */
  highWater?: number | undefined
}

/** What a kind of transport does to the thing below it. */
export interface Wire {
  /** Writes an item. A promise when its bytes are still needed, or no more are wanted for now. */
  write(bytes: Bytes): Promise<void> | undefined
  /** Ends the own direction; resolves when everything was handed on. */
  end(): Promise<void>
  /** Makes the other side wait. Bytes that come nevertheless are kept. */
  pause(): void
  resume(): void
  /** Lets go after both directions have ended; resolves when it is gone. */
  release(): Promise<void>
  /** Lets go at once, so that the other side sees a reset; resolves when it is gone. */
  reset(): Promise<void>
}

/** A chunk that waits costs more than its bytes, so the number that waits is limited too. */
const MAX_CHUNKS = 1024
/** Bytes written without waiting after which other work of the process gets its turn, and what an item counts at least. */
const TURN_BYTES = 4_194_304
const ITEM_BYTES = 4096

/**
 * The duplex over a {@link Wire}: the queue of what came, the pump of what goes, and the one end of both. The
 * wire's owner calls `receive`, `receiveEnd` and `fail`.
 */
export class Connection implements Transport {
  readonly #wire: Wire
  readonly #closeTimeout: number
  readonly #queue: Channel<Uint8Array>
  readonly #closed = new Outcome()
  readonly #writing = new Outcome()
  #items: Pollable<Bytes> | undefined
  readonly #onItem = (): void => { this.#pull() }
  #reading = false
  #sinkTaken = false
  #pulling = false
  /** Bytes that were written since other work of the process had its turn. */
  #turn = 0
  #stopping = false
  #readEnded = false
  #writeEnded = false
  #cause: Error | undefined
  #ending: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor (wire: Wire, limits: Pick<TransportLimits, 'closeTimeout' | 'highWater'>) {
    this.#wire = wire
    this.#closeTimeout = limits.closeTimeout
    this.#queue = new Channel({ maxBytes: limits.highWater, maxItems: MAX_CHUNKS })
  }

  get source (): AsyncIterable<Uint8Array> { return iterable(() => this.#read()) }
  get closed (): Promise<void> { return this.#closed.promise }

  /** Bytes have come. They are the reader's from here on, or dropped when nobody wants them. */
  receive (bytes: Uint8Array): void {
    if (this.#readEnded || !this.#queue.open || bytes.byteLength === 0) return
    const room = this.#queue.push(bytes)
    if (room === undefined) return
    this.#wire.pause()
    void room.then(() => { if (!this.#over) this.#wire.resume() })
  }

  /** The other side has ended its direction. */
  receiveEnd (): void {
    if (this.#readEnded || this.#cause !== undefined) return
    this.#readEnded = true
    this.#queue.end()
    this.#settle()
  }

  /** The connection has failed: what has come may still be read, then the error is thrown. */
  fail (error: Error): void {
    this.#tearDown(error, false)
  }

  sink (source: AsyncIterable<Bytes>): Promise<void> {
    if (!isSource(source)) return Promise.reject(notASource())
    if (this.#sinkTaken) return Promise.reject(streamError('ERR_SINK_IN_USE'))
    this.#sinkTaken = true
    if (this.#cause !== undefined || this.#stopping) {
      leave(source)
      return Promise.reject(this.#cause ?? transportError('ERR_TRANSPORT_CLOSED'))
    }
    this.#items = polling(source[Symbol.asyncIterator]())
    this.#pull()
    return this.#writing.promise
  }

  close (): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  abort (reason: Error): void {
    this.#tearDown(asError(reason), true)
  }

  get #over (): boolean { return this.#cause !== undefined || this.#readEnded && this.#writeEnded }

  #read (): AsyncIterator<Uint8Array> {
    this.#reading = true
    return this.#queue
  }

  /** Writes what there is: not an async function, which would hold its registers and the last item while it waits. */
  #pull (): void {
    try {
      while (this.#cause === undefined) {
        this.#pulling = false
        const next = this.#stopping ? undefined : this.#items?.poll(this.#onItem)
        // whoever gives the items, or takes them, may have ended it all just now
        if (this.#cause !== undefined) return
        this.#pulling = next === undefined && !this.#stopping
        if (this.#pulling) return
        const busy = this.#stopping || next === undefined || next.done === true ? this.#endWriting() : this.#write(next.value)
        if (busy === undefined) continue
        busy.then(() => { if (!this.#writeEnded) this.#pull() }).catch((error: unknown) => { this.abort(asError(error)) })
        return
      }
    } catch (error) {
      this.abort(asError(error))
    }
  }

  /** A promise while no more is to be written. */
  #write (bytes: Bytes): Promise<void> | undefined {
    try {
      const busy = this.#wire.write(checkBytes(bytes))
      this.#turn += bytes.byteLength + ITEM_BYTES
      if (busy === undefined && this.#turn < TURN_BYTES) return undefined
      this.#turn = 0
      return busy ?? nextTurn()
    } catch (error) {
      return Promise.reject(asError(error))
    }
  }

  /** Once, whoever finds that nothing more is to be written. */
  #endWriting (): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end (): Promise<void> {
    await this.#wire.end()
    if (this.#cause !== undefined) return
    this.#writeEnded = true
    this.#writing.resolve()
    this.#settle()
  }

  async #close (): Promise<void> {
    if (!this.#over) {
      const timer = setTimeout(() => { this.#tearDown(transportError('ERR_TRANSPORT_CLOSE_TIMEOUT'), false) }, this.#closeTimeout)
      this.#stopWriting()
      // nobody has asked for what comes: it is dropped, so that the other side can come to its end
      if (!this.#reading) this.#queue.fail(transportError('ERR_TRANSPORT_CLOSED'), { discard: true })
      await this.#closed.promise.catch(ignore)
      clearTimeout(timer)
    }
    await this.#closed.promise.catch(ignore)
  }

  #stopWriting (): void {
    if (this.#stopping || this.#writeEnded) return
    this.#stopping = true
    const idle = !this.#sinkTaken || this.#pulling
    if (idle) this.#endWriting().catch((error: unknown) => { this.fail(asError(error)) })
    if (this.#items !== undefined) letGo(this.#items)
  }

  #settle (): void {
    if (this.#readEnded && this.#writeEnded) this.#wire.release().then(() => { this.#closed.resolve() }, (error: unknown) => { this.#closed.reject(error) })
  }

  #tearDown (cause: Error, discard: boolean): void {
    if (this.#cause !== undefined) return
    const over = this.#over
    if (!over) this.#cause = cause
    // what came before the other side's end is whole, whatever happens to the connection after
    if (discard || !this.#readEnded) this.#queue.fail(cause, { discard })
    if (over) return
    this.#writing.reject(cause)
    this.#wire.reset().then(() => { this.#closed.reject(cause) }, (error: unknown) => { this.#closed.reject(error) })
    if (this.#items !== undefined) letGo(this.#items)
  }
}
