import { checkDuplex, isSource, notASource } from './check.js'
import { deferred, ignore } from './deferred.js'
import { asError, streamError } from './errors.js'
import type { Duplex, Endpoint, Layer } from './layer.js'
import { leave, letGo } from './leaving.js'
import { delayOf } from './limits.js'
import { Outcome } from './outcome.js'

/** What every link has beside its face. */
export interface LinkControl {
  /**
   * Settles when everything of the link is gone: resolves after a clean end, rejects with the first cause
   * otherwise. A rejection that nobody awaits is not reported as unhandled.
   */
  readonly closed: Promise<void>
  /** Ends the link at once; everything that waits on it gets `reason`. */
  abort(reason?: Error): void
}

/** The duplex of a link without an endpoint. */
export interface LinkedDuplex<In, Out> extends Duplex<In, Out>, LinkControl {
  /** As every duplex's `close`; what the layers still have to say is waited for at most `flushTimeout` milliseconds (10,000). */
  close(options?: { flushTimeout?: number | undefined }): Promise<void>
  abort(reason?: Error): void
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of layers has no one unit; the overloads check each seam
type AnyLayer = Layer<any, any, any, any>
type AnyEndpoint = Endpoint<unknown, unknown, object>

/**
 * Puts layers on a duplex and an endpoint on top, runs both directions and tears everything down once, with the
 * first cause. It is the only owner of the duplex from then on.
 *
 * Without an endpoint the result is a duplex of the upper units.
 *
 * @example
 * ```ts
 * import { link, type Layer } from 'hushwire'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * async function * same (source: AsyncIterable<Uint8Array>) { yield * source }
 * const nothing: Layer<Uint8Array, Uint8Array> = { inbound: same, outbound: same as never }
 * const [left] = memoryPair()
 * const duplex = link(left, nothing)
 * duplex.abort()
 * ```
 */
export function link<A, Z, Face extends object> (duplex: Duplex<A, Z>, endpoint: Endpoint<A, Z, Face>): Face & LinkControl
export function link<A, Z, B, Y, Face extends object> (duplex: Duplex<A, Z>, one: Layer<A, B, Y, Z>, endpoint: Endpoint<B, Y, Face>): Face & LinkControl
export function link<A, Z, B, Y, C, X, Face extends object> (duplex: Duplex<A, Z>, one: Layer<A, B, Y, Z>, two: Layer<B, C, X, Y>, endpoint: Endpoint<C, X, Face>): Face & LinkControl
export function link<A, Z, B, Y, C, X, D, W, Face extends object> (duplex: Duplex<A, Z>, one: Layer<A, B, Y, Z>, two: Layer<B, C, X, Y>, three: Layer<C, D, W, X>, endpoint: Endpoint<D, W, Face>): Face & LinkControl
export function link<A, Z, B, Y> (duplex: Duplex<A, Z>, one: Layer<A, B, Y, Z>): LinkedDuplex<B, Y>
export function link<A, Z, B, Y, C, X> (duplex: Duplex<A, Z>, one: Layer<A, B, Y, Z>, two: Layer<B, C, X, Y>): LinkedDuplex<C, X>
export function link<A, Z, B, Y, C, X, D, W> (duplex: Duplex<A, Z>, one: Layer<A, B, Y, Z>, two: Layer<B, C, X, Y>, three: Layer<C, D, W, X>): LinkedDuplex<D, W>
export function link (duplex: Duplex<unknown, unknown>, ...parts: Array<AnyLayer | AnyEndpoint>): object {
  checkDuplex(duplex)
  const last = parts.at(-1)
  const endpoint = last !== undefined && 'run' in last ? last : undefined
  const layers = (endpoint === undefined ? parts : parts.slice(0, -1)) as AnyLayer[]
  const tie = new Tie(duplex, layers, endpoint)
  return endpoint === undefined ? duplexFace(tie, duplex) : endpointFace(tie, endpoint)
}

/** Milliseconds that `close` of a link gives its layers to send what is left; the transport's `closeTimeout` comes after. */
const FLUSH_TIMEOUT = 10_000

/** The two running directions of a link and their one teardown. */
class Tie implements LinkControl {
  readonly inbound: AsyncIterable<unknown>
  readonly #duplex: Duplex<unknown, unknown>
  readonly #layers: AnyLayer[]
  readonly #closed = new Outcome()
  #cause: Error | undefined
  #over = false
  readonly #endpoint: AnyEndpoint | undefined
  /** Where there is no endpoint: told the first cause. */
  onFail: (cause: Error) => void = ignore

  constructor (duplex: Duplex<unknown, unknown>, layers: AnyLayer[], endpoint: AnyEndpoint | undefined) {
    this.#duplex = duplex
    this.#layers = layers
    this.#endpoint = endpoint
    this.inbound = layers.reduce<AsyncIterable<unknown>>((source, layer) => layer.inbound(source), duplex.source)
  }

