import { uuidKey, type Uuid } from '../bytes/index.js'
import { deferred, leave, type Deferred } from '../stream/index.js'
import { ReadAhead } from './read-ahead.js'
import type { MessagePacket } from './session/session.js'

/** What one peer has sent since its greeting came. */
interface Waiting {
  readonly peer: Uuid
  packets: MessagePacket[]
  /** Greetings that are being looked at. */
  readonly holds: Set<() => void>
  draining: boolean
  room: Deferred<void> | undefined
  /** Those of packets that came before anybody knew whether the peer is welcome. */
  readonly ahead: Set<ReadAhead>
}

/**
 * Packets of peers whose greeting is being looked at, which takes as long as the callback about the peer does: they can
 * be under the key that the greeting brings, and come right behind it.
 */
export class PeerBacklog {
  readonly #maxPackets: number
  readonly #timeout: number
  readonly #deliver: (packet: MessagePacket) => Promise<void> | undefined
  readonly #peers = new Map<string, Waiting>()

  /**
   * @param maxPackets - that wait for one peer before {@link PeerBacklog.push} asks to wait
   * @param timeout - milliseconds after which packets wait no longer for one greeting
   * @param deliver - takes what has waited; a promise puts off the next of the same peer
   */
  constructor (maxPackets: number, timeout: number, deliver: (packet: MessagePacket) => Promise<void> | undefined) {
    this.#maxPackets = maxPackets
    this.#timeout = timeout
    this.#deliver = deliver
  }

  /**
   * From now on packets of the peer wait.
   *
   * @returns to be called when the greeting is through; at the latest it happens after the timeout
   */
  hold (peer: Uuid): () => void {
    const key = uuidKey(peer)
    const waiting: Waiting = this.#peers.get(key) ?? { peer: new Uint8Array(peer), packets: [], holds: new Set(), draining: false, room: undefined, ahead: new Set() }
    this.#peers.set(key, waiting)
    const release = (): void => {
      clearTimeout(timer)
      if (waiting.holds.delete(release)) void this.#drain(key, waiting)
    }
    const timer = setTimeout(release, this.#timeout)
    waiting.holds.add(release)
    return release
  }

  /** Packets that wait, of all peers together. */
  get size (): number { return sum(this.#peers.values(), ({ packets }) => packets.length) }

  /** True when packets of the peer have to wait, be it behind others that did. */
  holds (peer: Uuid): boolean {
    return this.#peers.has(uuidKey(peer))
  }

  /**
   * Takes a packet of a peer whose packets wait.
   *
   * @returns a promise when no more may wait: it resolves when there is room
   */
  push (packet: MessagePacket): Promise<void> | undefined {
    const waiting = this.#peers.get(uuidKey(packet.header.source))
    if (waiting === undefined) return this.#deliver(packet)
    waiting.packets.push(packet)
    if (waiting.packets.length < this.#maxPackets) return undefined
    waiting.room ??= deferred()
    return waiting.room.promise
  }

  /** Drops what waits of a peer. */
  forget (peer: Uuid): void {
    const waiting = this.#peers.get(uuidKey(peer))
    if (waiting === undefined) return
    this.#peers.delete(uuidKey(peer))
    for (const packet of waiting.packets.splice(0)) leave(packet.source)
    for (const release of [...waiting.holds]) release()
    waiting.room?.resolve()
  }

  /** Nobody waits for anything any more: what is left is passed on, as far as somebody takes it. */
  clear (): void {
    for (const { holds } of [...this.#peers.values()]) for (const release of [...holds]) release()
  }

  /**
   * Takes a packet of a peer of whom it is not known whether it is welcome. It is read as it waits, since what nobody
   * reads stops the whole link.
   *
   * @param onRead - called whenever more of it is kept here
   */
  pushAhead (packet: MessagePacket, onRead: () => void): Promise<void> | undefined {
    const ahead = new ReadAhead(packet.source, onRead)
    this.#peers.get(uuidKey(packet.header.source))?.ahead.add(ahead)
    return this.push({ ...packet, source: ahead })
  }

  /** The peer is known to be welcome: what waits of it is not read ahead any more, and does not count. */
  welcomed (peer: Uuid): void {
    const ahead = this.#peers.get(uuidKey(peer))?.ahead
    for (const source of ahead ?? []) source.halt()
    ahead?.clear()
  }

  /**
   * Of the peers that are not known to be welcome, the one that has most packets here, or bytes.
   *
   * @returns undefined while they have no more than so many together
   */
  greediest (most: { readonly packets: number, readonly bytes: number }): Uuid | undefined {
    // one whose greeting is through only waits to be taken
    const held = [...this.#peers.values()].filter(({ holds, ahead }) => holds.size > 0 && ahead.size > 0).map(({ peer, ahead }) => ({ peer, packets: ahead.size, bytes: sum(ahead, ({ bytes }) => bytes) }))
    const over = (['packets', 'bytes'] as const).find(what => sum(held, one => one[what]) > most[what])
    return over && held.reduce((one, other) => other[over] > one[over] ? other : one).peer
  }

  async #drain (key: string, waiting: Waiting): Promise<void> {
    if (waiting.draining) return
    waiting.draining = true
    while (waiting.holds.size === 0 && waiting.packets.length > 0) {
      const packet = waiting.packets.shift() as MessagePacket
      if (packet.source instanceof ReadAhead) {
        packet.source.halt()
        waiting.ahead.delete(packet.source)
      }
      const full = this.#deliver(packet)
      waiting.room?.resolve()
      waiting.room = undefined
      if (full !== undefined) await full
    }
    waiting.draining = false
    if (waiting.holds.size === 0 && this.#peers.get(key) === waiting) this.#peers.delete(key)
  }
}

function sum<T> (items: Iterable<T>, of: (item: T) => number): number {
  let sum = 0
  for (const item of items) sum += of(item)
  return sum
}
