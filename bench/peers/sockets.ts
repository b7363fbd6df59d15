import type { Socket } from 'node:net'
import { now } from '../harness/clock.js'
import type { PeerClient, Place, RoundTrips, Work } from './peer.js'
import { chunks, noise, timed, type Tally } from './tally.js'

/** What a server does with each socket. */
export function serveSocket (socket: Socket, tally: Tally, mode: 'count' | 'echo'): void {
  socket.setNoDelay(true)
  socket.on('error', () => { socket.destroy() })
  if (mode === 'echo') socket.on('data', bytes => { socket.write(bytes) })
  else socket.on('data', bytes => { tally.bytes(bytes.byteLength) })
}

/** A client over a socket of node:net or node:tls, the way their users write: until `write` says to wait. */
export class SocketClient implements PeerClient {
  readonly #socket: Socket

  constructor (socket: Socket) {
    socket.setNoDelay(true)
    this.#socket = socket
  }

  async send (work: Work): Promise<number> {
    const from = now()
    for (const chunk of chunks(work)) if (!this.#socket.write(chunk)) await drained(this.#socket)
    return from
  }

  echo (count: number, size: number): Promise<RoundTrips> {
    const message = noise(size)
    const replies = new Replies(this.#socket)
    return timed(count, async () => {
      const back = replies.wait(size)
      this.#socket.write(message)
      await back
    })
  }
}

/** Waits for bytes, without anything between the socket's event and who waits. */
class Replies {
  #missing = 0
  #resolve: (() => void) | undefined

  constructor (socket: Socket) {
    socket.on('data', bytes => {
      this.#missing -= bytes.byteLength
      if (this.#missing === 0) this.#resolve?.()
    })
  }

  wait (bytes: number): Promise<void> {
    this.#missing = bytes
    return new Promise(resolve => { this.#resolve = resolve })
  }
}

/** Resolves when the socket takes more. */
export function drained (socket: Socket): Promise<void> {
  return new Promise(resolve => { socket.once('drain', resolve) })
}

/** Where a server that listens can be found. */
export function placeOf (server: { address(): unknown }, proof?: string): Place {
  return { port: (server.address() as { port: number }).port, proof }
}
