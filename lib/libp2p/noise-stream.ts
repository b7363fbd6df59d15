import type { AbortOptions, MessageStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { MessageDecoder, MessageWriter, type NoiseResult } from '../noise/index.js'
import { abortable, asError, deferred } from '../stream/index.js'

const NO_DATA = new Uint8Array(0)

/**
 * A connection of libp2p under the keys of a handshake: messages of at most 65,519 bytes of plaintext, each with its
 * length in two bytes before it.
 *
 * It works from call to call and waits for nothing, as libp2p closes the connection below without asking it
 * (docs/decisions/libp2p-encrypter.md). An end is as good as the connection's: Noise in libp2p has none of its own.
 */
export class NoiseStream extends AbstractMessageStream {
  readonly #stream: MessageStream
  readonly #keys: NoiseResult
  readonly #decoder = new MessageDecoder(2)
  readonly #writer: MessageWriter

  constructor (stream: MessageStream, keys: NoiseResult) {
    super({
      log: stream.log,
      direction: stream.direction,
      inactivityTimeout: stream.inactivityTimeout,
      maxReadBufferLength: stream.maxReadBufferLength
    })
    this.#stream = stream
    this.#keys = keys
    this.#writer = new MessageWriter(keys.send, 2)
    this.addEventListener('close', () => {
      keys.send.destroy()
      keys.receive.destroy()
    })
    stream.addEventListener('close', event => { this.#onClose(event) })
    stream.addEventListener('drain', () => { this.safeDispatchEvent('drain') })
    stream.addEventListener('remoteCloseWrite', () => { this.#end(() => { this.onRemoteCloseWrite() }) })
    // the last: with it comes what has waited
    stream.addEventListener('message', event => { this.#onMessage(event) })
  }

  /** Seals bytes and hands them on. Called by libp2p. */
  override sendData (data: Uint8ArrayList): SendResult {
    const sentBytes = data.byteLength
    let canSendMore = true
    this.#writer.add(data)
    for (let sealed = this.#writer.take(); sealed !== undefined; sealed = this.#writer.take()) {
      // it is the writer's again at the next call, and libp2p keeps what it is given; one piece is one system call, too
      canSendMore = this.#stream.send(sealed.slice())
    }
    return { sentBytes, canSendMore }
  }

  /** Closes the connection below once everything has been handed to it. */
  override async close (options?: AbortOptions): Promise<void> {
    if (this.writeStatus !== 'writable') return
    this.writeStatus = 'closing'
    await this.#flush(options)
    await this.#stream.close(options)
    this.writeStatus = 'closed'
    if (this.remoteWriteStatus === 'closed') this.onTransportClosed()
  }

  /** Resets the connection below. Called by libp2p. */
  override sendReset (error: Error): void { this.#stream.abort(error) }

  /** Makes the other side wait. Called by libp2p. */
  override sendPause (): void {
    if (!this.#stream.readableEnded) this.#stream.pause()
  }

  /** Lets the other side go on. Called by libp2p. */
  override sendResume (): void {
    if (!this.#stream.readableEnded) this.#stream.resume()
  }

  #onMessage ({ data }: StreamMessageEvent): void {
    const opened = new Uint8ArrayList()
    try {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        this.#decoder.push(chunk)
        for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
          for (const piece of this.#keys.receive.open(NO_DATA, [message])) opened.append(piece)
        }
      }
    } catch (error) {
      this.abort(asError(error))
      return
    }
    this.onData(opened)
  }

  #onClose ({ error, local }: StreamCloseEvent): void {
    if (this.status !== 'open' && this.status !== 'closing') return
    if (error === undefined) this.#end(() => { this.onTransportClosed() })
    else if (local === true) this.abort(error)
    else this.onRemoteReset()
  }

  /** An end within a message is none. */
  #end (ended: () => void): void {
    try {
      this.#decoder.end()
      ended()
    } catch (error) {
      this.abort(asError(error))
    }
  }

  /** Resolves when nothing waits here any more. */
  async #flush ({ signal }: AbortOptions = {}): Promise<void> {
    if (this.writeBuffer.byteLength === 0) return
    const idle = deferred()
    const failed = (event: StreamCloseEvent): void => { idle.reject(event.error) }
    this.addEventListener('idle', () => { idle.resolve() }, { once: true })
    this.addEventListener('close', failed)
    try {
      await abortable(idle.promise, signal)
    } finally {
      this.removeEventListener('close', failed)
    }
  }
}
