import { toHex, uuidKey, type Uuid } from '../../../bytes/index.js'
import { crypto } from '../../../crypto/index.js'
import { KIND, RESET_CODES, resetError, type Message, type Peer, type PeerSession, type RelayError } from '../../../nova/index.js'
import { abortable, asError, Channel, codeOf, deadline, deferred, HushwireError, ignore, letGo, once, streamError, type Deferred } from '../../../stream/index.js'
import { clientError, statusError } from '../errors.js'
import type { Connection, Line } from '../connection/line.js'
import { LiveStream, Outgoing, asReset, type PeerStream } from './live-stream.js'
import { encodeOpen, encodeStreamAnswer, readStreamHead, STREAM_ID_BYTES } from './stream-head.js'

/** The limits of live streams, and their defaults. */
export const STREAM_LIMITS = {
  /** Streams that may be open at once, those that wait to be accepted among them. */
  maxStreams: 192,
  /** Of them, those that one peer has opened. */
  maxPeerStreams: 128,
  /** Milliseconds for opening a stream, and for accepting one. */
  openTimeout: 10_000,
  /** Milliseconds that `close` of a stream waits for the other side's end. */
  streamCloseTimeout: 10_000
} as const

/** How a stream is opened or accepted. */
export interface StreamOptions {
  /** zlib level of what is sent, 0 to 9; 0 for what an attacker has a part in, beside secrets (docs/security.md). */
  level?: number | undefined
}

/** How a stream is opened. */
export interface OpenStreamOptions extends StreamOptions {
  /** Milliseconds until the other side has accepted, the connection to the relay included. Default 10,000. */
  timeout?: number | undefined
  /** Gives up waiting; a stream that is open it does not touch. */
  signal?: AbortSignal | undefined
}

/** A stream that somebody wants to open. One of `accept` and `refuse` is called, within `openTimeout`. */
export interface IncomingStream {
  readonly peer: Peer
  readonly kind: bigint
  /** @throws ERR_RESET_STALLED when it is too late */
  accept(options?: StreamOptions): PeerStream
  /** Tells the other side no, by default that nobody takes it (ERR_RESET_REFUSED there); one of `RESET_CODES`. */
  refuse(code?: number): void
}

/** A stream that we have opened and that is not accepted yet. */
interface Opening {
  readonly session: PeerSession
  readonly answer: Deferred<{ message: Message, rest: AsyncIterableIterator<Uint8Array> }>
}

/** Live streams over the conversations of each connection. */
export class Streams {
  readonly incoming: AsyncIterable<IncomingStream>
  readonly #line: Line
  readonly #accepts: (peer: Peer) => Promise<boolean>
  readonly #limits: Readonly<Record<keyof typeof STREAM_LIMITS, number>>
  readonly #offered: Channel<Waiting>
  readonly #opening = new Map<string, Opening>()
  readonly #served = new WeakSet<PeerSession>()
  readonly #byPeer = new Map<string, number>()
  readonly #standing = new Set<LiveStream>()
  #open = 0

  constructor (line: Line, options: { accepts: (peer: Peer) => Promise<boolean>, limits: Readonly<Record<keyof typeof STREAM_LIMITS, number>> }) {
    this.#line = line
    this.#accepts = options.accepts
    this.#limits = options.limits
    this.#offered = new Channel<Waiting>({ maxItems: options.limits.maxStreams, sizeOf: () => 0 })
    this.incoming = this.#reader()
  }

