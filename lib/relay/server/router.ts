import { equalUuid, isNilUuid } from '../../bytes/index.js'
import { decodeLookupRequest, encodeLookupAnswer, KIND, LOOKUP_REQUEST_BYTES, notFound, RELAY_CODES, type LookupRequest, type RoutedHeader, type RoutedPacket } from '../../nova/index.js'
import { asError, collect, HushwireError, ignore, leave } from '../../stream/index.js'
import { fromRelay, type Member } from './member.js'
import type { Members } from './members.js'
import type { RelayOptions } from './options.js'
import { Passage } from './passage.js'
import { watched } from './watched.js'

/** Failures of a packet that are neither the sender's end nor the target's. */
const OVER_LIMIT: ReadonlySet<string> = new Set(['ERR_PACKET_QUEUE', 'ERR_PACKET_STALLED', 'ERR_PACKET_SLOW', 'ERR_RELAY_IDLE'])

const TEXTS: Readonly<Record<number, string>> = {
  [RELAY_CODES.unknownTarget]: 'nobody with this id is connected',
  [RELAY_CODES.notYourSource]: 'the source is not the identity of this connection',
  [RELAY_CODES.targetGone]: 'the peer has left',
  [RELAY_CODES.malformed]: 'the relay does not understand the packet',
  [RELAY_CODES.limit]: 'over the limits of the relay'
}

/** Brings packets where they belong, each as it comes and none of them held (nova.md, Relay). */
export class Router {
  readonly #members: Members
  readonly #options: Pick<RelayOptions, 'unknownTarget' | 'onBytes'>
  readonly #onUndelivered: (header: RoutedHeader, code: number, error: Error | undefined) => void

  constructor (members: Members, options: Pick<RelayOptions, 'unknownTarget' | 'onBytes'>, onUndelivered: (header: RoutedHeader, code: number, error: Error | undefined) => void) {
    this.#members = members
    this.#options = options
    this.#onUndelivered = onUndelivered
  }

  /** Takes a packet of a member to its target. Never rejects. */
  async route (from: Member, packet: RoutedPacket): Promise<void> {
    const { header } = packet
    const { onBytes } = this.#options
    const source = onBytes === undefined ? packet.source : watched(packet.source, bytes => { onBytes(header, bytes) })
    try {
      if (!equalUuid(header.source, from.id)) this.#refuse(from, header, RELAY_CODES.notYourSource)
      else if (isNilUuid(header.target)) await this.#answer(from, header, source)
      else await this.#forward(from, header, source)
    } catch (error) {
      // what came of the packet is all that there is: its sender is gone, or a callback has thrown
      this.#onUndelivered(header, RELAY_CODES.malformed, asError(error))
    } finally {
      leave(source)
    }
  }

  async #forward (from: Member, header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    const target = this.#members.of(header.target)
    if (target === undefined) {
      this.#refuse(from, header, RELAY_CODES.unknownTarget)
      return
    }
    from.met(target.key)
    target.met(from.key)
    try {
      const passage = new Passage(source)
      const sent = target.link.send(header, passage, { onSourceError: 'truncate' })
      await target.carry(passage, sent)
    } catch (thrown) {
      const error = asError(thrown)
      const over = error instanceof HushwireError && OVER_LIMIT.has(error.code)
      this.#refuse(from, header, over ? RELAY_CODES.limit : RELAY_CODES.targetGone, error)
    }
  }

  async #answer (from: Member, header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    const request = header.kind === KIND.lookup ? lookupOf(await collect(source, LOOKUP_REQUEST_BYTES)) : undefined
    if (request === undefined) {
      this.#refuse(from, header, RELAY_CODES.malformed)
      return
    }
    const peer = this.#members.of(request.id)?.remote
    const { requestId } = request
    const answer = peer === undefined ? notFound(requestId) : { requestId, found: true, staticKey: peer.staticKey, proof: peer.proof }
    await from.link.send(fromRelay(KIND.lookup), encodeLookupAnswer(answer)).catch(ignore)
  }

  #refuse (from: Member, header: RoutedHeader, code: number, error?: Error): void {
    this.#onUndelivered(header, code, error)
    if (code === RELAY_CODES.unknownTarget && this.#options.unknownTarget === 'drain') return
    if (!from.gone) from.tell({ code, target: header.target, kind: header.kind, text: TEXTS[code] ?? '' })
  }
}

function lookupOf (body: Uint8Array | undefined): LookupRequest | undefined {
  return body?.byteLength === LOOKUP_REQUEST_BYTES ? decodeLookupRequest(body) : undefined
}
