import { fromHex, toHex } from '../../../bytes/index.js'
import { PING_KIND, pingAnswers } from '../../../chat/index.js'
import { FILES_KIND } from '../../../files/index.js'
import { parseOffer, type Client, type ClientState } from '../../../relay/index.js'
import type { Store } from '../../../store/index.js'
import { deadline, ignore, streamError } from '../../../stream/index.js'
import { Changes } from './changes.js'
import type { FilesEntry, TextEntry } from './entry.js'
import { Held } from './held.js'
import { History } from './history.js'
import { Incoming } from './incoming.js'
import { IncomingFolder } from './incoming-folder.js'
import { APP_LIMITS } from './limits.js'
import { connectAs } from './link.js'
import { Outgoing } from './outgoing.js'
import { People } from './people.js'
import { saveAbout, type Profile } from './profile.js'
import { Texts } from './texts.js'
import { TransferStates } from './transfer-state.js'
import { WaitingFiles } from './waiting-files.js'

/** What a desk tells whoever shows it. */
export interface DeskEvents {
  onText(entry: TextEntry): void
  onOffer(entry: FilesEntry): void
  onCame(entry: FilesEntry): void
  onPaired(peer: string): void
  /** Something that nothing goes on without. */
  onFailure(error: unknown): void
}

interface Parts {
  readonly history: History
  readonly people: People
  readonly waiting: WaitingFiles
  /** Those who have answered an offer of ours. */
  readonly paired: Held<string>
}

/** Everything that a person works with: who they are, whom they know, what was said, what is on its way. */
export class Desk {
  readonly history: History
  readonly people: People
  readonly states = new TransferStates()
  readonly link = new Changes<ClientState>()
  readonly texts: Texts
  readonly outgoing: Outgoing
  readonly incoming: Incoming
  readonly client: Client
  profile: Profile
  readonly #store: Store
  readonly #events: DeskEvents
  readonly #paired: Held<string>
  #away: Error | undefined

  private constructor (store: Store, profile: Profile, client: Client, { history, people, waiting, paired }: Parts, events: DeskEvents) {
    this.#store = store
    this.profile = profile
    this.client = client
    this.history = history
    this.people = people
    this.#events = events
    this.#paired = paired
    this.#heard(client.state)
    this.link.on(state => { this.#heard(state) })
    const { states } = this
    this.texts = new Texts(client, { history, people, ownName: () => this.profile.name, onText: entry => { events.onText(entry) } })
    this.outgoing = new Outgoing(client, { history, people, states, waiting })
    this.incoming = new Incoming(client, { history, people, states, folder: new IncomingFolder(), events: { onOffer: entry => { events.onOffer(entry) }, onCame: entry => { events.onCame(entry) } } })
  }

  /**
   * Connects, and reads what comes once `run` is called.
   *
   * @param options - `wait`: whether the first connection is waited for; `database`: where files are kept until they are sent
   * @throws what the store, the browser and `connect` do (as rejections)
   */
  static async open (store: Store, profile: Profile, events: DeskEvents, options: { readonly wait: boolean, readonly invite?: Uint8Array | undefined, readonly database: string }): Promise<Desk> {
    const parts = { history: await History.load(store), people: await People.load(store), waiting: await WaitingFiles.open(options.database), paired: new Held<string>() }
    const told: { desk?: Desk } = {}
    const client = await connectAs(profile, store, {
      wait: options.wait,
      invite: options.invite,
      onState: state => { told.desk?.link.tell(state) },
      onPaired: peer => { parts.paired.tell(peer) }
    })
    return told.desk = new Desk(store, profile, client, parts, events)
  }

  /** Why there is no connection, if there is none; also while the next one is tried. */
  get away (): Error | undefined { return this.#away }

  /** Those we know, as they are to be listed: who wrote last is first. */
  get contacts (): string[] {
    const time = (peer: string): number => this.history.last(peer)?.time ?? 0
    return this.client.contacts.list().map(({ id }) => toHex(id)).sort((one, other) => time(other) - time(one) || this.people.nameOf(one).localeCompare(this.people.nameOf(other)))
  }

  /** Whether somebody is there, as far as the relay can be asked. */
  isThere (peer: string): boolean { return this.client.state.type === 'connected' && this.people.online.has(peer) }

  /** Begins to read what comes, and goes on with what an earlier page has begun. */
  async run (): Promise<void> {
    await this.incoming.clear()
    await this.outgoing.resume()
    const failed = (error: unknown): void => { this.#events.onFailure(error) }
    this.client.closed.catch(failed)
    this.texts.run().catch(failed)
    this.#takeStreams().catch(failed)
    this.#watch()
    this.#paired.open(peer => {
      this.#met(peer)
      this.#events.onPaired(peer)
    })
  }

  /**
   * Answers an offer.
   *
   * @param signal - gives up
   * @throws as `Client.pair`; what it waits for when that takes more than `pairTimeout` (as rejections)
   */
  async pair (text: string, signal: AbortSignal): Promise<string> {
    parseOffer(text)
    let refused: Error | undefined
    const limit = deadline(signal, APP_LIMITS.pairTimeout, () => this.#away ?? refused ?? streamError('ERR_TIMEOUT'))
    const onRetry = (error: Error): void => { refused = error }
    const { id } = await this.client.pair(text, { signal: limit.signal, onRetry }).finally(limit.done)
    const peer = toHex(id)
    this.#met(peer)
    return peer
  }

  /** @throws what the store does (as rejections) */
  async rename (name: string): Promise<void> {
    this.profile = { ...this.profile, name }
    await saveAbout(this.#store, { ...this.profile, joined: true })
    for (const peer of this.contacts) this.texts.introduce(peer)
  }

  /** Trusts somebody no more, and forgets what was said. @throws what the store does (as rejections) */
  async forget (peer: string): Promise<void> {
    for (const entry of this.history.of(peer)) {
      if (entry.type !== 'files') continue
      this.outgoing.stop(entry.id)
      if (!entry.mine) await this.incoming.delete(entry)
    }
    await this.client.contacts.forget(fromHex(peer))
    await this.history.forget(peer)
    await this.people.forget(peer)
    this.#watch()
  }

  #heard (state: ClientState): void {
    if (state.type === 'waiting') this.#away = state.error
    else if (state.type === 'connected') this.#away = undefined
  }

  #met (peer: string): void {
    this.texts.introduce(peer)
    this.#watch()
    this.people.changes.tell(undefined)
  }

  async #takeStreams (): Promise<void> {
    const ping = pingAnswers()
    for await (const stream of this.client.streams) {
      if (stream.kind === FILES_KIND) void this.incoming.take(stream)
      else if (stream.kind === PING_KIND) ping(stream)
      else stream.refuse()
    }
  }

  #watching: AsyncIterableIterator<{ readonly id: Uint8Array, readonly online: boolean }> | undefined

  /** Asks who of those we know is there, from now on. */
  #watch (): void {
    this.#watching?.return?.().catch(ignore)
    const watching = this.client.presence(this.client.contacts.list().slice(0, APP_LIMITS.maxWatched).map(({ id }) => id))
    this.#watching = watching
    const read = async (): Promise<void> => {
      for await (const { id, online } of watching) this.people.setOnline(toHex(id), online)
    }
    // what ends the client is told elsewhere
    read().catch(ignore)
  }
}
