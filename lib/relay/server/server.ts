import { stack, type NovaLink, type Peer } from '../../nova/index.js'
import { asError, deferred, ignore, type Duplex } from '../../stream/index.js'
import type { Address, Listener } from '../../transport/tcp.js'
import { relayError } from '../errors.js'
import { listenAll } from './listeners.js'
import { Member } from './member.js'
import { Members } from './members.js'
import { checkLimits, type CheckedLimits, type RelayEvent, type RelayOptions } from './options.js'
import { Router } from './router.js'

/** Packets that a connection may have in flight. */
const MAX_PACKETS = 256

/** A relay that runs. */
export interface Relay {
  /** Where it listens on TCP, if it does. */
  readonly tcp: Address | undefined
  /** Where it listens for WebSockets, if it does: a `ws:` URL. */
  readonly websocket: string | undefined
  /** Connections that stand or are in their handshake. */
  readonly connections: number
  /** Resolves when it has stopped, however. */
  readonly closed: Promise<void>
  /**
   * Serves a connection of any other transport; it is the relay's from then on.
   *
   * @returns a promise that resolves when the connection has proved who it is, or was refused; it never rejects
   */
  accept(duplex: Duplex): Promise<void>
  /** Stops listening, finishes what is under way and ends every link in order, each within its `closeTimeout`. Never rejects. */
  close(): Promise<void>
  /** Stops listening and ends every connection at once. */
  abort(reason?: Error): void
}

/**
 * Starts a relay: a server that carries packets between connections that have proved who they are, and can read none
 * of what peers send each other by their sessions. Links are hardened; the seed's wire, where nobody proves anything,
 * is not served. Whoever comes later with the same identity takes over, once it has proved to be present.
 *
 * @throws ERR_LIMIT_OPTION, ERR_TRANSPORT_LISTEN
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { startRelay } from 'hushwire/relay/server'
 *
 * const relay = await startRelay({ identity: createIdentity(), tcp: { port: 0 } })
 * console.log(relay.tcp?.port)
 * await relay.close()
 * ```
 */
export async function startRelay (options: RelayOptions): Promise<Relay> {
  const server = new RelayServer(options)
  const accept = (duplex: Duplex): Promise<void> => server.accept(duplex)
  const { tcp, websocket, listeners } = await listenAll(options, server.limits, accept)
  server.listeners = listeners
  return {
    tcp,
    websocket,
    get connections () { return server.connections },
    closed: server.closed,
    accept,
    close: () => server.close(),
    abort: reason => { server.abort(reason) }
  }
}

class RelayServer {
  readonly limits: CheckedLimits
  listeners: readonly Listener[] = []
  readonly #options: RelayOptions
  readonly #members = new Members()
  readonly #router: Router
  readonly #pending = new Set<Duplex>()
  readonly #links = new Set<NovaLink>()
  readonly #closed = deferred()
  /** What is in flight must all be forwarded: packets that wait to be would keep the others' next frames from being read. */
  readonly #offer: { maxPackets: number }
  #closing = false

  constructor (options: RelayOptions) {
    this.#options = options
    this.limits = checkLimits(options.limits)
    this.#offer = { maxPackets: Math.min(MAX_PACKETS, this.limits.maxForwarding) }
    this.#router = new Router(this.#members, options, (header, code, error) => {
      this.#report({ type: 'undelivered', header, code, error })
    })
  }

  get connections (): number { return this.#pending.size + this.#links.size }
  get closed (): Promise<void> { return this.#closed.promise }

  async accept (duplex: Duplex): Promise<void> {
    try {
      this.#admit()
      this.#pending.add(duplex)
      const { identity, verify = () => true, postQuantum, slowConsumer } = this.#options
      const link = await stack(duplex, { role: 'responder', identity, verify, postQuantum, slowConsumer, offer: this.#offer, limits: this.limits.link })
      this.#pending.delete(duplex)
      this.#serve(link, link.remote as Peer)
    } catch (thrown) {
      const error = asError(thrown)
      duplex.abort(error)
      this.#report({ type: 'refused', error })
    } finally {
      this.#pending.delete(duplex)
      this.#settle()
    }
  }

  async close (): Promise<void> {
    this.#stop(relayError('ERR_RELAY_CLOSED'))
    await Promise.all([...this.#links].map(link => link.close().catch(ignore)))
    await this.closed
  }

  abort (reason: Error = relayError('ERR_RELAY_CLOSED')): void {
    this.#stop(reason)
    for (const link of this.#links) link.abort(reason)
  }

  #stop (reason: Error): void {
    this.#closing = true
    for (const duplex of this.#pending) duplex.abort(reason)
    void Promise.all(this.listeners.map(listener => listener.close())).then(() => { this.#settle() })
  }

  #settle (): void {
    if (this.#closing && this.connections === 0) this.#closed.resolve()
  }

  #admit (): void {
    if (this.#closing) throw relayError('ERR_RELAY_CLOSED')
    if (this.connections >= this.limits.maxConnections || this.#pending.size >= this.limits.maxPending) throw relayError('ERR_RELAY_FULL')
  }

  #serve (link: NovaLink, remote: Peer): void {
    const member = new Member(link, remote, this.limits)
    this.#links.add(link)
    const gone = (error?: Error): void => {
      this.#links.delete(link)
      this.#members.leave(member)
      this.#report({ type: 'disconnected', id: member.id, error })
      this.#settle()
    }
    link.closed.then(() => { gone() }, (error: unknown) => { gone(asError(error)) })
    if (this.#closing) link.close().catch(ignore)
    // a greeting with a pinned key can be an old one, so it displaces nobody before its first packet has opened
    if (link.confirmed) this.#enter(member)
    // why it ended, `closed` tells
    this.#read(member).catch(ignore).finally(() => { this.#members.leave(member) })
  }

  async #read (member: Member): Promise<void> {
    let entered = member.link.confirmed
    for await (const packet of member.link.source) {
      if (!entered) this.#enter(member)
      entered = true
      member.track(this.#router.route(member, packet))
      for (let room = member.room(); room !== undefined; room = member.room()) await room
    }
  }

  #enter (member: Member): void {
    // its first packet was read after its connection had ended: nothing would ever take it out again
    if (member.gone) return
    const before = this.#members.enter(member)
    this.#report({ type: 'connected', id: member.id })
    if (before === undefined) return
    this.#report({ type: 'taken-over', id: member.id })
    before.link.abort(relayError('ERR_RELAY_TAKEN_OVER'))
  }

  #report (event: RelayEvent): void {
    const { onEvent } = this.#options
    if (onEvent === undefined) return
    const tell = async (): Promise<void> => { onEvent(event) }
    tell().catch(ignore)
  }
}
