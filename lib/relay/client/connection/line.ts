import { GOAWAY_CODES } from '../../../nova/index.js'
import { abortable, asError, deferred, ignore, pause, type Deferred } from '../../../stream/index.js'
import { Backoff } from './backoff.js'
import type { RelayClient } from '../client.js'
import { clientError } from '../errors.js'
import type { Receiving } from '../mail/receiving.js'

/** What a client tells about its connection. */
export type ClientState =
  /** A connection is being made. */
  | { readonly type: 'connecting' }
  /** A connection stands. */
  | { readonly type: 'connected' }
  /** There is none, because of `error`; the next try is in `delay` milliseconds. */
  | { readonly type: 'waiting', readonly error: Error, readonly delay: number }
  /** There will be none any more: the client was closed, or `error` is one that another try cannot heal. */
  | { readonly type: 'closed', readonly error: Error | undefined }

/** A connection as it was made, with the mail that it brings. */
export interface MadeConnection extends RelayClient {
  readonly receiving: Receiving
}

/** A connection that stands, or stood. */
export interface Connection extends MadeConnection {
  /** Aborts when the connection is gone. */
  readonly ended: AbortSignal
}

/** What a {@link Line} is made with. */
export interface LineOptions {
  /** Makes one connection. `onGoaway` is called with the code when the relay takes nothing more on it. */
  open(signal: AbortSignal, onGoaway: (code: number) => void): Promise<MadeConnection>
  readonly reconnectMin: number
  readonly reconnectMax: number
  /** Connections that may take their time to finish; above it the oldest is broken off. */
  readonly maxLeaving: number
  /** Whether another try cannot heal what a connection failed with. */
  isFinal(error: Error): boolean
  /** Why a goaway with this code is final, if it is. */
  finalGoaway(code: number): Error | undefined
  /** A new connection stands; what it throws ends the line. */
  onConnection(connection: Connection): void
  onState(state: ClientState): void
}

/** The way to the relay: one connection after another. */
export class Line {
  /** Resolves when the first connection stands; rejects when the first try has failed. */
  readonly first: Promise<void>
  readonly #options: LineOptions
  readonly #first = deferred({ handled: true })
  readonly #stop = new AbortController()
  readonly #over = deferred({ handled: true })
  readonly #backoff: Backoff
  /** Connections that the relay takes nothing more on, which finish what they have begun, and the one in use. */
  readonly #connections = new Set<Connection>()
  #current: Connection | undefined
  #waiting: Deferred<Connection> | undefined
  #state: ClientState = { type: 'connecting' }
  #error: Error | undefined

  constructor (options: LineOptions) {
    this.#options = options
    this.first = this.#first.promise
    this.#backoff = new Backoff(options.reconnectMin, options.reconnectMax)
  }

