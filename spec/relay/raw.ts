import { equalUuid, NIL_UUID, randomUuid, type Uuid } from '../../lib/bytes/index.js'
import { createIdentity, decodeRelayError, KIND, pinned, RELAY_CODES, RESET_CODES, RESET_ERRORS, stack, type HardenedStackOptions, type Identity, type NovaLink, type PacketSource, type RelayError, type RoutedPacket } from '../../lib/nova/index.js'
import type { Relay } from '../../lib/relay/server/index.js'
import { ANSWER_HEAD_BYTES, decodeAnswered, decodeAnswerHead, decodeDeliveryHead, decodePresence, DELIVERY_HEAD_BYTES, encodeRequest, operationOf, RELAY_VERSION, type Answered, type Asked, type DeliveryHead, type OperationName, type Presence } from '../../lib/relay/wire/index.js'
import { asError, Channel, deferred, HushwireError, ignore, join, type Deferred, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'

/** A delivery with its body. */
export interface Delivered extends DeliveryHead {
  readonly body: Uint8Array
}

/** An answer: its status, and its body when that is `ok`. */
export interface Answer {
  readonly status: number
  readonly body: Uint8Array
}

export interface RawOptions extends Partial<HardenedStackOptions> {
  /** The relay's identity key. */
  readonly relayKey: Uint8Array
  /** The way to the relay. */
  readonly duplex: Duplex
}

/** A client of the relay in the hands of a test: it keeps no rules but those of the link. */
export class RawClient {
  readonly link: NovaLink
  readonly identity: Identity
  readonly deliveries = new Channel<Delivered>()
  readonly errors = new Channel<RelayError>()
  readonly presence = new Channel<Presence>()
  /** Live packets, whose bodies are the reader's to read. */
  readonly packets = new Channel<RoutedPacket>()
  /** Stops the next delivery instead of reading it. */
  refuseDelivery = false
  readonly #answers = new Map<number, Deferred<Answer>>()
  #requestId = 0

  static async connect ({ relayKey, duplex, identity = createIdentity(), ...options }: RawOptions): Promise<RawClient> {
    return new RawClient(await stack(duplex, { verify: pinned(relayKey), ...options, role: 'initiator', identity }), identity)
  }

  constructor (link: NovaLink, identity: Identity) {
    this.link = link
    this.identity = identity
    this.#read().then(() => { this.#end(new Error('the link has ended')) }, (error: unknown) => { this.#end(asError(error)) })
  }

  get id (): Uuid { return this.identity.id }

  /** Asks and gives what was answered. @throws a `Refused` with the status when it is not `ok` */
  async ask<Name extends OperationName> (name: Name, asked: Asked<Name>, body: PacketSource = new Uint8Array(0)): Promise<Answered<Name>> {
    const { status, body: answer } = await this.request(name, asked, body)
    if (status !== RELAY_CODES.ok) throw new Refused(status)
    return decodeAnswered(name, answer)
  }

  /** The status of an answer. */
  async statusOf<Name extends OperationName> (name: Name, asked: Asked<Name>, body?: PacketSource): Promise<number> {
    return (await this.request(name, asked, body)).status
  }

  async request<Name extends OperationName> (name: Name, asked: Asked<Name>, body: PacketSource = new Uint8Array(0)): Promise<Answer> {
    const requestId = this.#requestId++
    return this.send(requestId, following(encodeRequest(name, requestId, asked), body))
  }

  /** Sends the bytes of a request, and waits for its answer. */
  async send (requestId: number, bytes: PacketSource): Promise<Answer> {
    const answer = deferred<Answer>({ handled: true })
    this.#answers.set(requestId, answer)
    // a request that is refused may be stopped before its answer comes
    this.link.send({ target: NIL_UUID, source: this.id, kind: KIND.request }, bytes).catch((error: unknown) => {
      if (!(error instanceof HushwireError) || !(error.code in RESET_ERRORS)) answer.reject(error)
    })
    return answer.promise
  }

  hello (invite: Uint8Array = new Uint8Array(0)): Promise<Answered<'hello'>> {
    return this.ask('hello', { version: RELAY_VERSION, invite })
  }

  async mail (recipient: Uuid, body: PacketSource, { id = randomUuid(), kind = 1n, lifetime = 0n }: { id?: Uuid, kind?: bigint, lifetime?: bigint } = {}): Promise<boolean> {
    return (await this.ask('mail', { id, recipient, kind, lifetime }, body)).duplicate
  }

  async receive (after = 0n, maxUntaken = 100): Promise<void> {
    await this.ask('receive', { after, maxUntaken })
  }

  async taken (...positions: readonly bigint[]): Promise<void> {
    await this.ask('taken', { positions: [...positions] })
  }

  /** A live packet. */
  async live (target: Uuid, body: PacketSource, kind = 1n): Promise<void> {
    await this.link.send({ target, source: this.id, kind }, body)
  }

  async close (): Promise<void> {
    await this.link.close().catch(ignore)
  }

  async #read (): Promise<void> {
    for await (const packet of this.link.source) {
      const { header } = packet
      const fromRelay = equalUuid(header.source, NIL_UUID)
      if (!fromRelay) void this.packets.push(packet)
      else if (header.kind === KIND.request) this.#take(await whole(packet.source))
      else if (header.kind === KIND.error) void this.errors.push(decodeRelayError(await whole(packet.source)))
      else if (header.kind === KIND.presence) void this.presence.push(decodePresence(await whole(packet.source)))
      else if (header.kind === KIND.delivery) void this.#deliver(packet)
    }
  }

  async #deliver (packet: RoutedPacket): Promise<void> {
    if (this.refuseDelivery) {
      this.refuseDelivery = false
      packet.stop(RESET_CODES.cancelled)
      return
    }
    try {
      const bytes = await whole(packet.source)
      const head = decodeDeliveryHead(bytes.subarray(0, DELIVERY_HEAD_BYTES))
      const body = bytes.subarray(DELIVERY_HEAD_BYTES)
      // one that broke off is none
      if (BigInt(body.byteLength) === head.length) void this.deliveries.push({ ...head, body })
    } catch {
      // likewise
    }
  }

  #take (bytes: Uint8Array): void {
    const { op, requestId, status, body } = decodeAnswerHead(bytes.byteLength < ANSWER_HEAD_BYTES ? new Uint8Array(0) : bytes)
    if (operationOf(op) === undefined && status === RELAY_CODES.ok) throw new Error('an answer to nothing')
    this.#answers.get(requestId)?.resolve({ status, body })
    this.#answers.delete(requestId)
  }

  #end (error: Error): void {
    for (const answer of this.#answers.values()) answer.reject(error)
    for (const channel of [this.deliveries, this.errors, this.presence, this.packets]) channel.fail(error)
  }
}

