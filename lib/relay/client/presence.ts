import { uuidKey, type Uuid } from '../../bytes/index.js'
import type { MessagePacket } from '../../nova/index.js'
import { asError, codeOf, collect, deferred, ignore, pause, type Deferred } from '../../stream/index.js'
import { decodePresence, PRESENCE_BYTES } from '../wire/index.js'
import { Backoff } from './connection/backoff.js'
import { clientError } from './errors.js'
import type { Connection } from './connection/line.js'

/** The limits of watching, and their defaults. */
export const PRESENCE_LIMITS = {
  /** Peers that may be watched at once, all watchers together. */
  maxWatched: 1024
} as const

/** How often the relay may say that it is more than it allows, before the newest watcher has to go. */
const REFUSALS = 5

/** Whether somebody is connected to the relay, as the relay says. */
export interface Presence {
  readonly id: Uuid
  readonly online: boolean
}

/** Of the way to the relay, what watching needs. */
export interface PresenceLine {
  /** The connection in use, if one stands. */
  readonly current: Pick<Connection, 'ask' | 'ended'> | undefined
}

/** Who is there, for those who watch: asked anew on each connection, and told when it has changed. */
export class PresenceWatch {
  readonly #line: PresenceLine
  readonly #maxWatched: number
  readonly #backoff: Backoff
  readonly #watchers = new Set<Watcher>()
  /** What is known, by `uuidKey`. */
  readonly #known = new Map<string, Presence>()
  #over: Error | undefined
  #asking = false
  #changed = false
  /** Refusals in a row. */
  #refused = 0

  constructor (line: PresenceLine, limits: Readonly<Record<'maxWatched' | 'reconnectMin' | 'reconnectMax', number>>) {
    this.#line = line
    this.#maxWatched = limits.maxWatched
    this.#backoff = new Backoff(limits.reconnectMin, limits.reconnectMax)
  }

  attach (): void { this.#ask() }

  /** @throws ERR_RELAY_WATCHED, ERR_UUID */
  watch (ids: Iterable<Uuid>): AsyncIterableIterator<Presence> {
    const keys = new Map([...ids].map(id => [uuidKey(id), new Uint8Array(id)]))
    const all = new Set([...keys.keys(), ...[...this.#watchers].flatMap(watcher => [...watcher.ids.keys()])])
    if (all.size > this.#maxWatched) throw clientError('ERR_RELAY_WATCHED', `${this.#maxWatched}`)
    const watcher = new Watcher(keys, () => {
      if (this.#watchers.delete(watcher)) this.#ask()
    })
    if (this.#over !== undefined) {
      watcher.end(this.#over)
      return watcher
    }
    this.#watchers.add(watcher)
    for (const presence of this.#known.values()) watcher.tell(presence)
    this.#ask()
    return watcher
  }

  /** Takes what the relay says of itself about somebody. */
  receive ({ source }: MessagePacket): void {
    collect(source, PRESENCE_BYTES).then(body => {
      if (body !== undefined) this.#tell(decodePresence(body))
    }).catch(ignore)
  }

  end (error?: Error): void {
    this.#over = error ?? clientError('ERR_RELAY_CLIENT_CLOSED')
    for (const watcher of this.#watchers) watcher.end(error)
    this.#watchers.clear()
  }

  #tell ({ id, online }: Presence): void {
    const key = uuidKey(id)
    if (this.#known.get(key)?.online === online) return
    // of nobody but those that are watched, so that the relay cannot make it grow
    if (![...this.#watchers].some(watcher => watcher.ids.has(key))) return
    const presence = { id: new Uint8Array(id), online }
    this.#known.set(key, presence)
    for (const watcher of this.#watchers) watcher.tell(presence)
  }

  #ask (): void {
    this.#changed = true
    if (this.#asking) return
    this.#asking = true
    this.#askAll().catch(ignore)
  }

  /** Asks until the relay knows whom we watch now. */
  async #askAll (): Promise<void> {
    try {
      while (this.#changed) {
        const connection = this.#line.current
        // the next one asks by itself
        if (connection === undefined) return
        this.#changed = false
        await this.#askOn(connection).catch(async (error: unknown) => {
          this.#changed = true
          this.#relieve(error)
          await pause(this.#backoff.next(), connection.ended)
        })
      }
    } finally {
      // in the same turn as the last look at what has changed, or a change in between would be nobody's
      this.#asking = false
    }
  }

  /** A relay may allow fewer than we do: who came last is told so, rather than that nobody ever hears anything. */
  #relieve (error: unknown): void {
    this.#refused = codeOf(error) === 'ERR_RELAY_LIMIT' ? this.#refused + 1 : 0
    const newest = [...this.#watchers].at(-1)
    if (this.#refused < REFUSALS || newest === undefined) return
    this.#refused = 0
    this.#watchers.delete(newest)
    newest.end(asError(error))
  }

  async #askOn (connection: Pick<Connection, 'ask'>): Promise<void> {
    const ids = new Map([...this.#watchers].flatMap(watcher => [...watcher.ids]))
    for (const key of this.#known.keys()) if (!ids.has(key)) this.#known.delete(key)
    const asked = [...ids.values()]
    const { online } = await connection.ask('watch', { ids: asked })
    this.#backoff.reset()
    this.#refused = 0
    for (const [index, id] of asked.entries()) this.#tell({ id, online: online[index] === true })
  }
}

/** One watcher: of each peer the latest, in the order in which they changed. */
class Watcher implements AsyncIterableIterator<Presence> {
  readonly ids: ReadonlyMap<string, Uuid>
  readonly #onLeave: () => void
  readonly #news = new Map<string, Presence>()
  readonly #readers: Array<Deferred<IteratorResult<Presence>>> = []
  #over = false
  #error: Error | undefined

  constructor (ids: ReadonlyMap<string, Uuid>, onLeave: () => void) {
    this.ids = ids
    this.#onLeave = onLeave
  }

  tell (presence: Presence): void {
    const key = uuidKey(presence.id)
    if (!this.ids.has(key)) return
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve({ value: presence, done: false })
      return
    }
    this.#news.delete(key)
    this.#news.set(key, presence)
  }

  next (): Promise<IteratorResult<Presence>> {
    for (const [key, value] of this.#news) {
      this.#news.delete(key)
      return Promise.resolve({ value, done: false })
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#over) return Promise.resolve({ value: undefined, done: true })
    const reader = deferred<IteratorResult<Presence>>()
    this.#readers.push(reader)
    return reader.promise
  }

  return (): Promise<IteratorResult<Presence>> {
    this.#news.clear()
    this.end()
    this.#onLeave()
    return Promise.resolve({ value: undefined, done: true })
  }

  end (error?: Error): void {
    this.#over = true
    this.#error ??= error
    for (const reader of this.#readers.splice(0)) {
      if (error === undefined) reader.resolve({ value: undefined, done: true })
      else reader.reject(error)
    }
  }

  [Symbol.asyncIterator] (): this { return this }
}
