import { equalUuid, isNilUuid } from '../../bytes/index.js'
import { KIND, RELAY_CODES, RESERVED_KINDS, RESET_CODES, RESET_ERRORS, resetCodeOf, type RoutedHeader, type RoutedPacket } from '../../nova/index.js'
import { asError, HushwireError, ignore } from '../../stream/index.js'
import type { Admission } from './admission.js'
import type { Member } from './member.js'
import type { RelayOptions } from './options.js'
import type { Requests } from './requests.js'
import type { Service } from './service.js'
import { Body, watched } from './watched.js'

/** Failures of a packet that are neither the sender's end nor the target's, and how the sender's packet is stopped. */
const OVER_LIMIT: Readonly<Record<string, number>> = {
  ERR_PACKET_QUEUE: RESET_CODES.limit,
  ERR_RELAY_CROWDED: RESET_CODES.limit,
  ERR_RELAY_IDLE: RESET_CODES.stalled
}
/** hushwire's own kinds that peers send each other; the rest of them is the relay's. */
const BETWEEN_PEERS: ReadonlySet<bigint> = new Set([KIND.handshake, KIND.confirm, KIND.stream])

const TEXTS: Readonly<Record<number, string>> = {
  [RELAY_CODES.unknownTarget]: 'nobody has an account with this id',
  [RELAY_CODES.offline]: 'nobody with this id is connected',
  [RELAY_CODES.notYourSource]: 'the source is not the identity of this connection',
  [RELAY_CODES.targetGone]: 'the peer has left',
  [RELAY_CODES.malformed]: 'the relay does not understand the packet',
  [RELAY_CODES.limit]: 'over the limits of the relay',
  [RELAY_CODES.notRegistered]: 'this connection has not said hello',
  [RELAY_CODES.unavailable]: 'the relay cannot do it now'
}

/** How a packet is stopped that is refused with a code; others are `refused`. */
const STOPS: Readonly<Record<number, number>> = {
  [RELAY_CODES.targetGone]: RESET_CODES.gone,
  [RELAY_CODES.limit]: RESET_CODES.limit,
  [RELAY_CODES.unavailable]: RESET_CODES.failed
}

/** What the router stands on. */
export interface RouterOptions extends Pick<RelayOptions, 'unknownTarget' | 'onBytes'> {
  readonly service: Service
  readonly requests: Requests
  readonly admission: Admission
}

/** Brings packets where they belong, each as it comes and none of them held (nova.md, Relay). */
export class Router {
  readonly #options: RouterOptions

  constructor (options: RouterOptions) {
    this.#options = options
  }

  /** Takes a packet of a member to its target. Never rejects. */
  async route (from: Member, packet: RoutedPacket): Promise<void> {
    const { header } = packet
    const { onBytes } = this.#options
    const source = onBytes === undefined ? packet.source : watched(packet.source, bytes => { onBytes(header, bytes) })
    try {
      await this.#bring(from, packet, source)
    } catch (error) {
      // its sender has broken off a request, or a callback has thrown
      this.#options.service.report({ type: 'broken-off', header, error: asError(error) })
    } finally {
      packet.stop(RESET_CODES.cancelled)
    }
  }

  async #bring (from: Member, packet: RoutedPacket, source: AsyncIterable<Uint8Array>): Promise<void> {
    const { header } = packet
    const admitted = this.#options.admission.packet(from.id, from.address)
    if (!equalUuid(header.source, from.id)) return this.#refuse(from, packet, RELAY_CODES.notYourSource)
    if (isNilUuid(header.target)) {
      const refused = admitted ? undefined : RELAY_CODES.limit
      const understood = header.kind === KIND.request && await this.#options.requests.answer(from, source, refused)
      return understood ? undefined : this.#refuse(from, packet, RELAY_CODES.malformed)
    }
    if (!admitted) return this.#refuse(from, packet, RELAY_CODES.limit)
    if (from.greeting !== undefined) await from.greeting.catch(ignore)
    if (!from.registered) return this.#refuse(from, packet, RELAY_CODES.notRegistered)
    if (header.kind >= RESERVED_KINDS && !BETWEEN_PEERS.has(header.kind)) return this.#refuse(from, packet, RELAY_CODES.malformed)
    const turn = from.underway.to(header.target)
    // an await more would cost each packet what it is to wait for nothing
    const place = turn instanceof Promise ? await turn : turn
    if (place === undefined) return this.#refuse(from, packet, RELAY_CODES.limit)
    const body = new Body(source)
    try {
      const outcome = await this.#options.service.exchange.forward(from, header, body)
      if (outcome === 'absent') await this.#absent(from, packet, body)
      else this.#options.service.report({ type: 'forwarded', header, bytes: body.bytes })
    } catch (thrown) {
      this.#failed(from, packet, body, asError(thrown))
    } finally {
      place.leave()
    }
  }

  /** A packet did not come to its end at the target. */
  #failed (from: Member, packet: RoutedPacket, body: Body, error: Error): void {
    const { header } = packet
    const { report } = this.#options.service
    const code = error instanceof HushwireError ? error.code : ''
    const over = OVER_LIMIT[code]
    if (body.broken !== undefined) report({ type: 'broken-off', header, error })
    else if (code in RESET_ERRORS) {
      packet.stop(resetCodeOf(error))
      report({ type: 'stopped', header, error })
    } else if (over === undefined) this.#refuse(from, packet, RELAY_CODES.targetGone, error)
    else {
      packet.stop(over)
      this.#refuse(from, packet, RELAY_CODES.limit, error)
    }
  }

  async #absent (from: Member, packet: RoutedPacket, body: Body): Promise<void> {
    const code = await this.#whyAbsent(packet.header)
    if (this.#options.unknownTarget !== 'drain') return this.#refuse(from, packet, code)
    this.#undelivered(packet.header, code, undefined)
    // its sender is not to see that nobody takes it
    while ((await body.next()).done !== true) continue
  }

  async #whyAbsent ({ target }: RoutedHeader): Promise<number> {
    try {
      return await this.#options.service.directory.account(target) === undefined ? RELAY_CODES.unknownTarget : RELAY_CODES.offline
    } catch {
      return RELAY_CODES.unavailable
    }
  }

  #refuse (from: Member, packet: RoutedPacket, code: number, error?: Error): void {
    const { header } = packet
    packet.stop(STOPS[code] ?? RESET_CODES.refused)
    this.#undelivered(header, code, error)
    if (!from.gone) from.tell({ code, target: header.target, kind: header.kind, text: TEXTS[code] ?? '' })
  }

  #undelivered (header: RoutedHeader, code: number, error: Error | undefined): void {
    this.#options.service.report({ type: 'undelivered', header, code, error })
  }
}
