import { equalUuid, isNilUuid } from '../../bytes/index.js'
import { KIND, RELAY_CODES, RESERVED_KINDS, type RoutedHeader, type RoutedPacket } from '../../nova/index.js'
import { asError, HushwireError, ignore, leave } from '../../stream/index.js'
import type { Admission } from './admission.js'
import type { Member } from './member.js'
import type { RelayOptions } from './options.js'
import type { Requests } from './requests.js'
import type { Service } from './service.js'
import { counted, watched } from './watched.js'

/** Failures of a packet that are neither the sender's end nor the target's. */
const OVER_LIMIT: ReadonlySet<string> = new Set(['ERR_PACKET_QUEUE', 'ERR_PACKET_STALLED', 'ERR_PACKET_SLOW', 'ERR_RELAY_IDLE'])
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
    const { onBytes, admission } = this.#options
    const source = onBytes === undefined ? packet.source : watched(packet.source, bytes => { onBytes(header, bytes) })
    try {
      const admitted = admission.packet(from.id, from.address)
      if (!equalUuid(header.source, from.id)) this.#refuse(from, header, RELAY_CODES.notYourSource)
      else if (isNilUuid(header.target)) await this.#answer(from, header, source, admitted)
      else if (!admitted) this.#refuse(from, header, RELAY_CODES.limit)
      else await this.#live(from, header, source)
    } catch (error) {
      // what came of the packet is all that there is: its sender is gone, or a callback has thrown
      this.#undelivered(header, RELAY_CODES.malformed, asError(error))
    } finally {
      leave(source)
    }
  }

  async #answer (from: Member, header: RoutedHeader, source: AsyncIterable<Uint8Array>, admitted: boolean): Promise<void> {
    const refused = admitted ? undefined : RELAY_CODES.limit
    const understood = header.kind === KIND.request && await this.#options.requests.answer(from, source, refused)
    if (!understood) this.#refuse(from, header, RELAY_CODES.malformed)
  }

  async #live (from: Member, header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    await from.greeting?.catch(ignore)
    if (!from.registered) {
      this.#refuse(from, header, RELAY_CODES.notRegistered)
      return
    }
    if (header.kind >= RESERVED_KINDS && !BETWEEN_PEERS.has(header.kind)) {
      this.#refuse(from, header, RELAY_CODES.malformed)
      return
    }
    const done = from.underway.to(header.target)
    if (done === undefined) {
      this.#refuse(from, header, RELAY_CODES.limit)
      return
    }
    try {
      await this.#forward(from, header, source)
    } finally {
      done()
    }
  }

  async #forward (from: Member, header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    const { exchange, report } = this.#options.service
    const body = counted(source)
    let outcome: 'delivered' | 'absent'
    try {
      outcome = await exchange.forward(from, header, body)
    } catch (thrown) {
      const error = asError(thrown)
      const over = error instanceof HushwireError && OVER_LIMIT.has(error.code)
      this.#refuse(from, header, over ? RELAY_CODES.limit : RELAY_CODES.targetGone, error)
      return
    }
    if (outcome === 'delivered') report({ type: 'forwarded', header, bytes: body.bytes })
    else this.#refuse(from, header, await this.#whyAbsent(header))
  }

  async #whyAbsent ({ target }: RoutedHeader): Promise<number> {
    try {
      return await this.#options.service.directory.account(target) === undefined ? RELAY_CODES.unknownTarget : RELAY_CODES.offline
    } catch {
      return RELAY_CODES.unavailable
    }
  }

  #refuse (from: Member, header: RoutedHeader, code: number, error?: Error): void {
    this.#undelivered(header, code, error)
    const absent = code === RELAY_CODES.unknownTarget || code === RELAY_CODES.offline
    if (absent && this.#options.unknownTarget === 'drain') return
    if (!from.gone) from.tell({ code, target: header.target, kind: header.kind, text: TEXTS[code] ?? '' })
  }

  #undelivered (header: RoutedHeader, code: number, error: Error | undefined): void {
    this.#options.service.report({ type: 'undelivered', header, code, error })
  }
}
