import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { ClientOptions, Place } from './peer.js'
import { probes, type Probed } from './probe.js'
import { placeOf } from './sockets.js'
import { inTurns } from './tally.js'

// A bare server of node:net that holds connections and does nothing with them: what no server of this runtime can be smaller than.

/** The server. */
export interface Holder extends Probed {
  place(): Promise<Place>
}

/** The clients. */
export interface Held {
  connect(count: number): Promise<void>
}

/** Connections that are being made at once. */
const DIALS = 16

/** The server's process. */
export async function server (): Promise<Holder> {
  const sockets = new Set<Socket>()
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.on('data', () => {})
    socket.on('error', () => {})
    socket.on('close', () => { sockets.delete(socket) })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { ...probes, place: async () => placeOf(listener) }
}

/** The clients' process. */
export async function clients ({ place }: ClientOptions): Promise<Held> {
  const sockets: Socket[] = []
  return {
    connect: count => inTurns(count, DIALS, async () => {
      const socket = connect({ port: place.port, host: '127.0.0.1' })
      await once(socket, 'connect')
      sockets.push(socket)
    })
  }
}
