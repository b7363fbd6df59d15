import { setMaxListeners } from 'node:events'
import { equalUuid, formatUuid, type Uuid } from '../../bytes/index.js'
import { durationOf, FileReceiver, filesError, type Destination, type NameRules, type Received, type Transfer } from '../../files/index.js'
import type { IncomingStream } from '../../relay/index.js'
import { deferred } from '../../stream/index.js'
import { failureCode } from '../errors.js'
import type { Session } from '../session.js'
import { plainLine } from '../terminal/plain-text.js'
import { Told } from '../told.js'
import { filesAmount } from './amounts.js'
import { offeredLines } from './offered.js'
import type { Questions } from './question.js'
import { TransferBar } from './transfer-bar.js'
import { Troubles } from './troubles.js'
import { whyOf } from './why.js'

/** Milliseconds for which a sender that may not know that all is there is waited for. */
const LINGER = 30_000
/** Transfers whose end is awaited that are remembered. */
const MAX_REMEMBERED = 64

/** What a {@link ReceptionDesk} is told. */
export interface DeskOptions {
  readonly destination: Destination
  /** As the user has named the folder. */
  readonly folder: string
  readonly names: NameRules
  /** Asked before a transfer is taken; undefined takes all. */
  readonly questions: Questions | undefined
  /** Whether one transfer is all. */
  readonly once: boolean
}

/** Takes files of peers, and tells what becomes of them. */
export class ReceptionDesk {
  readonly #session: Session
  readonly #options: DeskOptions
  readonly #receiver: FileReceiver
  readonly #bars = new Map<string, TransferBar>()
  readonly #over = deferred<Received>({ handled: true })
  readonly #taking = new Set<Promise<unknown>>()
  /** Transfers that are done, whose senders may not know. */
  readonly #unconfirmed = new Set<string>()
  readonly #told = new Told()
  readonly #troubles = new Troubles()
  /** Aborts when nothing is to be under way any more. */
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  /** The one transfer that is all, when its files are there. */
  #kept: Received & { readonly type: 'done' } | undefined
  #only: Uuid | undefined
  #open: boolean
  #lingering: ReturnType<typeof setTimeout> | undefined

