import { CreditBudget, GOAWAY_CODES, stack, type NovaLink, type Peer } from '../../nova/index.js'
import type { Directory, Mailbox } from '../../store/index.js'
import { asError, deferred, delayOf, each, ignore, type Duplex } from '../../stream/index.js'
import type { Address, Listener, ServerTls } from '../../transport/tcp.js'
import { relayError } from '../errors.js'
import { admitAll, type Admission, type Admitted } from './admission.js'
import { checkOptions } from './check.js'
import { Heartbeat } from './heartbeat.js'
import { listenAll, reloadAll } from './listeners.js'
import { Member } from './member.js'
import { operationsOf } from './operations/index.js'
import { checkLimits, type CheckedLimits, type RelayOptions } from './options.js'
import { Requests } from './requests.js'
import { Router } from './router.js'
import { openService, type Service } from './service.js'

/** A relay that runs. */
export interface Relay {
  /** Where it listens on TCP, if it does. */
  readonly tcp: Address | undefined
  /** Where it listens for WebSockets, if it does: a `ws:` URL. */
  readonly websocket: string | undefined
  /** Connections that stand or are in their handshake. */
  readonly connections: number
  /** True from `drain`, `close` or `abort` on. */
  readonly draining: boolean
  /** Its accounts. */
  readonly directory: Directory
  /** The mail that waits. */
  readonly mailbox: Mailbox
  /** Resolves when it has stopped, however. */
  readonly closed: Promise<void>
  /**
   * Serves a connection of any other transport; it is the relay's from then on.
   *
   * @param about - `address`: where it comes from, for admission and events
   * @returns a promise that resolves when the connection has proved who it is, or was refused; it never rejects
   */
  accept(duplex: Duplex, about?: { readonly address?: string | undefined }): Promise<void>
  /**
   * Makes an invite, with which one identity can register where the rule is `invite`. The relay keeps its hash alone.
   *
   * @returns 32 bytes, to be given to whom it is for
   * @throws ERR_DIRECTORY_INVITES, and what the store does (as rejections)
   */
  invite(): Promise<Uint8Array>
  /**
   * Stops listening and tells every connection to begin nothing more here (goaway, with the code `shutdown`); deliveries end with
   * the message that is on its way. What is under way is finished and answered, each link is closed when it has nothing
   * left, and what has not come to an end in time is cut.
   *
   * @param options - `timeout`: milliseconds; default `drainTimeout`
   * @returns a promise that resolves when the relay has stopped; it never rejects
   */
  drain(options?: { readonly timeout?: number | undefined }): Promise<void>
  /** Stops listening, finishes what is under way and ends every link in order, each within its `closeTimeout`. Never rejects. */
  close(): Promise<void>
  /** Stops listening and ends every connection at once. */
  abort(reason?: Error): void
  /**
   * Shows another certificate to whoever connects from now on, on every listener that speaks TLS. Nothing changes when it cannot be used.
   *
   * @throws ERR_TRANSPORT_CERTIFICATE, also when none speaks TLS
   */
  reload(tls: ServerTls): void
}

/**
 * Starts a relay: a server that knows accounts, carries packets between connections that have proved who they are, and
 * keeps mail for those that are away. It can read none of what peers send each other. Links are hardened; the seed's wire,
 * where nobody proves anything, is not served. Whoever comes later with the same identity takes over.
 *
 * @throws ERR_ARGUMENT when an option is not what it may be, or none; ERR_LIMIT_OPTION, ERR_TRANSPORT_LISTEN, and what opening mailbox and directory in the store does
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { startRelay } from 'hushwire/relay/server'
 * import { openSqliteStore } from 'hushwire/store/sqlite'
 *
 * const store = await openSqliteStore({ folder: 'relay-data', onReport: report => { console.error(report) } })
 * const relay = await startRelay({ identity: createIdentity(), store, registration: { rule: 'invite' }, tcp: { port: 0 } })
 * const invite = await relay.invite()
 * console.log(relay.tcp?.port, invite.byteLength)
 * await relay.close()
 * await store.close()
 * ```
 */
