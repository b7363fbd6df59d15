import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { RelayActor } from './relay-actor.js'
import { selfSigned } from './certificate.js'
import type { Place } from './peer.js'
import { placeOf } from './sockets.js'

// A hub over node:tls that forwards messages from one connection to another and does nothing else: no accounts, no limits, no
// streams, and no memory that is bounded: what a socket does not take yet waits in it. What many connections cost by themselves shows in it.

const SUITE = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' } as const
/** Before each message: whom it is for (16 bytes), and its length (4). */
const HEAD_BYTES = 20
const LENGTH_AT = 16

/** The hub. A client's first message says who it is. */
export async function hub (): Promise<Pick<RelayActor, 'place'>> {
  const certified = selfSigned()
  const clients = new Map<string, TLSSocket>()
  const listener = createServer({ ...certified, ...SUITE }, socket => {
    socket.setNoDelay(true)
    socket.on('error', () => { socket.destroy() })
    let known = false
    messages(socket, (target, message) => {
      if (known) clients.get(target)?.write(message)
      else clients.set(target, socket)
      known = true
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { place: async () => placeOf(listener, certified.cert) }
}

/** A client of the hub. */
export class HubClient {
  readonly #socket: TLSSocket

  static async connect (place: Place, id: Uint8Array, onMessage: (message: Uint8Array) => void): Promise<HubClient> {
    const socket = connect({ port: place.port, host: '127.0.0.1', servername: 'localhost', ca: place.proof as string, checkServerIdentity: () => undefined, ...SUITE })
    await once(socket, 'secureConnect')
    socket.setNoDelay(true)
    socket.on('error', () => { socket.destroy() })
    const client = new HubClient(socket)
    messages(socket, (_, message) => { onMessage(message.subarray(HEAD_BYTES)) })
    client.send(id, new Uint8Array(0))
    return client
  }

  private constructor (socket: TLSSocket) {
    this.#socket = socket
  }

  send (target: Uint8Array, content: Uint8Array): undefined {
    const message = Buffer.allocUnsafe(HEAD_BYTES + content.byteLength)
    message.set(target)
    message.writeUInt32BE(content.byteLength, LENGTH_AT)
    message.set(content, HEAD_BYTES)
    this.#socket.write(message)
  }
}

/** Cuts what comes into messages, heads and all. */
function messages (socket: TLSSocket, take: (target: string, message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    rest = rest.byteLength === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.byteLength >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUInt32BE(LENGTH_AT)
      if (rest.byteLength < end) return
      take(rest.toString('latin1', 0, LENGTH_AT), rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}
