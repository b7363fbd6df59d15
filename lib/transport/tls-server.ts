import type { Server, Socket } from 'node:net'
import { createServer as createTls, type TLSSocket } from 'node:tls'
import { codeOf, ignore } from '../stream/index.js'
import { endsOf } from './admission.js'
import { handshakeError, transportError } from './errors.js'
import type { Address } from './listener.js'
import type { Pem, ServerTls } from './tls-options.js'

/** A server of Node that shows a certificate. */
interface CertifiedServer {
  setSecureContext(options: { cert: Buffer, key: Buffer }): void
}

/** Told what goes wrong while listening, and with whom where it is one connection. */
export type OnListenError = (error: Error, remote?: Address) => void

/** What Node is told of a certificate. @throws ERR_TRANSPORT_CERTIFICATE */
export function certificateOf (tls: ServerTls): { cert: Buffer, key: Buffer } {
  const { cert, key }: Partial<ServerTls> = tls
  if (!isPem(cert) || !isPem(key)) throw transportError('ERR_TRANSPORT_CERTIFICATE', 'cert and key are both needed')
  return { cert: Buffer.from(cert), key: Buffer.from(key) }
}

function isPem (pem: unknown): pem is Pem {
  return (typeof pem === 'string' || pem instanceof Uint8Array) && pem.length > 0
}

/** Does what takes a certificate. @throws ERR_TRANSPORT_CERTIFICATE */
export function withCertificate<T> (tls: ServerTls, work: (certificate: { cert: Buffer, key: Buffer }) => T): T {
  const certificate = certificateOf(tls)
  try {
    return work(certificate)
  } catch (error) {
    throw transportError('ERR_TRANSPORT_CERTIFICATE', codeOf(error), error)
  }
}

/** Shows another certificate from now on; connections that stand keep what they have. @throws ERR_TRANSPORT_CERTIFICATE */
export function reloadCertificate (server: object, tls: ServerTls): void {
  if (!('setSecureContext' in server)) throw transportError('ERR_TRANSPORT_CERTIFICATE', 'this listener has none')
  withCertificate(tls, certificate => { (server as CertifiedServer).setSecureContext(certificate) })
}

/** Ends what has not finished its handshake in time. Node's own `handshakeTimeout` begins anew at each of its steps. */
export function limitHandshakes (server: Server, timeout: number): void {
  const timers = new Map<string, NodeJS.Timeout>()
  const stop = (socket: Socket): void => {
    const ends = endsOf(socket)
    clearTimeout(timers.get(ends))
    timers.delete(ends)
  }
  server.on('connection', (socket: Socket) => {
    const ends = endsOf(socket)
    const timer = setTimeout(() => { socket.destroy() }, timeout)
    timers.set(ends, timer)
    socket.once('close', () => {
      clearTimeout(timer)
      if (timers.get(ends) === timer) timers.delete(ends)
    })
  })
  server.on('secureConnection', stop)
}

/** Tells of handshakes that failed, and lets go of their sockets: one that was not finished in time leaves its own as it is. */
export function reportHandshakes (server: Server, onError: OnListenError): void {
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    const remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    socket.destroy()
    onError(handshakeError(error), remote)
  })
}

/** A server of TLS that hands on each socket with the one of TCP below it, which alone can be reset. @throws ERR_TRANSPORT_CERTIFICATE */
export function tlsServer (tls: ServerTls, handshakeTimeout: number, onSocket: (socket: TLSSocket, below: Socket) => void, onError: OnListenError): Server {
  const server = withCertificate(tls, certificate => createTls({ ...certificate, handshakeTimeout, noDelay: true, allowHalfOpen: true }))
  limitHandshakes(server, handshakeTimeout)
  /** By its ends, which no other connection has while it stands. */
  const below = new Map<string, Socket>()
  server.on('connection', (socket: Socket) => {
    const ends = endsOf(socket)
    below.set(ends, socket)
    socket.once('close', () => { if (below.get(ends) === socket) below.delete(ends) })
  })
  server.on('secureConnection', socket => {
    socket.on('error', ignore)
    const raw = below.get(endsOf(socket))
    if (raw === undefined) socket.destroy()
    else onSocket(socket, raw)
  })
  reportHandshakes(server, onError)
  return server
}