  get state (): ClientState { return this.#state }
  /** Settles when no connection is left and none will come; rejects with what ended it, if it was not closed. */
  get closed (): Promise<void> { return this.#over.promise }
  /** The connection in use, if one stands. */
  get current (): Connection | undefined { return this.#current }

  /** Begins. */
  start (): void {
    this.#run().then(this.#over.resolve, this.#over.reject)
  }

  /**
   * The connection in use, or the next one.
   *
   * @throws the signal's reason, and what has ended the line (as rejections)
   */
  connected (signal?: AbortSignal): Promise<Connection> {
    if (this.#stop.signal.aborted) return Promise.reject(this.#error ?? clientError('ERR_RELAY_CLIENT_CLOSED'))
    if (this.#current !== undefined) return Promise.resolve(this.#current)
    this.#waiting ??= deferred<Connection>({ handled: true })
    return abortable(this.#waiting.promise, signal)
  }

  /** Makes no more connections, and lets those there are end in order. Never rejects. */
  async close (): Promise<void> {
    this.#end(undefined)
    await Promise.all([...this.#connections].map(connection => connection.close()))
    await this.closed.catch(ignore)
  }

  /** Ends everything at once with a cause. */
  fail (error: Error): void {
    this.#end(error)
    for (const { link } of this.#connections) link.abort(error)
  }

  async #run (): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const error = await this.#once()
      this.#first.reject(error)
      if (this.#stop.signal.aborted) break
      if (this.#options.isFinal(error)) this.fail(error)
      else await this.#wait(error)
    }
    await Promise.all([...this.#connections].map(({ closed }) => closed.catch(ignore)))
    if (this.#error !== undefined) throw this.#error
  }

  /** One connection, until it is lost or takes nothing more; gives why. */
  async #once (): Promise<Error> {
    this.#tell({ type: 'connecting' })
    const leaving = deferred<Error>()
    let displaced = false
    try {
      const connection = this.#standing(await this.#open(code => {
        displaced = code === GOAWAY_CODES.takenOver
        leaving.resolve(this.#options.finalGoaway(code) ?? clientError('ERR_RELAY_LEAVING', `code ${code}`))
      }))
      const since = performance.now()
      // what has ended in order, has said goaway before, unless we have ended it ourselves
      connection.closed.then(() => { leaving.resolve(clientError('ERR_RELAY_LEAVING')) }, (error: unknown) => { leaving.resolve(asError(error)) })
      this.#use(connection)
      const error = await leaving.promise
      this.#current = undefined
      // one that the relay drops as soon as it stands is no success; and two that take each other's place must not do so ever and again
      const success = displaced ? this.#options.reconnectMax : this.#options.reconnectMin
      if (performance.now() - since >= success) this.#backoff.reset()
      if (!connection.ended.aborted) this.#finish(connection)
      return error
    } catch (error) {
      this.#current = undefined
      return asError(error)
    }
  }

  /** A connection that is not made yet is given up when the line ends; one that stands ends in order. */
  async #open (onGoaway: (code: number) => void): Promise<MadeConnection> {
    const attempt = new AbortController()
    const giveUp = (): void => { attempt.abort(this.#stop.signal.reason) }
    this.#stop.signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await this.#options.open(attempt.signal, onGoaway)
    } finally {
      this.#stop.signal.removeEventListener('abort', giveUp)
    }
  }

  #standing (client: MadeConnection): Connection {
    const ended = new AbortController()
    const connection: Connection = { ...client, ended: ended.signal }
    this.#connections.add(connection)
    const gone = (): void => {
      this.#connections.delete(connection)
      if (this.#current === connection) this.#current = undefined
      ended.abort()
    }
    client.closed.then(gone, gone)
    return connection
  }

  #use (connection: Connection): void {
    if (this.#stop.signal.aborted) {
      void connection.close()
      return
    }
    this.#current = connection
    try {
      this.#options.onConnection(connection)
    } catch (error) {
      this.fail(asError(error))
      return
    }
    this.#waiting?.resolve(connection)
    this.#waiting = undefined
    this.#first.resolve()
    this.#tell({ type: 'connected' })
  }

  /** Lets a connection that the relay takes nothing more on finish what has begun, and ends it then. A relay that lets none finish must not have them pile up. */
  #finish (connection: Connection): void {
    connection.link.drained().then(() => connection.close()).catch(ignore)
    const [oldest] = this.#connections
    if (this.#connections.size > this.#options.maxLeaving) oldest?.link.abort(clientError('ERR_RELAY_LEAVING', 'too many that do not finish'))
  }

  async #wait (error: Error): Promise<void> {
    const delay = this.#backoff.next()
    this.#tell({ type: 'waiting', error, delay })
    await pause(delay, this.#stop.signal)
  }

  #end (error: Error | undefined): void {
    if (this.#stop.signal.aborted) return
    this.#error = error
    this.#current = undefined
    const reason = error ?? clientError('ERR_RELAY_CLIENT_CLOSED')
    this.#stop.abort(reason)
    this.#waiting?.reject(reason)
    this.#first.reject(reason)
    this.#tell({ type: 'closed', error })
  }

  #tell (state: ClientState): void {
    if (this.#state.type === 'closed') return
    this.#state = state
    this.#options.onState(state)
  }
}