  /** Streams that are open or wait to be accepted. */
  get open (): number { return this.#open }

  attach ({ peers }: Connection): void {
    const serve = async (): Promise<void> => {
      for await (const session of peers.incoming) this.#serve(session)
    }
    serve().catch(ignore)
  }

  /** Takes no more, and resets those that are open. */
  end (error?: Error): void {
    const reason = error ?? resetError(RESET_CODES.shutdown)
    for (const stream of this.#standing) stream.abort(reason)
    this.#refuseOffered()
    if (error === undefined) this.#offered.end()
    else this.#offered.fail(error)
  }

  /** See `PeerHandle.open`. */
  async dial (id: Uuid, kind: bigint, { timeout = this.#limits.openTimeout, signal, level }: OpenStreamOptions = {}): Promise<PeerStream> {
    if (this.#open >= this.#limits.maxStreams) throw clientError('ERR_RELAY_STREAMS', `${this.#limits.maxStreams}`)
    const limit = deadline(signal, timeout, () => streamError('ERR_TIMEOUT', 'a stream'))
    this.#open++
    const leave = (): void => { this.#open-- }
    try {
      const connection = await this.#line.connected(limit.signal)
      const session = await connection.peers.dial(id, { signal: limit.signal })
      this.#serve(session)
      const stream = await this.#ask(session, kind, level, limit.signal)
      stream.closed.then(leave, leave)
      return stream
    } catch (error) {
      leave()
      throw refusalOf(error)
    } finally {
      limit.done()
    }
  }

  /** Opens a stream within a conversation, and waits until it is accepted. */
  async #ask (session: PeerSession, kind: bigint, level: number | undefined, signal: AbortSignal): Promise<PeerStream> {
    const streamId = crypto.randomBytes(STREAM_ID_BYTES)
    const name = nameOf(session.peer, streamId)
    const opening: Opening = { session, answer: deferred({ handled: true }) }
    this.#opening.set(name, opening)
    const outgoing = new Outgoing(encodeOpen(streamId, kind))
    const sent = session.send(KIND.stream, outgoing, { flush: 'each', level })
    sent.then(() => { opening.answer.reject(resetError(RESET_CODES.gone)) }, (error: unknown) => { opening.answer.reject(unanswered(error)) })
    try {
      const { message, rest } = await abortable(opening.answer.promise, signal)
      return this.#stream(session, { kind, message, rest, outgoing, sent })
    } catch (error) {
      outgoing.abort(resetError(RESET_CODES.cancelled))
      opening.answer.promise.then(({ message, rest }) => { stop(message, rest, RESET_CODES.cancelled) }, ignore)
      throw error
    } finally {
      this.#opening.delete(name)
    }
  }

  #stream ({ peer }: PeerSession, parts: { kind: bigint, message: Message, rest: AsyncIterableIterator<Uint8Array>, outgoing: Outgoing, sent: Promise<void> }): PeerStream {
    const { kind, message, rest, outgoing, sent } = parts
    const stream = new LiveStream({ peer, kind, outgoing, sent, incoming: rest, stop: code => { stop(message, rest, code) }, closeTimeout: this.#limits.streamCloseTimeout })
    this.#standing.add(stream)
    // one whose other side has only stopped reading still has what that has sent
    void stream.over.then(() => { this.#standing.delete(stream) })
    return stream
  }

  /** Takes the messages of a conversation, whoever began it. */
  #serve (session: PeerSession): void {
    if (this.#served.has(session)) return
    this.#served.add(session)
    const serve = async (): Promise<void> => {
      for await (const message of session.messages) this.#take(session, message)
    }
    const over = (error?: unknown): void => {
      for (const opening of this.#opening.values()) {
        if (opening.session === session) opening.answer.reject(error === undefined ? resetError(RESET_CODES.gone) : error)
      }
    }
    serve().then(() => { over() }, over)
  }

  #take (session: PeerSession, message: Message): void {
    if (message.kind === KIND.stream) this.#arrived(session, message).catch(() => { message.drop(RESET_CODES.failed) })
    else message.drop(RESET_CODES.refused)
  }

  async #arrived (session: PeerSession, message: Message): Promise<void> {
    const key = uuidKey(session.peer.id)
    const ofPeer = this.#byPeer.get(key) ?? 0
    // each stream of ours that is not accepted yet may have its answer on the way
    if (ofPeer >= this.#limits.maxPeerStreams + this.#opening.size || this.#open >= this.#limits.maxStreams + this.#opening.size) {
      message.drop(RESET_CODES.limit)
      return
    }
    this.#open++
    this.#byPeer.set(key, ofPeer + 1)
    const leave = once(() => {
      this.#open--
      const left = (this.#byPeer.get(key) ?? 1) - 1
      if (left > 0) this.#byPeer.set(key, left)
      else this.#byPeer.delete(key)
    })
    try {
      await this.#begun(session, message, leave)
    } catch (error) {
      leave()
      throw error
    }
  }

  async #begun (session: PeerSession, message: Message, leave: () => void): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      message.drop(RESET_CODES.stalled)
    }, this.#limits.openTimeout)
    const { head, rest } = await readStreamHead(message.source).finally(() => { clearTimeout(timer) })
    const refuse = (code: number): void => {
      leave()
      stop(message, rest, code)
    }
    // what was read already is there all the same, but whoever sends it has been told
    if (late) return refuse(RESET_CODES.stalled)
    if (head.type === 'answer') {
      leave()
      const opening = this.#opening.get(nameOf(session.peer, head.streamId))
      if (opening?.session === session) opening.answer.resolve({ message, rest })
      else stop(message, rest, RESET_CODES.cancelled)
      return
    }
    if (!await this.#accepts(session.peer)) {
      refuse(RESET_CODES.refused)
    } else if (!this.#offered.open || this.#offered.full) {
      refuse(this.#offered.open ? RESET_CODES.limit : RESET_CODES.refused)
    } else {
      const accept = ({ level }: StreamOptions = {}): PeerStream => {
        const outgoing = new Outgoing(encodeStreamAnswer(head.streamId))
        const sent = session.send(KIND.stream, outgoing, { flush: 'each', level })
        const stream = this.#stream(session, { kind: head.kind, message, rest, outgoing, sent })
        stream.closed.then(leave, leave)
        return stream
      }
      void this.#offered.push(new Waiting(session.peer, head.kind, { accept, refuse, timeout: this.#limits.openTimeout }))
    }
  }

  /** Streams that wait when the reader leaves are refused, and so are those that come later. */
  #reader (): AsyncIterableIterator<IncomingStream> {
    const offered = this.#offered
    const iterator: AsyncIterableIterator<IncomingStream> = {
      next: () => offered.next(),
      return: () => {
        this.#refuseOffered()
        return offered.return()
      },
      [Symbol.asyncIterator]: () => iterator
    }
    return iterator
  }

  /** Those that wait to be taken. */
  #refuseOffered (): void {
    for (let waiting = this.#offered.length; waiting > 0; waiting--) void this.#offered.next().then(({ value }) => { (value as Waiting).refuse() })
  }
}

/** A stream that somebody has opened, until we have said yes or no. */
class Waiting implements IncomingStream {
  readonly peer: Peer
  readonly kind: bigint
  readonly #ways: { accept: (options?: StreamOptions) => PeerStream, refuse: (code: number) => void }
  readonly #timer: ReturnType<typeof setTimeout>
  #decided = false

  constructor (peer: Peer, kind: bigint, ways: { accept: (options?: StreamOptions) => PeerStream, refuse: (code: number) => void, timeout: number }) {
    this.peer = peer
    this.kind = kind
    this.#ways = ways
    this.#timer = setTimeout(() => { this.refuse(RESET_CODES.stalled) }, ways.timeout)
  }

  accept (options?: StreamOptions): PeerStream {
    if (!this.#decide()) throw resetError(RESET_CODES.stalled)
    return this.#ways.accept(options)
  }

  refuse (code: number = RESET_CODES.refused): void {
    if (this.#decide()) this.#ways.refuse(code)
  }

  #decide (): boolean {
    if (this.#decided) return false
    this.#decided = true
    clearTimeout(this.#timer)
    return true
  }
}

/** What is left without an answer was not accepted: who does not converse with us drops what we send. */
function unanswered (error: unknown): Error {
  return error instanceof HushwireError && error.code === 'ERR_RESET_CANCELLED' ? resetError(RESET_CODES.refused) : asReset(error)
}

function nameOf ({ id }: Peer, streamId: Uint8Array): string {
  return uuidKey(id) + toHex(streamId)
}

function stop (message: Message, rest: AsyncIterator<Uint8Array>, code: number): void {
  message.drop(code)
  letGo(rest)
}

/** What the relay said about a peer that cannot be reached, as one of its codes; that a peer does not converse with us, as it says no to a stream. */
function refusalOf (error: unknown): Error {
  if (codeOf(error) === 'ERR_PEER_REFUSED') return resetError(RESET_CODES.refused)
  const refusal = error instanceof HushwireError && error.code === 'ERR_PEER_UNREACHABLE' ? error.cause as Partial<RelayError> | undefined : undefined
  return refusal?.code === undefined ? asError(error) : statusError(refusal.code)
}
