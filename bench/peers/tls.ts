import { once } from 'node:events'
import { connect, createServer } from 'node:tls'
import { selfSigned } from './certificate.js'
import type { ClientOptions, PeerClient, PeerServer, ServerOptions } from './peer.js'
import { placeOf, serveSocket, SocketClient } from './sockets.js'
import { Tally } from './tally.js'

// node:tls, TLS 1.3 with AES-256-GCM.

const SUITE = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' } as const

/** The server. */
export async function server ({ mode }: ServerOptions): Promise<PeerServer> {
  const tally = new Tally()
  const certified = selfSigned()
  const listener = createServer({ ...certified, ...SUITE }, socket => { serveSocket(socket, tally, mode) }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    place: async () => placeOf(listener, certified.cert),
    expect: async work => { tally.expect(work, true) },
    arrived: () => tally.arrived()
  }
}

/** The client. */
export async function client ({ place }: ClientOptions): Promise<PeerClient> {
  const socket = connect({ port: place.port, host: '127.0.0.1', servername: 'localhost', ca: place.proof as string, checkServerIdentity: () => undefined, ...SUITE })
  await once(socket, 'secureConnect')
  if (!socket.authorized) throw socket.authorizationError
  return new SocketClient(socket)
}

/** A proxy that ends TLS on both sides: what a relay does by hand, decrypted and encrypted again. */
export async function proxy ({ place }: ClientOptions): Promise<Pick<PeerServer, 'place'>> {
  const certified = selfSigned()
  const listener = createServer({ ...certified, ...SUITE }, near => {
    const far = connect({ port: place.port, host: '127.0.0.1', servername: 'localhost', ca: place.proof as string, checkServerIdentity: () => undefined, ...SUITE })
    far.setNoDelay(true)
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy() })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { place: async () => placeOf(listener, certified.cert) }
}
