import type { Socket } from 'node:net'
import { type Bytes, deferred, type Deferred, ignore, Outcome } from '../stream/index.js'
import { Connection, type Transport, type Wire } from './connection.js'
import { connectionError, transportError } from './errors.js'
import type { TransportLimits } from './limits.js'
import type { Address } from './listener.js'

const NOTHING = new Uint8Array(0)

/** A TCP connection, encrypted or not. */
export interface TcpConnection extends Transport {
  readonly local: Address
  readonly remote: Address
}

/** A connection that knows its ends: they are gone from the socket once it is destroyed. */
export class SocketConnection extends Connection implements TcpConnection {
  readonly local: Address
  readonly remote: Address

  constructor (socket: Socket, wire: SocketWire, limits: TransportLimits) {
    super(wire, limits)
    this.local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    socket.on('end', () => { this.#ended(socket, wire.below) })
    wire.onGone = error => { this.fail(error === undefined ? transportError('ERR_TRANSPORT_RESET') : connectionError(error)) }
  }

  /**
   * libuv reports a reset as an end when it comes together with bytes (docs/decisions/tcp-reset.md). Writing nothing
   * tells them apart: it fails after a reset, and sends nothing otherwise. TLS would not pass that on, so it is asked below.
   */
  #ended (socket: Socket, below: Socket): void {
    const end = (): void => { this.receiveEnd() }
    if (!socket.writable) end()
    else if (socket.writableLength > 0) setImmediate(end)
    else below.write(NOTHING, error => { if (error === null || error === undefined) end() })
  }
}

/**
 * A socket as a wire. Its `error` event always has a listener; what has failed closes. A socket of TLS cannot be reset, but the
 * one below it can.
 */
export class SocketWire implements Wire {
  readonly below: Socket
  /** Called when the socket has closed, with what it has failed with. */
  onGone: (error: Error | undefined) => void = ignore
  readonly #socket: Socket
  readonly #gone = new Outcome()
  readonly #onWritten: () => void
  #written: Deferred<void> | undefined

  constructor (socket: Socket, below = socket) {
    this.#socket = socket
    this.below = below
    this.#onWritten = () => { this.#wake() }
    socket.on('error', ignore)
    socket.on('close', () => { this.#close() })
  }

  get gone (): Promise<void> { return this.#gone.promise }

  write (bytes: Bytes): Promise<void> | undefined {
    const socket = this.#socket
    if (bytes instanceof Uint8Array) {
      socket.write(bytes, this.#onWritten)
    } else {
      // one writev for the list
      socket.cork()
      for (const part of bytes) socket.write(part, this.#onWritten)
      socket.uncork()
    }
    // mostly the kernel has taken everything at once; else the bytes are needed until it has
    if (socket.writableLength === 0) return undefined
    this.#written = deferred()
    return this.#written.promise
  }

  end (): Promise<void> {
    return new Promise(resolve => { this.#socket.end(() => { resolve() }) })
  }

  pause (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }

  release (): Promise<void> {
    // both directions have ended, so the socket closes by itself
    return this.gone
  }

  reset (): Promise<void> {
    const socket = this.#socket
    // while the shutdown is under way (one turn of the loop) libuv cannot reset; by then this direction has ended in order anyway
    if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) socket.once('finish', () => { this.below.resetAndDestroy() })
    else if (!socket.destroyed) this.below.resetAndDestroy()
    return this.gone
  }

  #close (): void {
    this.#gone.resolve()
    this.#wake()
    this.onGone(this.#socket.errored ?? undefined)
  }

  #wake (): void {
    if (this.#written === undefined || this.#socket.writableLength > 0 && !this.#socket.destroyed) return
    this.#written.resolve()
    this.#written = undefined
  }
}
