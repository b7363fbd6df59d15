import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { ClientOptions, PeerClient, PeerServer, ServerOptions } from './peer.js'
import { placeOf, serveSocket, SocketClient } from './sockets.js'
import { Tally } from './tally.js'

// node:net, bare: what no protocol can be faster than.

/** The server. */
export async function server ({ mode }: ServerOptions): Promise<PeerServer> {
  const tally = new Tally()
  const listener = createServer(socket => { serveSocket(socket, tally, mode) }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    place: async () => placeOf(listener),
    expect: async work => { tally.expect(work, true) },
    arrived: () => tally.arrived()
  }
}

/** The client. */
export async function client ({ place }: ClientOptions): Promise<PeerClient> {
  const socket = connect({ port: place.port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return new SocketClient(socket)
}

/** A proxy: what a relay would be without frames and ciphers. */
export async function proxy ({ place }: ClientOptions): Promise<Pick<PeerServer, 'place'>> {
  const listener = createServer(near => {
    const far = connect({ port: place.port, host: '127.0.0.1', noDelay: true })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy() })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { place: async () => placeOf(listener) }
}
