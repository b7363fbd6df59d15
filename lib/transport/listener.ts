import { asError, deferred } from '../stream/index.js'
import type { Transport } from './connection.js'
import type { ServerTls } from './tls-options.js'

/** One end of a connection. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What listens. */
export interface Listener<C extends Transport = Transport> {
  readonly address: Address
  readonly port: number
  /** Those that stand. */
  readonly connections: ReadonlySet<C>
  /** Resolves when no more connections are accepted. */
  readonly closed: Promise<void>
  /** Stops accepting. Connections that stand are left to whoever has them. Never rejects. */
  close(): Promise<void>
  /** Stops accepting, and aborts the connections that stand. */
  abort(reason: Error): void
  /**
   * Shows another certificate to whoever connects from now on; connections that stand keep what they have. When it cannot be
   * used, the old one stays.
   *
   * @throws ERR_TRANSPORT_CERTIFICATE, also when the listener does not speak TLS
   */
  reload(tls: ServerTls): void
}

/** The connections of a listener, and its end; how it stops is the transport's. */
export class Listening<C extends Transport> implements Listener<C> {
  readonly address: Address
  readonly connections = new Set<C>()
  readonly #stop: () => Promise<void>
  readonly #reload: (tls: ServerTls) => void
  readonly #closed = deferred()
  #closing = false

  constructor (address: Address, stop: () => Promise<void>, reload: (tls: ServerTls) => void) {
    this.address = address
    this.#stop = stop
    this.#reload = reload
  }

  get port (): number { return this.address.port }
  get closed (): Promise<void> { return this.#closed.promise }

  /** Keeps a connection while it stands, and hands it on; it is aborted when that fails. */
  accept (connection: C, onConnection: (connection: C) => void | Promise<void>): void {
    this.connections.add(connection)
    const gone = (): void => { this.connections.delete(connection) }
    connection.closed.then(gone, gone)
    const handle = async (): Promise<void> => { await onConnection(connection) }
    handle().catch((error: unknown) => { connection.abort(asError(error)) })
  }

  close (): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      this.#stop().then(this.#closed.resolve, this.#closed.resolve)
    }
    return this.closed
  }

  abort (reason: Error): void {
    void this.close()
    for (const connection of this.connections) connection.abort(reason)
  }

  reload (tls: ServerTls): void { this.#reload(tls) }
}
