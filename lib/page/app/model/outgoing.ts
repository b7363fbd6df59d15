import { fromHex, randomUuid, toHex } from '../../../bytes/index.js'
import { sendFiles, type SendState, type SourceFile } from '../../../files/index.js'
import type { Client } from '../../../relay/index.js'
import { codeOf, ignore } from '../../../stream/index.js'
import { adviceOf } from './advice.js'
import type { FilesEntry } from './entry.js'
import type { History } from './history.js'
import { APP_LIMITS } from './limits.js'
import type { People } from './people.js'
import type { TransferStates } from './transfer-state.js'
import type { ChosenFile, WaitingFiles, WaitingSet } from './waiting-files.js'

/** A person who stops it. */
class Stopped extends Error {}

/** Milliseconds that files wait for somebody who is away, as long as the page is open. */
const PATIENCE = 7 * 24 * 3_600_000

/** Files that we send. */
export class Outgoing {
  readonly #client: Client
  readonly #history: History
  readonly #people: People
  readonly #states: TransferStates
  readonly #waiting: WaitingFiles
  readonly #stops = new Map<string, AbortController>()

  constructor (client: Client, parts: { readonly history: History, readonly people: People, readonly states: TransferStates, readonly waiting: WaitingFiles }) {
    this.#client = client
    this.#history = parts.history
    this.#people = parts.people
    this.#states = parts.states
    this.#waiting = parts.waiting
  }

  /** Goes on with what an earlier page has begun. @throws what the browser does (as rejections) */
  async resume (): Promise<void> {
    const sets = new Map((await this.#waiting.all()).map(set => [set.id, set]))
    for (const entry of this.#history.all()) {
      if (entry.type !== 'files' || !entry.mine || entry.state !== 'asking' && entry.state !== 'going') continue
      const set = sets.get(entry.id)
      sets.delete(entry.id)
      if (set !== undefined) this.#run(entry, set.files)
      else await this.#history.put({ ...entry, state: 'failed', trouble: 'The page was closed before the files could be kept. Choose them again: what has come is kept.' })
    }
    for (const id of sets.keys()) await this.#waiting.delete(id)
  }

  /** @throws what the store does (as rejections) */
  async send (peer: string, files: readonly ChosenFile[]): Promise<void> {
    const entry: FilesEntry = {
      type: 'files',
      id: toHex(randomUuid()),
      peer,
      mine: true,
      time: Date.now(),
      names: files.slice(0, APP_LIMITS.maxNames).map(({ path }) => path),
      count: files.length,
      bytes: files.reduce((sum, { file }) => sum + file.size, 0),
      state: 'asking',
      unread: false
    }
    await this.#history.put(entry)
    const set: WaitingSet = { id: entry.id, peer, files }
    // without room for a copy they are sent as long as the page is there
    this.#waiting.add(set).catch(ignore)
    this.#run(entry, files)
  }

  stop (id: string): void {
    this.#stops.get(id)?.abort(new Stopped('stopped'))
  }

  #run (entry: FilesEntry, files: readonly ChosenFile[]): void {
    const stop = new AbortController()
    this.#stops.set(entry.id, stop)
    this.#states.wait(entry.id, entry.bytes, 'Connecting…')
    let state: FilesEntry['state'] = entry.state
    const onState = (now: SendState): void => {
      if (now.type === 'sending') {
        this.#states.wait(entry.id, entry.bytes, 'Beginning…')
        if (state !== 'going') this.#put(entry, { state: state = 'going' }).catch(ignore)
      } else {
        this.#states.wait(entry.id, entry.bytes, this.#waitsFor(entry.peer, now))
      }
    }
    sendFiles(this.#client, fromHex(entry.peer), files.map(sourceOf), {
      signal: stop.signal,
      limits: { retryTimeout: PATIENCE },
      onState,
      onProgress: progress => { this.#states.progress(entry.id, progress) }
    }).then(({ failures }) => this.#put(entry, failures.length === 0 ? { state: 'done' } : { state: 'failed', trouble: failedFiles(failures) }), async (error: unknown) => {
      // the page is being left, or another one has taken over: the next one goes on
      if (this.#client.state.type === 'closed') return
      await this.#put(entry, outcomeOf(error))
    }).catch(ignore).finally(() => {
      this.#stops.delete(entry.id)
      this.#states.end(entry.id)
      if (this.#client.state.type !== 'closed') this.#waiting.delete(entry.id).catch(ignore)
    })
  }

  #waitsFor (peer: string, state: SendState): string {
    const name = this.#people.nameOf(peer)
    if (state.type === 'asking') return `Waiting for ${name} to accept…`
    if (state.type === 'waiting') return this.#people.online.has(peer) ? `${name} cannot be reached; trying again…` : `${name} is away. It goes on when they are back.`
    return 'Connecting…'
  }

  async #put (entry: FilesEntry, change: Partial<FilesEntry>): Promise<void> {
    const now = this.#history.get(entry.peer, entry.id)
    if (now?.type === 'files') await this.#history.put({ ...now, trouble: undefined, ...change })
  }
}

function outcomeOf (error: unknown): Partial<FilesEntry> {
  if (error instanceof Stopped) return { state: 'failed', trouble: 'You have stopped it.' }
  if (codeOf(error) === 'ERR_FILES_DECLINED') return { state: 'declined' }
  return { state: 'failed', trouble: adviceOf(error) }
}

function failedFiles (failures: ReadonlyArray<{ readonly path: string, readonly error: Error }>): string {
  const [first] = failures
  return `${failures.length === 1 ? first?.path ?? '' : `${failures.length} files`} did not arrive. ${adviceOf(first?.error)}`
}

function sourceOf ({ path, file }: ChosenFile): SourceFile {
  return { path, size: file.size, modified: file.lastModified, open: from => pieces(file.slice(from)) }
}

/** A stream of a browser that may not be iterable itself. */
async function * pieces (blob: Blob): AsyncGenerator<Uint8Array, void> {
  const reader = blob.stream().getReader()
  try {
    for (let result = await reader.read(); !result.done; result = await reader.read()) yield result.value
  } finally {
    reader.cancel().catch(ignore)
  }
}
