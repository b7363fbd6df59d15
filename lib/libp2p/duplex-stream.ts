import type { AbortOptions } from '@libp2p/interface'
import { AbstractStream, type AbstractStreamInit, type SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import { abortable, asError, type Bytes, Channel, deferred, type Deferred, type Duplex, HushwireError } from '../stream/index.js'

/**
 * A duplex of bytes as a stream of libp2p 3, from then on the duplex's only user: the other way round from
 * `hushwire/transport/libp2p`.
 *
 * The duplex is not read while the stream is paused, or while what was read has not been taken. What is sent is the duplex's from then on. A failure of
 * the duplex that the other side caused ends the stream as reset, any other as aborted with that error.
 *
 * @example
 * ```ts runnable
 * import { defaultLogger } from '@libp2p/logger'
 * import { DuplexStream } from 'hushwire/libp2p'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const log = defaultLogger().forComponent('example')
 * const [left, right] = memoryPair().map((duplex, id) => new DuplexStream(duplex, { id: String(id), log }))
 * right.addEventListener('message', event => { right.send(event.data) })
 * right.addEventListener('remoteCloseWrite', () => { void right.close() })
 * left.send(Uint8Array.of(1, 2, 3))
 * await left.close()
 * ```
 */
export class DuplexStream extends AbstractStream {
  readonly #duplex: Duplex
  readonly #outgoing = new Channel<Bytes>({ maxBytes: 65_536 })
  readonly #incoming: AsyncIterator<Uint8Array>
  readonly #written: Promise<void>
  #taken: Deferred<void> | undefined
  #over = false

  /** @param init - as every stream of libp2p has it: an id, a log, a direction, limits */
  constructor (duplex: Duplex, init: AbstractStreamInit) {
    super(init)
    this.#duplex = duplex
    this.#incoming = duplex.source[Symbol.asyncIterator]()
    this.#written = duplex.sink(this.#outgoing)
    this.#written.catch((error: unknown) => { this.#fail(asError(error)) })
    this.#read().catch((error: unknown) => { this.#fail(asError(error)) })
  }

  /** Hands bytes to the duplex. Called by libp2p. */
  override sendData (data: Uint8ArrayList): SendResult {
    const sentBytes = data.byteLength
    const room = this.#outgoing.push(data)
    void room?.then(() => { this.safeDispatchEvent('drain') })
    return { sentBytes, canSendMore: room === undefined }
  }

  /** Ends the own direction of the duplex, and waits until it has been written. Called by libp2p. */
  override async sendCloseWrite (options?: AbortOptions): Promise<void> {
    this.#outgoing.end()
    await abortable(this.#written, options?.signal)
  }

  /** Reads on all the same: what comes is dropped, and the other side's end is noticed. Called by libp2p. */
  override async sendCloseRead (): Promise<void> { this.#wake() }

  /** Aborts the duplex. Called by libp2p. */
  override sendReset (error: Error): void {
    this.#over = true
    this.#outgoing.fail(error, { discard: true })
    this.#duplex.abort(error)
    this.#wake()
  }

  /** Nothing: who is paused does not read. Called by libp2p. */
  override sendPause (): void {}

  /** Reads on. Called by libp2p. */
  override sendResume (): void { this.#wake() }

  /** Passes on what has come, then reads on. Called by libp2p. */
  protected override dispatchReadBuffer (): void {
    super.dispatchReadBuffer()
    this.#wake()
  }

  async #read (): Promise<void> {
    for (;;) {
      const next = await this.#incoming.next()
      if (this.#over) return
      if (next.done === true) break
      // libp2p keeps what it is given, and the chunk is the duplex's again at the next read
      this.onData(new Uint8Array(next.value))
      while (!this.#over && (this.readStatus === 'paused' || this.readBuffer.byteLength > 0)) {
        this.#taken ??= deferred()
        await this.#taken.promise
      }
      if (this.#over) return
    }
    this.onRemoteCloseWrite()
  }

  #wake (): void {
    this.#taken?.resolve()
    this.#taken = undefined
  }

  #fail (error: Error): void {
    if (this.status !== 'open' && this.status !== 'closing') return
    if (!(error instanceof HushwireError) || error.origin === 'local') {
      this.abort(error)
      return
    }
    this.#over = true
    this.#outgoing.fail(error, { discard: true })
    this.#duplex.abort(error)
    this.onRemoteReset()
  }
}
