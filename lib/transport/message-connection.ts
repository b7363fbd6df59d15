import { type Bytes, deferred } from '../stream/index.js'
import { Connection, type TransportOptions, type Wire } from './connection.js'
import { transportError } from './errors.js'
import type { TransportLimits } from './limits.js'

/** Limits of transports that carry bytes in messages. */
export interface MessageOptions extends TransportOptions {
  /** Bytes of the longest message that is taken, and from which on what is sent is split. Default 1,048,576. */
  maxMessage?: number | undefined
  /**
   * Where the platform cannot make the other side wait (browsers): bytes that may come while the reader is behind by
   * `highWater` already, before the connection fails with ERR_TRANSPORT_OVERFLOW. Default 16,777,216.
   */
  maxOverflow?: number | undefined
}

/** A WebSocket of whatever platform, as far as a connection needs it. */
export interface MessageSocket {
  /** Sends a binary message. A promise when its bytes are still needed, or no more are wanted for now. */
  send(bytes: Uint8Array): Promise<void> | undefined
  /** Resolves when all that was sent has left. */
  flush(): Promise<void>
  close(code: number): void
  /** Ends at once, so that the other side does not take it for a clean end. */
  reset(): void
  pause(): void
  resume(): void
}

const NOTHING = new Uint8Array(0)
/** Normal closure, and going away: a server that stops, a page that is left. */
const CLEAN_CLOSES: ReadonlySet<number> = new Set([1000, 1001])

/**
 * A connection in messages. An empty message ends a direction, since WebSocket has no half-close
 * (docs/decisions/websocket-half-close.md); when both have ended, the socket is closed with 1000.
 */
export class MessageConnection extends Connection {
  readonly #wire: MessageWire
  #ended = false

  constructor (socket: MessageSocket, limits: TransportLimits) {
    const wire = new MessageWire(socket, limits.maxMessage)
    super(wire, limits)
    this.#wire = wire
  }

  receiveMessage (bytes: Uint8Array): void {
    if (this.#ended) {
      this.fail(transportError('ERR_TRANSPORT_PROTOCOL', 'a message after the end'))
    } else if (bytes.byteLength === 0) {
      this.#ended = true
      this.receiveEnd()
    } else {
      this.receive(bytes)
    }
  }

  receiveText (): void {
    this.fail(transportError('ERR_TRANSPORT_TEXT_MESSAGE'))
  }

  /** The socket has closed. A clean close ends the other side's direction, and resets ours if it was open. */
  receiveClose (code: number): void {
    this.#wire.gone()
    const clean = CLEAN_CLOSES.has(code)
    if (clean) this.receiveEnd()
    const fail = (): void => { this.fail(transportError('ERR_TRANSPORT_RESET', `close code ${code}`)) }
    // over TLS the other side can have our end before we are told that it was sent
    if (clean && this.#wire.ended !== undefined) this.#wire.ended.then(fail, fail)
    else fail()
  }
}

class MessageWire implements Wire {
  readonly #socket: MessageSocket
  readonly #maxMessage: number
  readonly #gone = deferred()
  /** Once the own end was handed to the socket: until it has left. */
  ended: Promise<void> | undefined

  constructor (socket: MessageSocket, maxMessage: number) {
    this.#socket = socket
    this.#maxMessage = maxMessage
  }

  write (bytes: Bytes): Promise<void> | undefined {
    // an empty message would be the end
    if (bytes.byteLength === 0) return undefined
    if (bytes.byteLength <= this.#maxMessage) return this.#socket.send(bytes.subarray())
    return this.#split(bytes)
  }

  end (): Promise<void> {
    this.ended = this.#end()
    return this.ended
  }

  pause (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }

  release (): Promise<void> {
    // nothing more is to be read but the answer to our close
    this.#socket.resume()
    this.#socket.close(1000)
    return this.#gone.promise
  }

  reset (): Promise<void> {
    this.#socket.reset()
    return this.#gone.promise
  }

  gone (): void { this.#gone.resolve() }

  async #end (): Promise<void> {
    await this.#socket.send(NOTHING)
    await this.#socket.flush()
  }

  async #split (bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += this.#maxMessage) {
      await this.#socket.send(bytes.subarray(at, Math.min(at + this.#maxMessage, bytes.byteLength)))
    }
  }
}