/** A request was answered with something else than `ok`. */
export class Refused extends Error {
  readonly status: number

  constructor (status: number) {
    super(`status ${status}`)
    this.status = status
  }
}

/** A connection of a relay, within this process, that has not said hello. */
export async function rawClient (server: { relay: Relay, identity: Identity }, options: Partial<RawOptions> & { address?: string } = {}): Promise<RawClient> {
  const [left, right] = memoryPair()
  void server.relay.accept(right, { address: options.address })
  return RawClient.connect({ relayKey: server.identity.publicKey, duplex: left, ...options })
}

/** The same, which has said hello. */
export async function member (server: { relay: Relay, identity: Identity }, options: Partial<RawOptions> & { address?: string } = {}): Promise<RawClient> {
  const client = await rawClient(server, options)
  await client.hello()
  return client
}

/** A body in one piece, new memory. */
export async function whole (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const bytes of source) pieces.push(bytes.slice())
  return join(pieces)
}

/** The next item of a channel. */
export async function nextOf<T> (channel: AsyncIterator<T>): Promise<T> {
  const { value, done } = await channel.next()
  if (done === true) throw new Error('there is no more')
  return value
}

export const text = (words: string): Uint8Array => new TextEncoder().encode(words)
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

async function * following (head: Uint8Array, body: PacketSource): AsyncGenerator<Uint8Array> {
  yield head
  if (body instanceof Uint8Array) yield body
  else for await (const bytes of body) yield bytes.subarray()
}

/** Gives its bytes, then waits for what ends it. */
export async function * unfinished (bytes: Uint8Array, end: Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield bytes
  await end
}

/** What comes, as long as the gate is open. */
export async function * gated (source: AsyncIterable<Uint8Array>, gate: { open: { promise: Promise<void> } }): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    await gate.open.promise
    yield bytes
  }
}
