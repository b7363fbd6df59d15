import { toHex } from '../../../bytes/index.js'
import { FileReceiver, type Place, type Received, type Transfer } from '../../../files/index.js'
import { RESET_CODES, resetError } from '../../../nova/index.js'
import type { Client, IncomingStream, PeerStream } from '../../../relay/index.js'
import { codeOf, deferred, HushwireError, ignore, type Deferred } from '../../../stream/index.js'
import { adviceOf } from './advice.js'
import type { FilesEntry } from './entry.js'
import type { History } from './history.js'
import type { CameFile, IncomingFolder } from './incoming-folder.js'
import { APP_LIMITS, RECEIVE_LIMITS } from './limits.js'
import type { People } from './people.js'
import type { TransferStates } from './transfer-state.js'

/** What is told of files that come. */
export interface IncomingEvents {
  /** Somebody offers files. */
  onOffer(entry: FilesEntry): void
  /** All of it is here. */
  onCame(entry: FilesEntry): void
}

/** Files that others send. The id of an entry is that of its transfer, so it is known again after the page was loaded anew. */
export class Incoming {
  readonly #history: History
  readonly #people: People
  readonly #states: TransferStates
  readonly #folder: IncomingFolder
  readonly #receiver: FileReceiver
  readonly #events: IncomingEvents
  /** Those who wait for a yes or no. */
  readonly #asked = new Map<string, Deferred<boolean>>()
  /** Streams that were accepted, by peer. */
  readonly #streams = new Map<string, Set<PeerStream>>()
  /** Transfers that a person has stopped, until the sender knows. */
  readonly #stopped = new Set<string>()

  constructor (client: Client, parts: { readonly history: History, readonly people: People, readonly states: TransferStates, readonly folder: IncomingFolder, readonly events: IncomingEvents }) {
    this.#history = parts.history
    this.#people = parts.people
    this.#states = parts.states
    this.#folder = parts.folder
    this.#events = parts.events
    this.#receiver = new FileReceiver(client, { open: (transfer, signal) => this.#open(transfer, signal) }, {
      limits: RECEIVE_LIMITS,
      accept: (transfer, signal) => this.#ask(transfer, signal),
      onBegin: ({ id, manifest }) => { this.#states.wait(id, manifest.bytes, 'Beginning…') },
      onProgress: ({ id }, progress) => { this.#states.progress(id, progress) }
    })
  }

  /** Deletes what an earlier page has left and nobody needs: files that were saved, transfers without an entry. @throws what the browser does (as rejections) */
  async clear (): Promise<void> {
    for (const entry of this.#history.all()) {
      if (entry.type !== 'files' || entry.mine) continue
      if (entry.state === 'going') this.#waits(entry)
      if (entry.state === 'asking') await this.#history.put({ ...entry, trouble: `${this.#people.nameOf(entry.peer)} is not connected just now.` })
    }
    const kept = new Set(this.#history.all().filter(entry => entry.type === 'files' && entry.state !== 'saved' && entry.state !== 'declined').map(({ id }) => id))
    for (const id of await this.#folder.list()) if (!kept.has(id)) await this.#folder.delete(id)
  }

  /** Takes a stream with files. Never rejects. */
  async take (stream: IncomingStream): Promise<void> {
    const peer = toHex(stream.peer.id)
    const streams = this.#streams.get(peer) ?? new Set()
    this.#streams.set(peer, streams)
    let opened: PeerStream | undefined
    const received = await this.#receiver.take({
      peer: stream.peer,
      kind: stream.kind,
      refuse: code => { stream.refuse(code) },
      accept: options => {
        opened = stream.accept(options)
        streams.add(opened)
        return opened
      }
    })
    if (opened !== undefined) streams.delete(opened)
    await this.#settle(received).catch(ignore)
    await this.#sweep(received).catch(ignore)
  }

  /** What a person says to an offer. @throws what the store does (as rejections) */
  async answer (entry: FilesEntry, yes: boolean): Promise<void> {
    await this.#put(entry, { state: yes ? 'going' : 'declined', trouble: undefined, unread: false })
    if (yes) this.#waits(entry)
    this.#asked.get(entry.id)?.resolve(yes)
    this.#asked.delete(entry.id)
  }

