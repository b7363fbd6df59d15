import { equalUuid, NIL_UUID, type Uuid } from '../../lib/bytes/index.js'
import { createIdentity, decodeRelayError, KIND, pinned, RELAY_CODES, stack, type Identity, type NovaLink, type PacketSource, type RoutedPacket, type StackLimits } from '../../lib/nova/index.js'
import { decodeAnswered, decodeAnswerHead, encodeRequest, RELAY_VERSION, type Answered, type Asked, type OperationName } from '../../lib/relay/wire/index.js'
import { asError, deferred, ignore, join, type Deferred } from '../../lib/stream/index.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import type { Place } from './peer.js'

/** What a client does with what comes. It reads or leaves the sources. */
export interface LightClientOptions {
  readonly place: Place
  /** Default: a new one. */
  readonly identity?: Identity | undefined
  /** A live packet of another client. */
  readonly onPacket?: ((packet: RoutedPacket) => void) | undefined
  /** Mail: the head of a delivery and its body. */
  readonly onDelivery?: ((packet: RoutedPacket) => void) | undefined
  /** A packet of ours was not delivered. */
  readonly onRefused?: ((error: Error) => void) | undefined
  readonly limits?: StackLimits | undefined
}

/**
 * A client of the relay that does no more than a benchmark needs: a link, hello and requests, so that thousands of them fit
 * into a process and the relay is what is measured.
 */
export class LightClient {
  readonly id: Uuid
  readonly link: NovaLink
  readonly #options: LightClientOptions
  readonly #waiting = new Map<number, Deferred<Uint8Array>>()
  #requestId = 0

  /** Connects and says hello. */
  static async connect (options: LightClientOptions): Promise<LightClient> {
    const client = await LightClient.link(options)
    await client.ask('hello', { version: RELAY_VERSION, invite: new Uint8Array(0) })
    return client
  }

  /** Connects without saying hello. */
  static async link (options: LightClientOptions): Promise<LightClient> {
    const { identity = createIdentity() } = options
    const { port, host, proof } = options.place
    const verify = pinned(proof as Uint8Array)
    const link = await stack(await dialTcp({ port, ...host === undefined ? {} : { host } }), { role: 'initiator', identity, verify, limits: options.limits })
    return new LightClient(link, identity.id, options)
  }

  private constructor (link: NovaLink, id: Uuid, options: LightClientOptions) {
    this.link = link
    this.id = id
    this.#options = options
    this.#read().catch(ignore)
    link.closed.then(() => { this.#end(new Error('the link has ended')) }, (error: unknown) => { this.#end(asError(error)) })
  }

  /** Sends a request and waits until it is answered with yes. */
  async ask<Name extends OperationName> (name: Name, asked: Asked<Name>, body?: Uint8Array | Iterable<Uint8Array>): Promise<Answered<Name>> {
    const requestId = this.#requestId++
    const answer = deferred<Uint8Array>({ handled: true })
    this.#waiting.set(requestId, answer)
    const request = encodeRequest(name, requestId, asked)
    this.link.send({ target: NIL_UUID, source: this.id, kind: KIND.request }, withBody(request, body)).catch(ignore)
    return decodeAnswered(name, await answer.promise)
  }

  /** Sends a live packet. */
  live (target: Uuid, body: PacketSource, kind = 1n): Promise<void> {
    return this.link.send({ target, source: this.id, kind }, body)
  }

  async #read (): Promise<void> {
    for await (const packet of this.link.source) {
      const { source, kind } = packet.header
      if (!equalUuid(source, NIL_UUID)) this.#options.onPacket?.(packet)
      else if (kind === KIND.request) this.#answered(packet).catch(ignore)
      else if (kind === KIND.error) this.#options.onRefused?.(new Error(decodeRelayError(await whole(packet.source)).text))
      else if (kind === KIND.delivery && this.#options.onDelivery !== undefined) this.#options.onDelivery(packet)
      else await whole(packet.source)
    }
  }

  async #answered (packet: RoutedPacket): Promise<void> {
    const { requestId, status, body } = decodeAnswerHead(await whole(packet.source))
    const answer = this.#waiting.get(requestId)
    this.#waiting.delete(requestId)
    if (status === RELAY_CODES.ok) answer?.resolve(body)
    else answer?.reject(new Error(`the relay has answered ${status}`))
  }

  #end (error: Error): void {
    for (const answer of this.#waiting.values()) answer.reject(error)
    this.#waiting.clear()
  }
}

/** A small packet's body, which mostly is one chunk. */
export async function whole (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const bytes of source) parts.push(bytes)
  return parts.length === 1 ? parts[0] as Uint8Array : join(parts)
}

function withBody (request: Uint8Array, body: Uint8Array | Iterable<Uint8Array> | undefined): PacketSource {
  if (body === undefined) return request
  return body instanceof Uint8Array ? join([request, body]) : following(request, body)
}

function * following (request: Uint8Array, body: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield request
  yield * body
}