  get closed (): Promise<void> { return this.#closed.promise }
  get cause (): Error | undefined { return this.#cause }

  write (source: AsyncIterable<unknown>): Promise<void> {
    return this.#duplex.sink(this.#layers.reduceRight<AsyncIterable<unknown>>((upper, layer) => layer.outbound(upper), source))
  }

  /** Waits for both directions, then lets go of the duplex and settles `closed`. */
  settle (reading: Promise<void>, writing: Promise<void>): void {
    let running = 2
    const ended = (): void => { if (--running === 0) void this.#end() }
    const failed = (error: unknown): void => {
      this.abort(asError(error))
      ended()
    }
    reading.then(ended, failed)
    writing.then(ended, failed)
  }

  abort (reason: Error = streamError('ERR_ABORTED')): void {
    if (this.#cause !== undefined || this.#over) return
    this.#cause = reason
    // the transport first, so that a read which is pending in it settles
    this.#duplex.abort(reason)
    for (const layer of this.#layers) layer.abort?.(reason)
    this.#endpoint?.fail(reason)
    this.onFail(reason)
  }

  async #end (): Promise<void> {
    if (this.#cause === undefined) await this.#duplex.close()
    this.#over = true
    if (this.#endpoint !== undefined) for (const layer of this.#layers) layer.destroy?.()
    if (this.#cause === undefined) this.#closed.resolve()
    else this.#closed.reject(this.#cause)
  }
}

function endpointFace (tie: Tie, endpoint: AnyEndpoint): object {
  tie.settle(endpoint.run(tie.inbound), tie.write(endpoint.outbound))
  return Object.assign(endpoint.face, { closed: tie.closed, abort: (reason?: Error) => { tie.abort(reason) } })
}

function duplexFace (tie: Tie, duplex: Duplex<unknown, unknown>): LinkedDuplex<unknown, unknown> {
  const reading = deferred({ handled: true })
  const writing = deferred({ handled: true })
  let sinkTaken = false
  let closed = false
  const closing = deferred()
  tie.onFail = cause => { reading.reject(cause); writing.reject(cause) }
  tie.settle(reading.promise, writing.promise)
  const sink = (source: AsyncIterable<unknown>): Promise<void> => {
    if (!isSource(source)) return Promise.reject(notASource())
    if (closed || tie.cause !== undefined) {
      leave(source)
      return Promise.reject(tie.cause ?? streamError('ERR_CLOSED'))
    }
    if (sinkTaken) return Promise.reject(streamError('ERR_SINK_IN_USE'))
    sinkTaken = true
    const written = tie.write(until(source, closing.promise)).then(writing.resolve, (error: unknown) => {
      tie.abort(asError(error))
      throw tie.cause ?? error
    })
    written.catch(ignore)
    return written
  }
  return {
    source: watched(tie.inbound, reading),
    sink,
    closed: tie.closed,
    close: async ({ flushTimeout = FLUSH_TIMEOUT } = {}) => {
      // refused where the link has failed or was closed before
      if (!sinkTaken) sink(nothing).catch(ignore)
      closed = true
      // the layers come to their end in order, and what they say last is sent before the duplex closes
      closing.resolve()
      await settled(writing.promise, flushTimeout)
      await duplex.close()
      reading.resolve()
      await tie.closed.catch(ignore)
    },
    abort: reason => { tie.abort(reason) }
  }
}

/** The items of a source until it ends or the promise resolves, whichever is first. */
function until<T> (source: AsyncIterable<T>, end: Promise<void>): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]()
  let over = false
  let waiting: ((result: IteratorResult<T>) => void) | undefined
  const finish = (): IteratorResult<T> => {
    over = true
    letGo(iterator)
    return { value: undefined, done: true }
  }
  void end.then(() => {
    over = true
    waiting?.(finish())
  })
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve, reject) => {
        if (over) { resolve(finish()); return }
        waiting = resolve
        iterator.next().then(resolve, reject).finally(() => { waiting = undefined })
      }),
      return: async () => finish()
    })
  }
}

/** Waits until a promise has settled, at most so many milliseconds. */
function settled (promise: Promise<void>, limit: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, delayOf(limit))
    const done = (): void => { clearTimeout(timer); resolve() }
    promise.then(done, done)
  })
}

/** Passes each `next()` through, notes how the source ended, and throws its error at every later read. */
function watched<T> (source: AsyncIterable<T>, ended: { resolve(): void, reject(reason: unknown): void }): AsyncIterable<T> {
  // taken when it is asked for: what below has no reader may drop what comes when it is closed
  let taken: AsyncIterator<T> | undefined
  const begin = (): AsyncIterator<T> => taken ??= source[Symbol.asyncIterator]()
  // a generator that has thrown would end cleanly at the next read
  let failed = false
  let failure: unknown
  const watcher: AsyncIterableIterator<T> = {
    next: () => failed ? Promise.reject(failure) : begin().next().then(result => {
      if (result.done === true) ended.resolve()
      return result
    }, (error: unknown) => {
      failed = true
      failure = error
      ended.reject(error)
      throw error
    }),
    return: async () => {
      ended.resolve()
      letGo(begin())
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => {
      begin()
      return watcher
    }
  }
  return watcher
}

const nothing: AsyncIterable<never> = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: undefined, done: true }) }) }
