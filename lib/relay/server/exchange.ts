import { uuidKey, type Uuid } from '../../bytes/index.js'
import type { RoutedHeader } from '../../nova/index.js'
import { limitsOf } from '../../stream/index.js'
import { Correspondents } from './correspondents.js'

/** A connection as the exchange knows it. None of its calls throws but where it says so. */
export interface ExchangeMember {
  readonly id: Uuid
  /** When its handshake was done: milliseconds since 1970, by a clock that does not go back. */
  readonly since: number
  /**
   * Takes a live packet to this connection, as it comes.
   *
   * @returns a promise that resolves when all of it was handed on
   * @throws why it was not: what the source throws, ERR_RESET_ codes, ERR_PACKET_QUEUE, ERR_RELAY_CROWDED, ERR_RELAY_IDLE, or the cause of the connection's end (as rejections)
   */
  take(header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<void>
  /** A newer connection of the same identity has its place. */
  displaced(): void
  /** A peer that it exchanged packets with has left. */
  parted(id: Uuid): void
  /** Somebody whom it watches has come or gone. */
  noticed(id: Uuid, online: boolean): void
}

/**
 * The way from one connection to another. The one of {@link localExchange} knows the connections of this process; one
 * that spans processes can take its place, since nothing else in the relay asks where a target is connected. Who is
 * connected is one member an identity: the one whose handshake was done last, of those that have entered.
 */
export interface Exchange {
  /** Live packets reach the member by its id from now on; who had the place is told that it is displaced. A member that is older than who has the place is displaced itself. */
  enter(member: ExchangeMember): Promise<void>
  /** The member is gone, or has been displaced: those who watch it, and those that it exchanged packets with, are told. */
  leave(member: ExchangeMember): void
  /**
   * Takes a live packet of a member to its target.
   *
   * @returns `absent` when nobody is connected under the target's id; the source has not been touched then
   * @throws as {@link ExchangeMember.take} (as rejections)
   */
  forward(from: ExchangeMember, header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<'delivered' | 'absent'>
  /** Whether somebody is connected under an id. */
  online(id: Uuid): Promise<boolean>
  /** The member is told of these from now on, instead of those before; `leave` ends that. @returns which of them are connected now */
  watch(member: ExchangeMember, ids: readonly Uuid[]): Promise<boolean[]>
}

/** Options of {@link localExchange}. */
export interface LocalExchangeOptions {
  /** Peers that one connection is remembered to have exchanged packets with; of more, one that is long unused is forgotten. Default 1,024. */
  readonly maxCorrespondents?: number | undefined
}

/**
 * The exchange of one process. Several relays of the process may share it, with their mailbox and directory.
 *
 * @throws ERR_LIMIT_OPTION
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { localExchange, startRelay } from 'hushwire/relay/server'
 * import { memoryStore, openDirectory, openMailbox } from 'hushwire/store'
 *
 * const store = memoryStore()
 * const shared = { exchange: localExchange(), mailbox: await openMailbox(store), directory: await openDirectory(store) }
 * const inside = await startRelay({ identity: createIdentity(), tcp: { port: 0 }, ...shared })
 * const outside = await startRelay({ identity: createIdentity(), websocket: { port: 0 }, ...shared })
 * await Promise.all([inside.close(), outside.close()])
 * ```
 */
export function localExchange (options: LocalExchangeOptions = {}): Exchange {
  const { maxCorrespondents } = limitsOf({ maxCorrespondents: 1024 }, options)
  return new LocalExchange(maxCorrespondents)
}

/** Who is at a place, and with whom it has to do. */
interface Place {
  /** Of its id: one string for all who remember it. */
  readonly key: string
  readonly member: ExchangeMember
  readonly correspondents: Correspondents
}

function delivered (): 'delivered' { return 'delivered' }

class LocalExchange implements Exchange {
  readonly #maxCorrespondents: number
  readonly #places = new Map<string, Place>()
  /** The same by who has it: a key is not to be made of an id for each packet. */
  readonly #placeOf = new Map<ExchangeMember, Place>()
  /** Who watches an id. */
  readonly #watchers = new Map<string, Set<ExchangeMember>>()
  /** Which ids a member watches. */
  readonly #watched = new Map<ExchangeMember, string[]>()

  constructor (maxCorrespondents: number) {
    this.#maxCorrespondents = maxCorrespondents
  }

  async enter (member: ExchangeMember): Promise<void> {
    const key = uuidKey(member.id)
    const before = this.#places.get(key)
    if (before?.member === member) return
    // a hello that was long on its way must not take the place of the connection that was made instead
    if (before !== undefined && before.member.since > member.since) {
      member.displaced()
      return
    }
    const place = { key, member, correspondents: new Correspondents(this.#maxCorrespondents) }
    this.#places.set(key, place)
    this.#placeOf.set(member, place)
    if (before === undefined) {
      this.#notice(member.id, true)
      return
    }
    this.#unwatch(before.member)
    this.#placeOf.delete(before.member)
    before.member.displaced()
    this.#part(before)
  }

  leave (member: ExchangeMember): void {
    this.#unwatch(member)
    const place = this.#placeOf.get(member)
    if (place === undefined) return
    this.#places.delete(place.key)
    this.#placeOf.delete(member)
    this.#part(place)
    this.#notice(member.id, false)
  }

  forward (from: ExchangeMember, header: RoutedHeader, source: AsyncIterable<Uint8Array>): Promise<'delivered' | 'absent'> {
    const target = this.#places.get(uuidKey(header.target))
    if (target === undefined) return Promise.resolve('absent')
    const sender = this.#placeOf.get(from)
    sender?.correspondents.met(target.key)
    target.correspondents.met(sender?.key ?? uuidKey(from.id))
    return target.member.take(header, source).then(delivered)
  }

  async online (id: Uuid): Promise<boolean> {
    return this.#places.has(uuidKey(id))
  }

  async watch (member: ExchangeMember, ids: readonly Uuid[]): Promise<boolean[]> {
    this.#unwatch(member)
    const keys = ids.map(uuidKey)
    this.#watched.set(member, keys)
    for (const key of keys) this.#watchers.set(key, (this.#watchers.get(key) ?? new Set()).add(member))
    return keys.map(key => this.#places.has(key))
  }

  #unwatch (member: ExchangeMember): void {
    for (const key of this.#watched.get(member) ?? []) {
      const watchers = this.#watchers.get(key)
      watchers?.delete(member)
      if (watchers?.size === 0) this.#watchers.delete(key)
    }
    this.#watched.delete(member)
  }

  #notice (id: Uuid, online: boolean): void {
    for (const watcher of this.#watchers.get(uuidKey(id)) ?? []) watcher.noticed(id, online)
  }

  #part ({ member, correspondents }: Place): void {
    for (const key of correspondents) this.#places.get(key)?.member.parted(member.id)
  }
}
