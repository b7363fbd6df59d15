import { RESET_CODES, resetError } from '../nova/index.js'
import { asError, codeOf, ignore, type Duplex } from '../stream/index.js'
import type { Transport } from '../transport/tcp.js'
import { Inbound, outbound } from './directions.js'
import { tunnelError } from './errors.js'
import type { CheckedTunnelLimits } from './limits.js'

/** What is needed of a live stream; its source is given to {@link Carriage.receive} when the head has been read. */
interface Sending extends Pick<Duplex, 'sink' | 'abort'> {
  readonly closed: Promise<void>
}

/**
 * One TCP connection over one live stream, at one end: bytes both ways with back-pressure, each direction with its own end. Whatever
 * one of the two fails with, the other is reset: at once when the stream has failed, behind the bytes that are on their way when
 * the TCP connection of the other end was reset.
 */
export class Carriage {
  readonly #stream: Sending
  readonly #connection: Transport
  readonly #limits: Pick<CheckedTunnelLimits, 'idleTimeout' | 'lingerTimeout'>
  #idle: ReturnType<typeof setTimeout> | undefined
  #linger: ReturnType<typeof setTimeout> | undefined
  #sent = 0
  #received = 0
  /** True when the other end has ended its direction. */
  #ended = false
  #over = false
  #error: Error | undefined

  constructor (stream: Sending, connection: Transport, limits: Pick<CheckedTunnelLimits, 'idleTimeout' | 'lingerTimeout'>) {
    this.#stream = stream
    this.#connection = connection
    this.#limits = limits
    // when the other end has ended its direction and takes nothing of ours, neither way would notice
    connection.closed.catch((error: unknown) => { this.#failing(asError(error)) })
  }

  /** Bytes that have come from the TCP connection. */
  get sent (): number { return this.#sent }
  /** Bytes that have come for it. */
  get received (): number { return this.#received }
  /** What the connection was reset with; undefined while there is nothing, and after two ends in order. */
  get error (): Error | undefined { return this.#error }

  /** Begins the way from the TCP connection to the other end. @param first - what is sent before its bytes */
  send (first: Uint8Array): void {
    const source = outbound(first, this.#connection.source, {
      onBytes: bytes => {
        this.#sent += bytes
        this.#idle?.refresh()
      },
      onReset: error => { this.#failing(error) }
    })
    this.#stream.sink(source).catch((error: unknown) => {
      if (codeOf(error) !== 'ERR_RESET_CANCELLED') return this.abort(asError(error))
      // the other end reads no more, since its TCP connection is gone; what that had said before may still be on its way
      const reset = tunnelError('ERR_TUNNEL_RESET', undefined, error)
      if (this.#ended) this.abort(reset)
      else this.#failing(reset)
    })
  }

  /** Begins the way back. @param source - the stream, behind its head */
  receive (source: AsyncIterator<Uint8Array>): void {
    // before that, the time for opening is counted
    this.#idle = setTimeout(() => { this.abort(tunnelError('ERR_TUNNEL_IDLE'), RESET_CODES.stalled) }, this.#limits.idleTimeout)
    const inbound = new Inbound(source, bytes => {
      this.#received += bytes
      this.#idle?.refresh()
    })
    this.#connection.sink(inbound).then(() => {
      this.#ended = true
      if (this.#error !== undefined) this.abort(this.#error)
    }, (error: unknown) => { this.#failing(asError(error)) })
  }

  /**
   * Resets both.
   *
   * @param code - what the other end is told, one of `RESET_CODES`; by default that of the reason
   */
  abort (reason: Error, code?: number): void {
    this.#error ??= reason
    this.#stream.abort(code === undefined ? reason : resetError(code))
    this.#connection.abort(reason)
  }

  /** Resolves when both are gone. */
  async over (): Promise<void> {
    await Promise.all([this.#stream.closed.catch(ignore), this.#connection.closed.catch(ignore)])
    this.#over = true
    clearTimeout(this.#idle)
    clearTimeout(this.#linger)
  }

  /** One of the TCP connections is gone: what is on its way has so much time. */
  #failing (error: Error): void {
    this.#error ??= error
    // of a stream that was aborted, the sink can be told after that it is closed
    if (this.#over) return
    this.#linger ??= setTimeout(() => { this.abort(error, RESET_CODES.stalled) }, this.#limits.lingerTimeout)
  }
}
