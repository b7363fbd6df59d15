import { abortable } from './abort.js'
import { Channel } from './channel.js'
import { checkDuplex } from './check.js'
import { deadline, type Deadline } from './deadline.js'
import { deferred } from './deferred.js'
import { asError, streamError } from './errors.js'
import { iterable } from './iterating.js'
import type { Bytes, Duplex, MaybePromise } from './layer.js'
import { letGo } from './leaving.js'
import { Reader } from './reader.js'
import { sequence } from './sequence.js'

/**
 * A handshake without I/O: messages in, messages out. What it yields when it is done is another type, so what is
 * half made cannot encrypt.
 */
export interface Handshake<Result> {
  /** Whose message is next. */
  readonly turn: 'write' | 'read' | 'done'
  /** The next message to send. Only on turn `write`. */
  write(): MaybePromise<Uint8Array>
  /** Takes the next message of the other side; throws when it is wrong. Only on turn `read`. */
  read(message: Uint8Array): MaybePromise<void>
  /** What was agreed. Only on turn `done`. */
  result(): Result
  /** Wipes what is secret; called when the handshake has failed. */
  destroy(): void
}

/** How handshake messages lie in a stream of bytes. */
export interface HandshakeFraming {
  /** A message as it lies in the stream. */
  encode(message: Uint8Array): Bytes
  /** Reads the next whole message, checking its length before it reads its content. */
  read(reader: Pick<Reader, 'read'>, signal: AbortSignal | undefined): Promise<Uint8Array>
}

/** Options of {@link performHandshake}. */
export interface HandshakeOptions {
  /** Milliseconds for the whole handshake, not for one message; `Infinity` for no limit. Default 10,000. */
  timeout?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * Runs a handshake over a duplex and hands the duplex back with what was not used. When it fails, for whatever
 * reason, the duplex is aborted and the handshake's secrets are wiped.
 *
 * @throws ERR_ARGUMENT, ERR_HANDSHAKE_TIMEOUT, the signal's reason, or what the handshake or the duplex threw
 */
export async function performHandshake<Result> (duplex: Duplex, handshake: Handshake<Result>, framing: HandshakeFraming, options: HandshakeOptions = {}): Promise<{ result: Result, duplex: Duplex }> {
  checkDuplex(duplex)
  const reader = new Reader(duplex.source)
  const messages = new Channel<Bytes>({ maxItems: 1 })
  const after = deferred<AsyncIterable<Bytes>>({ handled: true })
  const limit = deadline(options.signal, options.timeout ?? 10_000, () => streamError('ERR_HANDSHAKE_TIMEOUT'))
  const written = duplex.sink(sequence(messages, after.promise))
  const watch = stopping(written, limit)
  try {
    while (handshake.turn !== 'done') {
      limit.signal.throwIfAborted()
      if (handshake.turn === 'write') {
        const room = messages.push(framing.encode(await handshake.write()))
        if (room !== undefined) await abortable(room, limit.signal)
      } else {
        const taken = handshake.read(await framing.read(reader, limit.signal))
        // what decides about the other side may take its time, but not more than there is
        if (taken instanceof Promise) await abortable(taken, limit.signal)
      }
    }
    limit.signal.throwIfAborted()
    const result = handshake.result()
    messages.end()
    return { result, duplex: new Continued(duplex, reader.rest(), { written, start: after.resolve }) }
  } catch (thrown) {
    const error = asError(thrown)
    handshake.destroy()
    after.reject(error)
    messages.fail(error, { discard: true })
    duplex.abort(error)
    throw error
  } finally {
    limit.done()
    watch.end()
  }
}

/** Aborts when the promise is rejected, until that is ended. Apart, since whoever waits on the promise of a connection holds on to it for as long as that stands. */
function stopping (promise: Promise<void>, limit: Deadline): { end(): void } {
  let stop: Deadline | undefined = limit
  promise.catch((error: unknown) => { stop?.abort(error) })
  return { end: () => { stop = undefined } }
}

/** The duplex after its first bytes: the rest of what it reads, and a sink that goes on where the messages ended. */
class Continued implements Duplex {
  readonly #duplex: Duplex
  readonly #rest: AsyncIterableIterator<Uint8Array>
  /** Until the sink is taken. */
  #writing: Writing | undefined
  #reading = false
  #dropped = false

  constructor (duplex: Duplex, rest: AsyncIterableIterator<Uint8Array>, writing: Writing) {
    this.#duplex = duplex
    this.#rest = rest
    this.#writing = writing
  }

  get source (): AsyncIterable<Uint8Array> { return iterable(() => this.#read()) }

  sink (source: AsyncIterable<Bytes>): Promise<void> {
    const writing = this.#writing
    if (writing === undefined) return Promise.reject(streamError('ERR_SINK_IN_USE'))
    this.#writing = undefined
    writing.start(source)
    return writing.written
  }

  close (): Promise<void> {
    this.#writing?.start({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: undefined, done: true }) }) })
    this.#writing = undefined
    // the handshake has read, but nobody has asked for what comes after it: dropped, so that the other side can come to its end
    if (!this.#reading) letGo(this.#rest)
    this.#dropped ||= !this.#reading
    return this.#duplex.close()
  }

  abort (reason: Error): void { this.#duplex.abort(reason) }

  #read (): AsyncIterator<Uint8Array> {
    this.#reading = true
    return this.#dropped ? { next: () => Promise.reject(streamError('ERR_CLOSED')) } : this.#rest
  }
}

/** What is written to a duplex that is in its handshake. */
interface Writing {
  readonly written: Promise<void>
  /** Goes on where the handshake's messages end. */
  readonly start: (source: AsyncIterable<Bytes>) => void
}
