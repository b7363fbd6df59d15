import { NIL_UUID, uuidKey, type Uuid } from '../../bytes/index.js'
import { encodeRelayError, KIND, type NovaLink, type Peer, type RelayError } from '../../nova/index.js'
import { deferred, ignore, type Deferred } from '../../stream/index.js'
import { relayError } from '../errors.js'
import type { CheckedLimits } from './options.js'
import type { Passage } from './passage.js'

/** What a packet from the relay itself is headed with. */
export function fromRelay (kind: bigint): { target: Uuid, source: Uuid, kind: bigint } {
  return { target: NIL_UUID, source: NIL_UUID, kind }
}

/** One connection that has proved who it is. */
export class Member {
  readonly link: NovaLink
  readonly remote: Peer
  /** For maps, see `uuidKey`. */
  readonly key: string
  /** True once it can have no more packets. */
  gone = false
  readonly #maxForwarding: number
  readonly #maxCorrespondents: number
  /** In the order of their last packets. */
  readonly #correspondents = new Set<string>()
  #forwarding = 0
  #room: Deferred<void> | undefined
  readonly #maxIdle: number
  /** Packets on their way to this one. */
  readonly #passages = new Set<Passage>()

  constructor (link: NovaLink, remote: Peer, limits: Pick<CheckedLimits, 'maxForwarding' | 'maxCorrespondents' | 'maxIdle'>) {
    this.link = link
    this.remote = remote
    this.key = uuidKey(remote.id)
    this.#maxForwarding = limits.maxForwarding
    this.#maxCorrespondents = limits.maxCorrespondents
    this.#maxIdle = limits.maxIdle
  }

  get id (): Uuid { return this.remote.id }
  /** Keys of the peers that it exchanged packets with. */
  get correspondents (): ReadonlySet<string> { return this.#correspondents }

  /** Notes that packets pass between this one and another. */
  met (key: string): void {
    this.#correspondents.delete(key)
    this.#correspondents.add(key)
    if (this.#correspondents.size <= this.#maxCorrespondents) return
    for (const oldest of this.#correspondents) {
      this.#correspondents.delete(oldest)
      return
    }
  }

  /** Sends an error packet; when the connection cannot take it, nobody is there to miss it. */
  tell (error: RelayError): void {
    this.link.send(fromRelay(KIND.error), encodeRelayError(error)).catch(ignore)
  }

  /** Counts a packet that is under way, until its promise has settled. */
  track (packet: Promise<void>): void {
    this.#forwarding++
    const done = (): void => {
      this.#forwarding--
      this.#wake()
    }
    packet.then(done, done)
  }

  /**
   * Sees a packet to this one through. Who has as many in flight as it takes is held up by those that come to nothing:
   * when one has waited for its turn for `maxIdle`, those of which nothing has come for as long are cut.
   *
   * @throws what `sent` does, ERR_RELAY_IDLE when it was cut (as rejections)
   */
  async carry (passage: Passage, sent: Promise<void>): Promise<void> {
    this.#passages.add(passage)
    const timer = passage.started ? undefined : setInterval(() => { this.#cutIdle(passage) }, this.#maxIdle)
    try {
      await sent
    } finally {
      clearInterval(timer)
      this.#passages.delete(passage)
    }
  }

  #cutIdle (waiting: Passage): void {
    if (waiting.started) return
    for (const passage of this.#passages) if (passage.started) passage.cutIfIdle(this.#maxIdle, relayError('ERR_RELAY_IDLE'))
  }

  /** A promise while so many packets are under way that no more may be begun. */
  room (): Promise<void> | undefined {
    if (this.gone || this.#forwarding < this.#maxForwarding) return undefined
    this.#room ??= deferred()
    return this.#room.promise
  }

  /** It takes no more packets. */
  leave (): void {
    this.gone = true
    this.#wake()
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
