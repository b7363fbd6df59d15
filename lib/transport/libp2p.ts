/**
 * Streams and connections of libp2p 3 as duplexes. Only types of `@libp2p/interface` are imported.
 *
 * @module transport/libp2p
 */
import type { MessageStream, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { abortOn, type Bytes, deferred, type Deferred, plain, streamError } from '../stream/index.js'
import { Connection, type Transport, type TransportOptions, type Wire } from './connection.js'
import { connectionError, transportError } from './errors.js'
import { transportLimits } from './limits.js'

export type { Transport, TransportOptions } from './connection.js'
export { TRANSPORT_ERRORS } from './errors.js'

/** Options of {@link libp2pDuplex}. */
export interface Libp2pDuplexOptions extends TransportOptions {
  /** Aborts the duplex, and the stream with it. */
  signal?: AbortSignal | undefined
}

/** Bytes that are handed to libp2p at a time, since what it cannot send at once it keeps without a limit. */
const MAX_SEND = 262_144

/**
 * A stream of libp2p 3 as a duplex of bytes, from then on its only user: do not listen to its messages, send on it or
 * close it elsewhere. The end of what is sent closes the stream for writing alone, an abort resets it.
 *
 * A connection below the muxer (`MultiaddrConnection`, or what an encrypter gave) has no half-close: there the end of
 * one direction is the end of both.
 *
 * Back-pressure goes both ways: the stream is paused while `highWater` bytes wait to be read, and a source is not
 * asked for more until the stream has drained. Bytes that are sent are copied, since libp2p keeps them; chunks that are
 * read are the consumer's. A reset by the other side, and a connection that is gone before the other side has ended
 * its direction, are ERR_TRANSPORT_RESET; more bytes than libp2p's own `maxReadBufferLength` are
 * ERR_TRANSPORT_OVERFLOW; whatever else broke the stream is ERR_TRANSPORT_FAILED, with libp2p's error as the cause.
 *
 * @throws ERR_ARGUMENT when it is no stream, ERR_LIMIT_OPTION when a limit is out of its range
 * @example
 * ```ts
 * import type { Stream } from '@libp2p/interface'
 * import { libp2pDuplex } from 'hushwire/transport/libp2p'
 *
 * async function echo (stream: Stream) {
 *   const duplex = libp2pDuplex(stream, { highWater: 65_536 })
 *   await duplex.sink(duplex.source)
 *   await duplex.close()
 * }
 * ```
 */
export function libp2pDuplex (stream: MessageStream, options: Libp2pDuplexOptions = {}): Transport {
  if (typeof (stream as Partial<MessageStream> | null | undefined)?.addEventListener !== 'function') throw streamError('ERR_ARGUMENT', 'a stream or a connection of libp2p 3 is needed')
  const limits = transportLimits(options)
  const wire = new StreamWire(stream)
  const connection = new Connection(wire, limits)
  new Listeners(stream, wire, connection).start()
  abortOn(options.signal, connection)
  return connection
}

class StreamWire implements Wire {
  readonly #stream: MessageStream
  readonly #gone = deferred()
  #drained: Deferred<void> | undefined
  /** The own direction is being ended, or has been. */
  ending = false

  constructor (stream: MessageStream) {
    this.#stream = stream
  }

  write (bytes: Bytes): Promise<void> | undefined {
    return bytes.byteLength <= MAX_SEND ? this.#send(bytes) : this.#sendParts(bytes)
  }

  async end (): Promise<void> {
    this.ending = true
    try {
      await this.#stream.close()
    } catch (error) {
      // what it waited for did not come: it is given the event of the stream's end then, no error
      throw error instanceof Error ? streamFailure(error) : transportError('ERR_TRANSPORT_RESET')
    }
  }

  pause (): void {
    if (!this.#stream.readableEnded) this.#stream.pause()
  }

  resume (): void {
    if (this.#stream.readableEnded) return
    try {
      this.#stream.resume()
    } catch {
      // what was held back has come before that: the stream is closed, and there is nobody to tell
    }
  }

  release (): Promise<void> { return this.#gone.promise }

  reset (): Promise<void> {
    this.#stream.abort(streamError('ERR_ABORTED'))
    return this.#gone.promise
  }

  /**
   * Libp2p tells that it has drained before it sends what it kept, and also when all the streams of a connection may go on:
   * what counts is that it keeps nothing.
   */
  drain (): void {
    if (this.#stream.writableNeedsDrain || this.#stream.writeBufferLength > 0) return
    this.#drained?.resolve()
    this.#drained = undefined
  }

  gone (): void {
    this.#gone.resolve()
    this.#drained?.resolve()
  }

  async #sendParts (bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += MAX_SEND) await this.#send(part(bytes, at, Math.min(at + MAX_SEND, bytes.byteLength)))
  }

  #send (bytes: Bytes): Promise<void> | undefined {
    let more: boolean
    try {
      more = this.#stream.send(bytes instanceof Uint8Array ? new Uint8Array(bytes) : bytes.slice())
    } catch (error) {
      throw streamFailure(error)
    }
    if (more || this.#stream.status !== 'open') return undefined
    this.#drained ??= deferred()
    return this.#drained.promise
  }
}

/** What the stream tells, brought to the connection. */
class Listeners {
  readonly #stream: MessageStream
  readonly #wire: StreamWire
  readonly #connection: Connection
  /** The other side has said that it sends no more; what it sent may still be on its way through libp2p's buffer. */
  #ended = false
  #closed = false

  constructor (stream: MessageStream, wire: StreamWire, connection: Connection) {
    this.#stream = stream
    this.#wire = wire
    this.#connection = connection
  }

  start (): void {
    const stream = this.#stream
    const drain = (): void => { this.#wire.drain() }
    stream.addEventListener('close', event => { this.#onClose(event) })
    stream.addEventListener('remoteCloseWrite', () => { this.#ended = true })
    stream.addEventListener('end', () => { this.#onEnd() })
    stream.addEventListener('drain', drain)
    stream.addEventListener('idle', drain)
    // the last: with it comes what has waited
    stream.addEventListener('message', (event: StreamMessageEvent) => { this.#connection.receive(plain(event.data.subarray())) })
    if (stream.status !== 'open') {
      this.#wire.gone()
      this.#connection.fail(transportError('ERR_TRANSPORT_RESET', 'the stream was closed before'))
    } else if (halfCloses(stream) && stream.remoteWriteStatus === 'closed') {
      this.#ended = true
      if (stream.readableEnded) this.#onEnd()
    }
  }

  #onEnd (): void {
    // libp2p tells of the end of a stream that broke off too
    if (!this.#ended) return
    this.#connection.receiveEnd()
    if (this.#closed && !this.#wire.ending) this.#connection.fail(transportError('ERR_TRANSPORT_RESET'))
  }

  #onClose ({ error, local }: StreamCloseEvent): void {
    this.#closed = true
    this.#wire.gone()
    if (error !== undefined) {
      this.#connection.fail(local === true ? streamFailure(error) : transportError('ERR_TRANSPORT_RESET', undefined, error))
      return
    }
    if (!halfCloses(this.#stream)) this.#ended = true
    if (!this.#ended) {
      this.#connection.fail(transportError('ERR_TRANSPORT_RESET', 'the connection was closed'))
    } else if (this.#stream.readableEnded) {
      this.#onEnd()
    } else {
      // what libp2p still holds, at most its maxReadBufferLength, comes now: there is nobody left who could be made to wait
      this.#wire.resume()
    }
  }
}

/** Bytes from one place to another, where they lie. */
function part (bytes: Bytes, from: number, to: number): Bytes {
  return bytes instanceof Uint8Array ? bytes.subarray(from, to) : bytes.sublist(from, to)
}

function halfCloses (stream: MessageStream): stream is Stream {
  return 'closeRead' in stream
}

const RESETS: ReadonlySet<unknown> = new Set(['StreamResetError', 'StreamClosedError', 'StreamStateError', 'ConnectionClosedError', 'MuxerClosedError'])

/** What a stream failed with, as one of ours. Errors of libp2p have names, those of the platform codes. */
function streamFailure (cause: unknown): Error {
  const name = (cause as { name?: unknown } | undefined)?.name
  if (name === 'StreamBufferError') return transportError('ERR_TRANSPORT_OVERFLOW', undefined, cause)
  return RESETS.has(name) ? transportError('ERR_TRANSPORT_RESET', undefined, cause) : connectionError(cause)
}