  /** @param only - whose files are taken; undefined takes those of all contacts, once {@link ReceptionDesk.from} was not announced */
  constructor (session: Session, options: DeskOptions, only: Uuid | undefined | 'later') {
    this.#session = session
    this.#options = options
    this.#open = only !== 'later'
    this.#only = only === 'later' ? undefined : only
    this.#signal = AbortSignal.any([session.signal, this.#ended.signal])
    setMaxListeners(0, this.#signal)
    this.#receiver = new FileReceiver(session.client, options.destination, {
      accept: (transfer, signal) => this.#accept(transfer, signal),
      signal: this.#signal,
      names: options.names,
      onBegin: transfer => { this.#begun(transfer) },
      onProgress: (transfer, progress) => { this.#barOf(transfer).update(progress) }
    })
  }

  /** Whose files are taken from now on. */
  from (only: Uuid): void {
    this.#only = only
    this.#open = true
  }

  /** For `onStream`. */
  readonly take = (stream: IncomingStream): void => {
    if (!this.#open || this.#only !== undefined && !equalUuid(this.#only, stream.peer.id)) { stream.refuse(); return }
    const taking = this.#receiver.take(stream).then(received => { this.#received(received, stream.peer.id) })
    this.#taking.add(taking)
    void taking.finally(() => { this.#taking.delete(taking) })
  }

  /** What became of the transfer that was to be the only one. Never resolves otherwise. */
  get over (): Promise<Received> { return this.#over.promise }

  /** Stops what is under way, and takes nothing more. Resolves when all of it is over. */
  async settled (): Promise<void> {
    this.#open = false
    clearTimeout(this.#lingering)
    this.#ended.abort(filesError('ERR_FILES_BUSY'))
    await Promise.all(this.#taking)
    for (const bar of this.#bars.values()) bar.stop()
    for (const [id, more] of this.#troubles.rest()) this.#tellMore(id, more)
  }

  async #accept (transfer: Transfer, signal: AbortSignal): Promise<boolean> {
    const { output, names } = this.#session
    const { manifest: { files, bytes, entries }, from } = transfer
    const name = names.of(from.id)
    output.event('offered', { ...aboutOf(transfer), name, files, bytes, entries: entries.length })
    const { questions, folder } = this.#options
    if (questions === undefined) {
      if (!this.#troubles.has(from.id)) this.#list(transfer)
      return true
    }
    // others may be asked about before: the list stands right above its own question
    return questions.ask(`Take them from ${name} into ${folder}? [y/N] `, AbortSignal.any([signal, this.#signal]), () => { this.#list(transfer) })
  }

  #list ({ from, manifest }: Transfer): void {
    const { output, names } = this.#session
    output.status()
    const [amount, ...paths] = offeredLines(manifest)
    output.note([`${names.of(from.id)} wants to send ${amount}:`, ...paths.map(path => `  ${path}`)].join('\n'))
  }

  #begun (transfer: Transfer): void {
    this.#session.output.status()
    this.#session.output.event('begun', aboutOf(transfer))
  }

  #received (received: Received, from: Uuid): void {
    const { transfer } = received
    if (transfer === undefined) { this.#strange(received, from); return }
    const bar = this.#barOf(transfer)
    bar.stop()
    if (this.#kept !== undefined) { this.#again(received, this.#kept); return }
    if (received.type === 'done') {
      if (!this.#unconfirmed.delete(transfer.id)) this.#done(received, bar)
      if (!received.confirmed) this.#unconfirmed.add(transfer.id)
      dropOldest(this.#unconfirmed)
    }
    if (received.type === 'interrupted') this.#interrupted(transfer, received.error)
    if (received.type === 'failed') this.#failed(received, transfer)
    if (received.type !== 'interrupted') this.#bars.delete(transfer.id)
    if (received.type === 'done' && !received.confirmed && this.#options.once) this.#linger(received)
    else if (received.type === 'done' || received.type === 'failed' && failureCode(received.error) !== 'ERR_FILES_DECLINED') this.#over.resolve(received)
  }

  /** Who was lost at the very end comes again, to hear that all is there: for so long, however often, and nothing else is taken. */
  #linger (received: Received & { readonly type: 'done' }): void {
    this.#kept = received
    this.#receiver.keepOnly(received.transfer)
    this.#lingering = setTimeout(() => { this.#over.resolve(received) }, LINGER)
  }

  /** What ends while the one transfer waits for its sender. */
  #again (received: Received, kept: Received & { readonly type: 'done' }): void {
    if (received.transfer?.id !== kept.transfer.id || received.type === 'interrupted') return
    if (received.type === 'failed' || received.confirmed) this.#over.resolve(kept)
  }

  /** What was no offer of files: told once of each contact. */
  #strange (received: Received, from: Uuid): void {
    // who comes too often, or too soon after a no, comes again by itself
    if (received.type !== 'failed' || this.#signal.aborted || failureCode(received.error) === 'ERR_FILES_BUSY') return
    if (!this.#told.first(from, 'offer')) return
    this.#session.output.warn(`something from ${this.#session.names.of(from)} that is no offer of files was refused: ${whyOf(received.error)}`)
  }

  #done ({ transfer, failures }: Extract<Received, { type: 'done' }>, bar: TransferBar): void {
    const { output, names } = this.#session
    const { files, bytes, entries } = transfer.manifest
    const failed = new Set(failures.map(({ path }) => path))
    const missing = entries.reduce((sum, { path, size }) => failed.has(path) ? sum + size : sum, 0)
    for (const { path, error } of failures) output.warn(`${plainLine(path)} was not received: ${whyOf(error)}`)
    const more = this.#troubles.over(transfer.from.id)
    if (more !== undefined) {
      this.#tellMore(transfer.from.id, more)
      this.#list(transfer)
    }
    output.event('received', { ...aboutOf(transfer), files: files - failures.length, bytes: bytes - missing, failures: failures.map(({ path, error }) => ({ path, code: failureCode(error), message: error.message })), milliseconds: Math.round(bar.time) })
    output.line(`received ${filesAmount(files - failures.length, bytes - missing)} from ${names.of(transfer.from.id)} into ${this.#options.folder} in ${durationOf(bar.time / 1000)}`)
  }

  #interrupted (transfer: Transfer, error: Error): void {
    const { output, names } = this.#session
    output.event('interrupted', { ...aboutOf(transfer), code: failureCode(error) })
    if (failureCode(error) === 'ERR_FILES_SUPERSEDED') return
    // a line that is written anew is one, however often
    if (this.#tells(transfer) || output.interactive) output.status(`${names.of(transfer.from.id)} was lost (${failureCode(error)}); waiting until they come again`)
  }

  #failed ({ error }: Extract<Received, { type: 'failed' }>, transfer: Transfer): void {
    const { output, names } = this.#session
    if (this.#signal.aborted) return
    output.event('refused', { ...aboutOf(transfer), code: failureCode(error), message: error.message })
    // what ends the command is told at its end, and who has said no knows it
    if (!this.#options.once && failureCode(error) !== 'ERR_FILES_DECLINED' && this.#tells(transfer)) output.note(`from ${names.of(transfer.from.id)}: ${whyOf(error)}`)
  }

  /** Where nobody is asked, only the first trouble with transfers of a contact is told until one comes whole: nobody is to fill a log. */
  #tells ({ from }: Transfer): boolean {
    return this.#options.questions !== undefined || this.#troubles.first(from.id)
  }

  #tellMore (id: Uuid, more: number): void {
    if (more > 0) this.#session.output.note(`from ${this.#session.names.of(id)}: ${more} ${more === 1 ? 'attempt' : 'attempts'} more came to nothing`)
  }

  #barOf (transfer: Transfer): TransferBar {
    const bar = this.#bars.get(transfer.id) ?? new TransferBar(this.#session.output, aboutOf(transfer))
    this.#bars.delete(transfer.id)
    this.#bars.set(transfer.id, bar)
    dropOldest(this.#bars)
    return bar
  }
}

/** Senders that never come again are not remembered without end. */
function dropOldest (kept: Map<string, unknown> | Set<string>): void {
  const [oldest] = kept.keys()
  if (kept.size > MAX_REMEMBERED && oldest !== undefined) kept.delete(oldest)
}

function aboutOf ({ id, from }: Transfer): { transfer: string, peer: string } {
  return { transfer: id, peer: formatUuid(from.id) }
}
