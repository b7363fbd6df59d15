import { WebSocket } from 'ws'
import { codeOf, deferred, type Deferred, ignore, plain } from '../stream/index.js'
import type { Transport } from './connection.js'
import { dialling } from './dialling.js'
import { connectionError, dialError, transportError } from './errors.js'
import type { TransportLimits } from './limits.js'
import { MessageConnection, type MessageSocket } from './message-connection.js'
import type { ClientTls } from './tls-options.js'
import type { WebSocketDialOptions } from './websocket.js'

/** Opens a WebSocket by ws. */
export async function openWebSocket (url: string | URL, options: WebSocketDialOptions, limits: TransportLimits): Promise<Transport> {
  const socket = new WebSocket(url, [...options.protocols ?? []], { ...wsOptions(limits), ...trustOf(options.tls) })
  // always somebody who listens: ws reports what it is aborted with as an event
  socket.on('error', ignore)
  const gone = new Promise(resolve => { socket.once('close', resolve) })
  const connection = wrapWebSocket(socket, limits)
  try {
    await dialling({ ...limits, signal: options.signal }, (stands, refused) => {
      socket.once('open', stands)
      socket.once('error', error => { refused(dialError(error)) })
    })
  } catch (error) {
    socket.terminate()
    await gone
    throw error
  }
  return connection
}

function trustOf ({ ca, servername }: ClientTls = {}): { ca?: Buffer, servername?: string } {
  return { ...ca === undefined ? {} : { ca: Buffer.from(ca) }, ...servername === undefined ? {} : { servername } }
}

/** What ws is told, on both sides. */
export function wsOptions ({ maxMessage, closeTimeout }: TransportLimits): { maxPayload: number, perMessageDeflate: false, closeTimeout: number } {
  return { maxPayload: maxMessage, perMessageDeflate: false, closeTimeout }
}

/** A connection over a socket of ws. */
export function wrapWebSocket (socket: WebSocket, limits: TransportLimits): Transport {
  const connection = new MessageConnection(new WsSocket(socket), limits)
  socket.on('message', (data, isBinary) => {
    if (isBinary) connection.receiveMessage(plain(data as Buffer))
    else connection.receiveText()
  })
  socket.on('error', error => { connection.fail(receivedError(error)) })
  socket.on('close', code => { connection.receiveClose(code) })
  return connection
}

function receivedError (error: Error): Error {
  const code = codeOf(error)
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return transportError('ERR_TRANSPORT_MESSAGE_TOO_LARGE', undefined, error)
  if (code?.startsWith('WS_ERR_') === true) return transportError('ERR_TRANSPORT_PROTOCOL', code, error)
  return connectionError(error)
}

class WsSocket implements MessageSocket {
  readonly #socket: WebSocket
  readonly #onSent: () => void
  #sent: Deferred<void> | undefined

  constructor (socket: WebSocket) {
    this.#socket = socket
    this.#onSent = () => { this.#wake() }
    socket.once('close', this.#onSent)
  }

  send (bytes: Uint8Array): Promise<void> | undefined {
    this.#socket.send(bytes, this.#onSent)
    return this.#wait()
  }

  async flush (): Promise<void> {
    await this.#wait()
  }

  close (code: number): void { this.#socket.close(code) }
  reset (): void { this.#socket.terminate() }
  pause (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }

  /** While bytes are not yet with the kernel: until they are, or until the socket has closed. */
  #wait (): Promise<void> | undefined {
    if (this.#socket.bufferedAmount === 0 || this.#socket.readyState === WebSocket.CLOSED) return undefined
    this.#sent ??= deferred()
    return this.#sent.promise
  }

  #wake (): void {
    if (this.#sent === undefined || this.#wait() !== undefined) return
    this.#sent.resolve()
    this.#sent = undefined
  }
}
