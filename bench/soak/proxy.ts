import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { ignore } from '../../lib/stream/index.js'
import { placeOf } from '../peers/sockets.js'

/** Milliseconds that bytes before a reset have to arrive: a reset takes with it what was not read. */
const ARRIVAL = 50

/** One connection through a proxy: its client's side and the server's. */
class Pair {
  readonly client: Socket
  readonly server: Socket
  #held = false
  /** Nothing of it is passed on any more, ends and resets neither. */
  #dead = false
  #cutAfter = Infinity

  constructor (client: Socket, port: number) {
    this.client = client
    this.server = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.#pass(this.client, this.server)
    this.#pass(this.server, this.client)
  }

  hold (): void {
    this.#held = true
    this.client.pause()
    this.server.pause()
  }

  heal (): void {
    if (this.#dead) return
    this.#held = false
    this.client.resume()
    this.server.resume()
    if (this.client.destroyed || this.server.destroyed) this.reset()
  }

  vanish (): void {
    this.#dead = true
    this.hold()
  }

  /** Cuts the connection once so many more bytes have come from the server. */
  cutAfter (bytes: number): void {
    this.#cutAfter = bytes
  }

  /** From now on the client is given so many bytes a second, and the server's socket is read no faster. */
  drip (perSecond: number): NodeJS.Timeout {
    this.server.removeAllListeners('data').pause()
    return setInterval(() => {
      const byte = this.server.read(1) as Buffer | null
      if (byte !== null && !this.client.destroyed) this.client.write(byte)
    }, 1000 / perSecond)
  }

  reset (): void {
    this.client.resetAndDestroy()
    this.server.resetAndDestroy()
  }

  #pass (from: Socket, to: Socket): void {
    from.on('error', ignore)
    from.on('data', bytes => { this.#take(from, to, bytes) })
    from.on('end', () => { if (!this.#held) to.end() })
    from.on('close', hadError => {
      if (this.#held) return
      if (hadError) this.reset()
      else to.end()
    })
    to.on('drain', () => { if (!this.#held) from.resume() })
  }

  #take (from: Socket, to: Socket, bytes: Buffer): void {
    // what was read before the line was cut is lost with it
    if (this.#dead || to.destroyed) return
    if (from === this.server && bytes.byteLength > this.#cutAfter) {
      to.write(bytes.subarray(0, this.#cutAfter))
      this.vanish()
      setTimeout(() => { this.reset() }, ARRIVAL)
      return
    }
    if (from === this.server) this.#cutAfter -= bytes.byteLength
    if (!to.write(bytes)) from.pause()
  }
}

/** What stands between clients and a relay on loopback, and does to their connections what networks do. */
export class Proxy {
  readonly port: number
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #drips: NodeJS.Timeout[] = []
  #held = false

  /** @param target - the relay's port */
  static async start (target: number): Promise<Proxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Proxy(server, target)
  }

  private constructor (server: Server, target: number) {
    this.#server = server
    this.port = placeOf(server).port
    server.on('connection', client => {
      const pair = new Pair(client, target)
      this.#pairs.add(pair)
      if (this.#held) pair.hold()
      client.once('close', () => { if (pair.server.destroyed) this.#pairs.delete(pair) })
      pair.server.once('close', () => { if (client.destroyed) this.#pairs.delete(pair) })
    })
  }

  /** Nothing passes in either direction, of connections that stand and of new ones, until {@link heal}. */
  partition (): void {
    this.#held = true
    for (const pair of this.#pairs) pair.hold()
  }

  /** Everything passes again, what was held among it. */
  heal (): void {
    this.#held = false
    for (const pair of this.#pairs) pair.heal()
  }

  /** Nothing more of the connections that stand passes, and neither side is told; new ones pass. */
  vanish (): void {
    for (const pair of this.#pairs) pair.vanish()
  }

  /** Resets the connections that stand once so many more bytes have come from the relay, which is in the middle of a frame mostly. */
  cutAfter (bytes: number): void {
    for (const pair of this.#pairs) pair.cutAfter(bytes)
  }

  /** Gives the clients of connections that stand so many bytes a second. */
  drip (perSecond: number): void {
    for (const pair of this.#pairs) this.#drips.push(pair.drip(perSecond))
  }

  stop (): void {
    for (const drip of this.#drips) clearInterval(drip)
    for (const pair of this.#pairs) pair.reset()
    this.#server.close()
  }
}
