import type { Uuid } from '../../bytes/index.js'
import { encodeRelayError, GOAWAY_CODES, KIND, RELAY_CODES, type NovaLink, type Peer, type RelayError, type RoutedHeader } from '../../nova/index.js'
import { ignore } from '../../stream/index.js'
import { relayError } from '../errors.js'
import { Slots } from '../slots.js'
import type { Deliveries } from './deliveries.js'
import type { RelayEvent } from './events.js'
import type { ExchangeMember } from './exchange.js'
import { fromRelay } from './from-relay.js'
import { Notices } from './notices.js'
import type { CheckedLimits } from './options.js'
import { Passages } from './passages.js'
import { Underway } from './underway.js'

/** Milliseconds that a connection whose place was taken has to read why. */
const DISPLACED_TIMEOUT = 1000

/** One connection that has proved who it is. */
export class Member implements ExchangeMember {
  readonly link: NovaLink
  readonly since = performance.timeOrigin + performance.now()
  readonly remote: Peer
  readonly address: string | undefined
  /** What it has under way to others and to the relay. */
  readonly underway: Underway
  /** What is under way to it. */
  readonly passages: Passages
  readonly notices: Notices
  /** The places of mail that is being stored. */
  readonly storing: Slots
  /** Whether its identity may say hello. Others are told so then, since a handshake that is broken off says nothing to them. */
  readonly listed: boolean
  /** True once its hello has been answered with yes. */
  registered = false
  /** True once it has been let in, also when it is gone. */
  greeted = false
  /** The hello that is being looked at, until it has been answered. */
  greeting: Promise<unknown> | undefined
  /** Mail on its way to it, once it has asked for that. */
  deliveries: Deliveries | undefined
  /** True once it has no more to do with anybody. */
  gone = false
  readonly #report: (event: RelayEvent) => void

  constructor (link: NovaLink, remote: Peer, { address, listed }: Pick<Member, 'address' | 'listed'>, limits: CheckedLimits, report: (event: RelayEvent) => void) {
    this.link = link
    this.listed = listed
    this.remote = remote
    this.address = address
    this.underway = new Underway(limits)
    this.passages = new Passages(link, { maxIdle: limits.maxIdle, maxCrowd: limits.link.maxWaiting / 2 })
    this.notices = new Notices(link)
    this.storing = new Slots(limits.maxStoring)
    this.#report = report
  }

  get id (): Uuid { return this.remote.id }

  take (header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.passages.isCrowded ? Promise.reject(relayError('ERR_RELAY_CROWDED')) : this.passages.carry(header, source)
  }

  displaced (): void {
    this.leave()
    this.#report({ type: 'taken-over', id: this.id })
    const end = (): void => { this.link.abort(relayError('ERR_RELAY_TAKEN_OVER')) }
    this.link.goaway(GOAWAY_CODES.takenOver)
    // whoever has answered this has read why, and a reset takes nothing from it
    this.link.ping({ timeout: DISPLACED_TIMEOUT }).then(end, end)
  }

  parted (id: Uuid): void {
    this.tell({ code: RELAY_CODES.targetGone, target: id, kind: 0n, text: 'the peer has left' })
  }

  noticed (id: Uuid, online: boolean): void {
    this.notices.push(id, online)
  }

  /** Sends an error packet; when the connection cannot take it, nobody is there to miss it. */
  tell (error: RelayError): void {
    this.link.send(fromRelay(KIND.error), encodeRelayError(error)).catch(ignore)
  }

  /** It takes part in nothing any more. */
  leave (): void {
    this.gone = true
    this.registered = false
    this.deliveries?.end()
    this.underway.end()
  }
}
