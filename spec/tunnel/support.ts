import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { ConnectOptions } from '../../lib/relay/index.js'
import { connectTunnel, expose, type ConnectTunnelOptions, type ExposeOptions, type Exposure, type Tunnel, type TunnelEvent } from '../../lib/tunnel/index.js'
import { Channel, type Duplex } from '../../lib/stream/index.js'
import { World, type TestClient } from '../relay/client/support.js'

/** What happened at one end, in order. */
export type Events = Channel<TunnelEvent>

/** A relay, a client that exposes and one that connects, contacts of each other. */
export class TunnelWorld extends World {
  readonly exposed: Events = new Channel({ maxItems: Infinity, sizeOf: () => 0 })
  readonly connected: Events = new Channel({ maxItems: Infinity, sizeOf: () => 0 })
  readonly #closers: Array<() => Promise<void>> = []
  bob!: TestClient
  alice!: TestClient
  /** While true, Alice alone does not find the relay. */
  aliceDown = false

  /** The same over sockets of this machine. */
  static async startOnLoopback (): Promise<TunnelWorld & { readonly place: { url: string, dial: undefined } }> {
    const world = new TunnelWorld({ tcp: { port: 0 } })
    await world.begin()
    const place = { url: `tcp://127.0.0.1:${world.relay.tcp?.port ?? 0}`, dial: undefined }
    await world.#couple(place)
    return Object.assign(world, { place })
  }

  static async startTunnels (options: Partial<ConnectOptions> = {}): Promise<TunnelWorld> {
    const world = new TunnelWorld()
    await world.begin()
    const dial = async (): Promise<Duplex> => {
      if (world.aliceDown) throw new Error('nobody listens')
      return world.dial()
    }
    await world.#couple(options, { dial, ...options })
    return world
  }

  async #couple (ofBob: Partial<ConnectOptions>, ofAlice = ofBob): Promise<void> {
    this.bob = await this.client({ accept: 'contacts', ...ofBob })
    this.alice = await this.client({ accept: 'contacts', ...ofAlice })
    await this.bob.contacts.trust(this.alice.identity.publicKey)
    await this.alice.contacts.trust(this.bob.identity.publicKey)
  }

  /** Bob exposes. */
  expose (services: ExposeOptions['services'], options: Partial<ExposeOptions> = {}): Exposure {
    const exposure = expose(this.bob, { services, onEvent: event => { void this.exposed.push(event) }, ...options })
    this.#closers.push(() => exposure.close())
    return exposure
  }

  /** Alice connects. */
  async connect (options: ConnectTunnelOptions = {}): Promise<Tunnel> {
    const tunnel = await connectTunnel(this.alice, this.bob.id, { onEvent: event => { void this.connected.push(event) }, ...options })
    this.#closers.push(() => tunnel.close())
    return tunnel
  }

  /** A service, exposed and connected to. */
  async tunnelTo (port: number, options: ConnectTunnelOptions = {}): Promise<Tunnel> {
    this.expose({ web: { port } })
    return this.connect(options)
  }

  override async end (): Promise<void> {
    await Promise.all(this.#closers.map(close => close()))
    await super.end()
  }
}

/** A TCP service that does with each connection as it is told. Sockets stay open one way after the other side's end. */
export async function service (onSocket: (socket: Socket) => void): Promise<{ port: number, server: Server, sockets: Set<Socket>, close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => { sockets.delete(socket) })
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    server,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise(resolve => server.close(resolve))
    }
  }
}

/** How one side of a TCP connection ended: `end`, or with a code of Node. */
export type End = string

/** One side of a TCP connection in the hands of a test, which reads all that comes. */
export class Caller {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  #length = 0
  #over: End | undefined
  #wake: () => void = () => {}

  /** Resolves when the socket is gone: with the code that it failed with, if it did. */
  readonly gone: Promise<string | undefined>

  constructor (socket: Socket) {
    this.socket = socket
    let failure: string | undefined
    socket.on('error', error => { failure ??= (error as NodeJS.ErrnoException).code })
    this.gone = new Promise(resolve => { socket.once('close', () => { resolve(failure) }) })
    const over = (how: End): void => {
      this.#over ??= how
      this.#wake()
    }
    socket.on('data', bytes => {
      this.#chunks.push(bytes)
      this.#length += bytes.byteLength
      this.#wake()
    })
    // libuv takes a reset that comes together with bytes for an end; what is written then tells (docs/decisions/tcp-reset.md)
    socket.on('end', () => {
      if (socket.writable) socket.write(new Uint8Array(0), error => { over(error === null || error === undefined ? 'end' : 'ECONNRESET') })
      else over('end')
    })
    socket.on('error', error => { over((error as NodeJS.ErrnoException).code ?? error.message) })
    socket.on('close', () => { over('close') })
  }

  static async dial (port: number): Promise<Caller> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const caller = new Caller(socket)
    // a reset can come before Node has seen the connection stand
    await new Promise<void>(resolve => { socket.once('connect', resolve).once('close', () => { resolve() }) })
    return caller
  }

  /** Bytes that have come so far. */
  get length (): number { return this.#length }
  /** What has come so far. */
  get bytes (): Buffer { return Buffer.concat(this.#chunks) }
  get text (): string { return this.bytes.toString() }

  /** Resolves when so many bytes have come; rejects when it is over before. */
  async until (length: number): Promise<void> {
    while (this.#length < length) {
      if (this.#over !== undefined) throw new Error(`over with ${this.#over} after ${this.#length} of ${length} bytes`)
      await this.#news()
    }
  }

  /** How the other side ended. */
  async ended (): Promise<End> {
    while (this.#over === undefined) await this.#news()
    return this.#over
  }

  #news (): Promise<void> {
    return new Promise(resolve => { this.#wake = resolve })
  }
}

/** The next event of a type. */
export async function event<Type extends TunnelEvent['type']> (events: Events, type: Type): Promise<Extract<TunnelEvent, { type: Type }>> {
  for (;;) {
    const { value } = await events.next()
    if ((value as TunnelEvent).type === type) return value as Extract<TunnelEvent, { type: Type }>
  }
}