export async function startRelay (options: RelayOptions): Promise<Relay> {
  checkOptions(options)
  const limits = checkLimits(options.limits)
  const service = await openService(options, limits)
  const server = new RelayServer(options, service)
  const accept = (duplex: Duplex, about?: { readonly address?: string | undefined }): Promise<void> => server.accept(duplex, about?.address)
  try {
    const { tcp, websocket, listeners } = await listenAll(options, limits, accept)
    server.listeners = listeners
    return {
      tcp,
      websocket,
      get connections () { return server.connections },
      get draining () { return service.draining },
      directory: service.directory,
      mailbox: service.mailbox,
      closed: server.closed,
      accept,
      invite: () => service.registrar.invite(),
      drain: options => server.drain(options?.timeout ?? limits.drainTimeout),
      close: () => server.close(),
      abort: reason => { server.abort(reason) },
      reload: tls => { reloadAll(options, listeners, tls) }
    }
  } catch (error) {
    server.abort()
    await server.closed
    throw error
  }
}

class RelayServer {
  listeners: readonly Listener[] = []
  readonly #options: RelayOptions
  readonly #service: Service
  readonly #limits: CheckedLimits
  readonly #admission: Admission
  readonly #router: Router
  readonly #pending = new Set<Duplex>()
  readonly #members = new Set<Member>()
  /** When each must have said hello. */
  readonly #hellos = new Map<Member, NodeJS.Timeout>()
  readonly #heartbeat: Heartbeat
  readonly #budget: CreditBudget
  readonly #closed = deferred()
  #closing = false
  #ended = false