  /** Gives up what is coming: what there is of it is dropped. @throws what the store and the browser do (as rejections) */
  async stop (entry: FilesEntry): Promise<void> {
    await this.#put(entry, { state: 'declined', trouble: 'You have stopped it.' })
    this.#states.end(entry.id)
    this.#stopped.add(entry.id)
    // its stream is one of these; the others come again by themselves, and go on where they were
    for (const stream of this.#streams.get(entry.peer) ?? []) stream.abort(resetError(RESET_CODES.gone))
    // a part that is being written keeps its folder until the stream is over: then that is swept
    await this.#folder.delete(entry.id).catch(ignore)
  }

  /** The files of a transfer that is here. @throws what the browser does (as rejections) */
  files (entry: FilesEntry): Promise<CameFile[]> {
    return this.#folder.files(entry.id)
  }

  /** @throws what the store and the browser do (as rejections) */
  async delete (entry: FilesEntry): Promise<void> {
    await this.#history.remove(entry)
    await this.#folder.delete(entry.id)
  }

  async #ask (transfer: Transfer, signal: AbortSignal): Promise<boolean> {
    const peer = toHex(transfer.from.id)
    const known = this.#history.get(peer, transfer.id)
    // a person has said so before the page was loaded, or the stream was lost
    if (known?.type === 'files' && known.state === 'going') return true
    const entry = entryOf(transfer)
    await this.#history.put(entry)
    const answer = deferred<boolean>()
    this.#asked.get(entry.id)?.resolve(false)
    this.#asked.set(entry.id, answer)
    signal.addEventListener('abort', () => {
      answer.resolve(false)
      if (this.#asked.get(entry.id) === answer) this.#asked.delete(entry.id)
      const now = this.#history.get(peer, entry.id)
      if (now?.type === 'files' && now.state === 'asking') this.#put(entry, { trouble: `${this.#people.nameOf(peer)} does not wait for the answer any more.` }).catch(ignore)
    }, { once: true })
    this.#events.onOffer(entry)
    return answer.promise
  }

  async #open (transfer: Transfer, signal: AbortSignal): Promise<Place> {
    if (this.#stopped.delete(transfer.id)) throw new HushwireError('ERR_FILES_DECLINED', 'stopped by who receives', { layer: 'page', origin: 'local', fatal: true })
    return this.#folder.open(transfer, signal)
  }

  async #settle (received: Received): Promise<void> {
    const { transfer } = received
    if (transfer === undefined) return
    const entry = this.#history.get(toHex(transfer.from.id), transfer.id)
    if (entry?.type !== 'files') return
    if (received.type === 'interrupted') {
      if (entry.state === 'going') this.#waits(entry)
      return
    }
    if (received.type === 'failed' && codeOf(received.error) === 'ERR_FILES_SUPERSEDED') return
    this.#states.end(entry.id)
    if (received.type === 'failed') {
      if (entry.state === 'going') await this.#put(entry, { state: 'failed', trouble: adviceOf(received.error) })
      return
    }
    if (entry.state === 'done' || entry.state === 'saved') return
    const { failures } = received
    const trouble = failures.length === 0 ? undefined : `${failures.length} of ${entry.count} did not arrive. ${adviceOf(failures[0]?.error)}`
    await this.#put(entry, { state: failures.length >= entry.count ? 'failed' : 'done', trouble })
    const now = this.#history.get(entry.peer, entry.id)
    if (now?.type === 'files' && now.state === 'done') this.#events.onCame(now)
  }

  /** What has come of files that were given up meanwhile. */
  async #sweep ({ transfer }: Received): Promise<void> {
    if (transfer === undefined) return
    const entry = this.#history.get(toHex(transfer.from.id), transfer.id)
    if (entry?.type !== 'files' || entry.state === 'declined') await this.#folder.delete(transfer.id)
  }

  #waits (entry: FilesEntry): void {
    this.#states.wait(entry.id, entry.bytes, `Waiting for ${this.#people.nameOf(entry.peer)}. It goes on by itself.`)
  }

  async #put (entry: FilesEntry, change: Partial<FilesEntry>): Promise<void> {
    const now = this.#history.get(entry.peer, entry.id)
    if (now?.type === 'files') await this.#history.put({ ...now, ...change })
  }
}

function entryOf ({ id, from, manifest }: Transfer): FilesEntry {
  const files = manifest.entries.filter(({ type }) => type === 'file')
  return {
    type: 'files',
    id,
    peer: toHex(from.id),
    mine: false,
    time: Date.now(),
    names: files.slice(0, APP_LIMITS.maxNames).map(({ path }) => path),
    count: manifest.files,
    bytes: manifest.bytes,
    state: 'asking',
    unread: true
  }
}
