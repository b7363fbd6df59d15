import { setImmediate as turn } from 'node:timers/promises'
import { isNilUuid, NIL_UUID, uuidKey, type Uuid } from '../../lib/bytes/index.js'
import { createIdentity, encodeRelayError, KIND, peers, type Identity, type Message, type PacketSource, type Peers, type PeersOptions, type PeerSession, type RoutedHeader, type PeersLink, type MessagePacket } from '../../lib/nova/index.js'
import { Channel, deferred, ignore, join, type Bytes } from '../../lib/stream/index.js'

/** A packet that the switchboard holds. */
export interface Held {
  readonly from: Uuid
  readonly header: RoutedHeader
  readonly body: Uint8Array
}

/** Puts a packet through as it is. */
export const honest = (held: Held): Held[] => [held]

/** A server in miniature: hubs plugged into it reach each other, at once or when the test says so. */
export class Switchboard {
  /** What becomes of each packet. */
  relay: (held: Held) => Held[] = honest
  /** Every packet that was sent, in order. */
  readonly log: Held[] = []
  readonly #ends = new Map<string, End>()
  readonly #queues = new Map<string, Held[]>()
  readonly #manual: boolean

  /** @param options - `manual`: packets wait for {@link Switchboard.deliver} */
  constructor (options: { manual?: boolean } = {}) {
    this.#manual = options.manual === true
  }

  /** A link for an identity; the one that it had hears nothing more. */
  plug (id: Uuid): End {
    const end = new End(this, id)
    this.#ends.set(uuidKey(id), end)
    return end
  }

  /** A hub for an identity, new unless it is given. */
  hub (options: Partial<PeersOptions> = {}): { hub: Peers, identity: Identity, id: Uuid, end: End } {
    const identity = options.identity ?? createIdentity()
    const end = this.plug(identity.id)
    return { hub: peers(end, { verify: () => true, ...options, identity }), identity, id: identity.id, end }
  }

  unplug (id: Uuid): void { this.#ends.delete(uuidKey(id)) }

  send (from: Uuid, header: RoutedHeader, body: Uint8Array): void {
    const held = { from, header, body }
    this.log.push(held)
    for (const one of this.relay(held)) {
      if (this.#manual) this.#queue(one)
      else this.put(one)
    }
  }

  /** Senders that have packets waiting. */
  get waiting (): string[] { return [...this.#queues.keys()] }

  /** Passes on the oldest packet of a sender. */
  deliver (from: string): void {
    const queue = this.#queues.get(from) ?? []
    const held = queue.shift()
    if (queue.length === 0) this.#queues.delete(from)
    if (held !== undefined) this.put(held)
  }

  /** Puts a packet into the link of its target, or tells the sender that there is none. */
  put ({ from, header, body }: Held): void {
    const end = this.#ends.get(uuidKey(header.target))
    if (end !== undefined) end.arrive(header, body)
    else if (!isNilUuid(header.target)) this.refuse(from, header)
  }

  refuse (from: Uuid, { target, kind }: RoutedHeader): void {
    this.#ends.get(uuidKey(from))?.arrive({ target: NIL_UUID, source: NIL_UUID, kind: KIND.error }, encodeRelayError({ code: 1, target: target.slice(), kind, text: 'not here' }))
  }

  #queue (held: Held): void {
    const key = uuidKey(held.from)
    const queue = this.#queues.get(key)
    if (queue === undefined) this.#queues.set(key, [held])
    else queue.push(held)
  }
}

/** One link into the switchboard. */
export class End implements PeersLink {
  readonly source = new Channel<MessagePacket>({ maxItems: 1e6, sizeOf: () => 0 })
  /** Packets that arrived and were neither read nor left. */
  readonly unread = new Set<MessagePacket>()
  readonly #board: Switchboard
  readonly #id: Uuid
  readonly #closed = deferred({ handled: true })
  #error: Error | undefined

  constructor (board: Switchboard, id: Uuid) {
    this.#board = board
    this.#id = id
  }

  get closed (): Promise<void> { return this.#closed.promise }

  async send (header: RoutedHeader, source: PacketSource): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    const own = { ...header, target: header.target.slice() }
    this.#board.send(this.#id, own, source instanceof Uint8Array ? source.slice() : await gather(source))
  }

  arrive (header: RoutedHeader, body: Uint8Array): void {
    let done = false
    const leave = (): void => { done = true; this.unread.delete(packet) }
    const iterator: AsyncIterableIterator<Uint8Array> = {
      next: async () => {
        if (done) return { value: undefined, done: true }
        leave()
        return { value: body.slice(), done: false }
      },
      return: async () => { leave(); return { value: undefined, done: true } },
      [Symbol.asyncIterator]: () => iterator
    }
    const packet: MessagePacket = { header, source: iterator }
    if (!this.source.open) return
    this.unread.add(packet)
    void this.source.push(packet)
  }

  async close (): Promise<void> {
    this.source.end()
    this.#closed.resolve()
  }

  abort (reason: Error = new Error('aborted')): void {
    this.#error ??= reason
    this.source.fail(this.#error)
    this.#closed.reject(this.#error)
  }
}

async function gather (source: Iterable<Bytes> | AsyncIterable<Bytes>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const bytes of source) pieces.push(new Uint8Array(bytes.subarray()))
  return join(pieces)
}

/** The conversation of a hub that has sent the last message of XX, which the other side has not confirmed: its dial is aborted then. */
export async function unconfirmed (board: Switchboard, { hub, id }: { hub: Peers, id: Uuid }, target: Uuid): Promise<PeerSession> {
  const stop = new AbortController()
  const dial = hub.dial(target, { signal: stop.signal })
  dial.catch(ignore)
  const last = ({ from, header, body }: Held): boolean => header.kind === KIND.handshake && body[0] === 3 && uuidKey(from) === uuidKey(id)
  const before = board.log.filter(last).length
  while (board.log.filter(last).length === before) await turn()
  stop.abort()
  return first(hub.incoming)
}

/** The next item of an iterable; fails the test when there is none. */
export async function first<T> (source: AsyncIterable<T>): Promise<T> {
  const { value, done } = await source[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the source has ended')
  return value
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The next message as text. */
export async function read (source: AsyncIterable<Message>): Promise<string> {
  return new TextDecoder().decode(await (await first(source)).bytes())
}

/** Some turns of the event loop, for what must not happen. */
export async function idle (turns = 5): Promise<void> {
  for (let i = 0; i < turns; i++) await turn()
}

/** Whether a promise has settled by now. */
export async function settled (promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.then(() => { done = true }, () => { done = true }).catch(ignore)
  await idle()
  return done
}