  constructor (options: RelayOptions, service: Service) {
    this.#options = options
    this.#service = service
    this.#limits = service.limits
    this.#admission = options.admission ?? admitAll()
    this.#budget = new CreditBudget(this.#limits.creditBytes)
    this.#heartbeat = new Heartbeat({ limits: this.#limits, cutSlow: options.slowConsumer !== 'wait', report: service.report })
    const requests = new Requests(service, operationsOf(service, member => { this.#present(member) }))
    const { unknownTarget, onBytes } = options
    this.#router = new Router({ service, requests, admission: this.#admission, unknownTarget, onBytes })
  }

  get connections (): number { return this.#pending.size + this.#members.size }
  get closed (): Promise<void> { return this.#closed.promise }

  async accept (duplex: Duplex, address: string | undefined): Promise<void> {
    const deadline = performance.now() + this.#limits.helloTimeout
    let admitted: Admitted | undefined
    try {
      this.#admit()
      admitted = this.#admission.connection(address)
      this.#pending.add(duplex)
      const link = await this.#shake(admitted.duplex(duplex))
      const remote = link.remote as Peer
      admitted.shook(remote.id)
      this.#pending.delete(duplex)
      const listed = this.#service.registrar.lists(remote)
      if (!listed) this.#service.report({ type: 'refused', id: remote.id, address, error: relayError('ERR_RELAY_NOT_LISTED') })
      this.#serve(new Member(link, remote, { address, listed }, this.#limits, this.#service.report), admitted, deadline)
    } catch (thrown) {
      const error = asError(thrown)
      duplex.abort(error)
      admitted?.closed()
      this.#service.report({ type: 'refused', address, error })
    } finally {
      this.#pending.delete(duplex)
      this.#settle()
    }
  }

  async drain (timeout: number): Promise<void> {
    if (this.#closing) return this.closed
    this.#stop(relayError('ERR_RELAY_CLOSED'))
    this.#service.report({ type: 'draining' })
    for (const { link } of this.#members) link.goaway(GOAWAY_CODES.shutdown)
    const late = deferred()
    const timer = setTimeout(late.resolve, delayOf(timeout))
    await Promise.race([late.promise, Promise.all([...this.#members].map(member => finish(member)))])
    clearTimeout(timer)
    this.#service.report({ type: 'drained', unfinished: this.#members.size })
    for (const { link } of this.#members) link.abort(relayError('ERR_RELAY_CLOSED'))
    await this.closed
  }

  async close (): Promise<void> {
    this.#stop(relayError('ERR_RELAY_CLOSED'))
    await Promise.all([...this.#members].map(({ link }) => link.close().catch(ignore)))
    await this.closed
  }

  abort (reason: Error = relayError('ERR_RELAY_CLOSED')): void {
    this.#stop(reason)
    for (const { link } of this.#members) link.abort(reason)
  }

  #stop (reason: Error): void {
    this.#closing = true
    this.#service.draining = true
    for (const duplex of this.#pending) duplex.abort(reason)
    for (const { deliveries } of this.#members) deliveries?.end()
    void Promise.all(this.listeners.map(listener => listener.close())).then(() => { this.#settle() })
  }

  #settle (): void {
    if (!this.#closing || this.#ended || this.connections > 0) return
    this.#ended = true
    this.#heartbeat.stop()
    void this.#service.close().then(this.#closed.resolve)
  }

  #admit (): void {
    if (this.#closing) throw relayError('ERR_RELAY_CLOSED')
    if (this.connections >= this.#limits.maxConnections || this.#pending.size >= this.#limits.maxPending) throw relayError('ERR_RELAY_FULL')
  }

  #shake (duplex: Duplex): Promise<NovaLink> {
    const { identity, verify = () => true, postQuantum } = this.#options
    return stack(duplex, {
      role: 'responder',
      identity,
      verify,
      postQuantum,
      budget: this.#budget,
      limits: this.#limits.link
    })
  }

  #serve (member: Member, admitted: Admitted, deadline: number): void {
    const { link, id, address } = member
    this.#members.add(member)
    this.#heartbeat.add(member)
    const gone = (cause?: unknown): void => {
      this.#members.delete(member)
      this.#heartbeat.delete(member)
      this.#leave(member)
      admitted.closed()
      this.#service.report({ type: 'disconnected', id, address, greeted: member.greeted, error: cause === undefined ? undefined : asError(cause) })
      this.#settle()
    }
    // resolves with nothing
    link.closed.then(gone, gone)
    if (this.#closing) link.close().catch(ignore)
    this.#hellos.set(member, setTimeout(() => { link.abort(relayError('ERR_RELAY_HELLO')) }, delayOf(Math.max(1, deadline - performance.now()))))
    // why it ended, `closed` tells
    const left = (): void => { this.#leave(member) }
    this.#read(member).then(left, left)
  }

  #read (member: Member): Promise<void> {
    return each(member.link.source, packet => {
      member.underway.track(this.#router.route(member, packet))
      return member.underway.room() === undefined ? undefined : roomOf(member)
    })
  }

  /** A connection has said hello. */
  #present (member: Member): void {
    this.#stopHello(member)
    member.greeted = true
    this.#service.report({ type: 'connected', id: member.id, address: member.address })
  }

  #leave (member: Member): void {
    this.#stopHello(member)
    if (member.gone) return
    member.leave()
    this.#service.exchange.leave(member)
  }

  #stopHello (member: Member): void {
    clearTimeout(this.#hellos.get(member))
    this.#hellos.delete(member)
  }
}

/** Waits until a connection may have more under way. */
async function roomOf ({ underway }: Member): Promise<void> {
  for (let room = underway.room(); room !== undefined; room = underway.room()) await room
}

/** Waits until a connection has nothing under way, its answers included, and closes it. Never rejects. */
async function finish ({ link, underway }: Member): Promise<void> {
  do {
    await underway.idle()
    await link.drained()
  } while (!underway.empty)
  await link.close().catch(ignore)
  await link.closed.catch(ignore)
}
