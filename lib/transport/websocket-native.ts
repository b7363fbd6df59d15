import { streamError } from '../stream/index.js'
import type { Transport } from './connection.js'
import { dialling } from './dialling.js'
import { transportError } from './errors.js'
import type { TransportLimits } from './limits.js'
import { MessageConnection, type MessageSocket } from './message-connection.js'
import type { WebSocketDialOptions } from './websocket.js'

/** Bytes that may wait to be sent before a writer waits; there is no event for less, so it is asked for. */
const MAX_BUFFERED = 1_048_576
const ASK_EVERY = 4
/** What a message that waits counts for beside its bytes. */
const MESSAGE_OVERHEAD = 64
/** A page cannot break a connection off; this code, of the range for applications, says that it wanted to. */
const RESET_CODE = 4000

/** Opens the platform's own WebSocket. */
export async function openWebSocket (url: string | URL, options: WebSocketDialOptions, limits: TransportLimits): Promise<Transport> {
  if (options.tls !== undefined) throw streamError('ERR_ARGUMENT', 'a browser trusts whom it trusts: tls is for Node')
  const socket = new WebSocket(url, [...options.protocols ?? []])
  socket.binaryType = 'arraybuffer'
  const native = new NativeSocket(socket)
  const connection = new MessageConnection(native, limits)
  native.listen(connection, limits)
  try {
    await dialling({ ...limits, signal: options.signal }, (stands, refused) => {
      socket.addEventListener('open', stands, { once: true })
      socket.addEventListener('error', () => { refused(transportError('ERR_TRANSPORT_CONNECT')) }, { once: true })
    })
  } catch (error) {
    socket.close()
    throw error
  }
  return connection
}

class NativeSocket implements MessageSocket {
  readonly #socket: WebSocket
  #paused = false
  #overflow = 0

  constructor (socket: WebSocket) {
    this.#socket = socket
  }

  listen (connection: MessageConnection, { maxOverflow, maxMessage }: TransportLimits): void {
    const socket = this.#socket
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') connection.receiveText()
      else if (data.byteLength > maxMessage) connection.fail(transportError('ERR_TRANSPORT_MESSAGE_TOO_LARGE'))
      else if (this.#overflows(data.byteLength, maxOverflow)) connection.fail(transportError('ERR_TRANSPORT_OVERFLOW'))
      else connection.receiveMessage(new Uint8Array(data))
    })
    socket.addEventListener('close', ({ code, wasClean }) => { connection.receiveClose(wasClean ? code : 1006) })
  }

  send (bytes: Uint8Array): Promise<void> | undefined {
    // copied by the platform at once
    this.#socket.send(bytes)
    return this.#socket.bufferedAmount > MAX_BUFFERED ? this.#drained(MAX_BUFFERED / 2) : undefined
  }

  flush (): Promise<void> { return this.#drained(0) }

  close (code: number): void { this.#socket.close(code) }
  reset (): void { this.#socket.close(RESET_CODE) }
  pause (): void { this.#paused = true }

  resume (): void {
    this.#paused = false
    this.#overflow = 0
  }

  #overflows (bytes: number, limit: number): boolean {
    if (!this.#paused) return false
    this.#overflow += bytes + MESSAGE_OVERHEAD
    return this.#overflow > limit
  }

  async #drained (limit: number): Promise<void> {
    while (this.#socket.bufferedAmount > limit && this.#socket.readyState === WebSocket.OPEN) {
      await new Promise(resolve => { setTimeout(resolve, ASK_EVERY) })
    }
  }
}
