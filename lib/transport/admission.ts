import type { Socket } from 'node:net'
import type { Address } from './listener.js'

/**
 * Asked about a connection before anything is read of it, TLS included. Undefined turns it away. Else what is given back is
 * called once, when the connection is handed on or is gone before that.
 */
export type Admit = (remote: Address) => (() => void) | undefined

/** Sockets that were let in and are not connections yet. */
export class Entrance {
  readonly #admit: Admit
  readonly #entered = new WeakMap<Socket, () => void>()

  constructor (admit: Admit) {
    this.#admit = admit
  }

  /** Takes a socket in, or destroys it. */
  enter (socket: Socket): void {
    const leave = this.#admit({ host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 })
    if (leave === undefined) {
      socket.destroy()
      return
    }
    this.#entered.set(socket, leave)
    socket.once('close', () => { this.leave(socket) })
  }

  /** What enters is a connection now, or gone. */
  leave (socket: Socket): void {
    const leave = this.#entered.get(socket)
    this.#entered.delete(socket)
    leave?.()
  }
}
