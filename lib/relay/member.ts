import { NIL_UUID, uuidKey, type Uuid } from '../bytes/index.js'
import { encodeRelayError, KIND, type NovaLink, type Peer, type RelayError } from '../nova/index.js'
import { deferred, ignore, type Deferred } from '../stream/index.js'

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

  constructor (link: NovaLink, remote: Peer, limits: { maxForwarding: number, maxCorrespondents: number }) {
    this.link = link
    this.remote = remote
    this.key = uuidKey(remote.id)
    this.#maxForwarding = limits.maxForwarding
    this.#maxCorrespondents = limits.maxCorrespondents
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
