import type { Socket } from 'node:net'
import type { Address } from './listener.js'

/**
 * Asked about a connection before anything is read of it, TLS included. Undefined turns it away. Else what is given back is
 * called once, when the connection is handed on or is gone before that.
 */
export type Admit = (remote: Address) => (() => void) | undefined

/** What names a connection of TCP while it stands, also where TLS has a socket of its own over it. */
export function endsOf ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`
}

/** Sockets that were let in and are not connections yet. */
export class Entrance {
  readonly #admit: Admit
  readonly #entered = new Map<string, () => void>()

  constructor (admit: Admit) {
    this.#admit = admit
  }

  /** Takes a socket of TCP in, or destroys it. */
  enter (socket: Socket): void {
    const leave = this.#admit({ host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 })
    if (leave === undefined) {
      socket.destroy()
      return
    }
    const ends = endsOf(socket)
    this.#entered.set(ends, leave)
    socket.once('close', () => { if (this.#entered.get(ends) === leave) this.#leave(ends) })
  }

  /** What had entered, or TLS over it, is a connection now. */
  leave (socket: Socket): void {
    this.#leave(endsOf(socket))
  }

  #leave (ends: string): void {
    const leave = this.#entered.get(ends)
    this.#entered.delete(ends)
    leave?.()
  }
}
