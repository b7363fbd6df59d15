import { equalUuid, formatUuid, uuidKey, type Uuid } from '../../bytes/index.js'
import { CHAT_KIND, CHAT_LIMITS, chatText, encodeChat, type ChatReceipt, type ChatText } from '../../chat/index.js'
import { asError, ignore, pause } from '../../stream/index.js'
import type { NamedContact } from '../names.js'
import type { Session } from '../session.js'
import { failureOf } from '../terminal/failure.js'
import { cut, plainLine } from '../terminal/plain-text.js'
import type { Desk } from './desk.js'
import type { TextRecords } from './records.js'
import { Receipts } from './receipts.js'
import type { Screen } from './screen.js'
import { Untaken } from './untaken.js'

/** Texts of ours whose receipts are awaited; the oldest are forgotten above. */
const MAX_UNDERWAY = 1000
/** Milliseconds from one line about the peer's presence to the next: a relay can say that it comes and goes as often as it likes. */
const PRESENCE_INTERVAL = 3000

/** What a {@link Talk} is made of. */
export interface TalkParts {
  readonly session: Session
  readonly peer: NamedContact
  readonly desk: Desk
  readonly unsent: TextRecords
  readonly screen: Screen
  /** Milliseconds that never go backwards. Default: those of the process. */
  readonly clock?: () => number
  /** Waits so long, or until the signal aborts. Default: by a timer. */
  readonly rest?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** A chat with one peer: what is said is written down until the relay has it, what comes is shown and receipted. */
export class Talk {
  readonly #parts: TalkParts
  readonly #receipts: Receipts
  /** Texts that are being sent, by `uuidKey`. */
  readonly #sending = new Map<string, { readonly text: ChatText, readonly done: Promise<void> }>()
  /** Texts that the relay has and the peer has not confirmed, by `uuidKey`. */
  readonly #underway = new Map<string, ChatText>()
  /** Whether some were forgotten: of these nobody knows whether they were shown. */
  #passedOver = false
  readonly #failed: ChatText[] = []
  /** Lines that no message was made of. */
  #refused = 0
  readonly #untaken: Untaken
  /** Aborts when nothing more is told of the peer. */
  readonly #over = new AbortController()
  #online: boolean | undefined

  constructor (parts: TalkParts) {
    this.#parts = parts
    this.#receipts = new Receipts(parts.session.client.peer(parts.peer.id))
    this.#untaken = new Untaken(parts.session.output, { what: 'what was said', later: 'It is tried again by itself, by the next hushwire chat too.' }, parts.clock)
  }

  /** How much of what was said could not be sent. */
  get failed (): number { return this.#failed.length + this.#refused }

  /** Shows what waits, sends what could not be sent the last time, and goes on with both. @returns a promise that rejects when mail cannot be read any more */
  async begin (): Promise<{ readonly reading: Promise<void> }> {
    const { desk, peer, unsent, session } = this.#parts
    for (const text of await desk.unread.of(peer.id)) {
      this.#show(text)
      await desk.unread.delete({ peer: peer.id, text })
    }
    for (const text of await unsent.of(peer.id)) void this.#post(text)
    this.#watch().catch(ignore)
    const reading = desk.read({ onText: (from, text) => this.#arrived(from, text), onReceipt: (from, receipt) => { this.#confirmed(from, receipt) } })
    reading.catch(ignore)
    session.client.closed.catch(ignore)
    return { reading }
  }

  /** Says something: written down first, so that it is sent by the next chat if not by this one. @returns a promise that resolves when the relay has it, or it has failed */
  async say (line: string): Promise<void> {
    const { peer, unsent, session: { output } } = this.#parts
    if (Buffer.byteLength(line) > CHAT_LIMITS.maxTextBytes) {
      this.#refused++
      output.warn(`that is too long and was not sent: a message has at most ${CHAT_LIMITS.maxTextBytes} bytes; hushwire send is for files`)
      return
    }
    if (unsent.full) {
      this.#refused++
      output.warn(`that was not sent: ${unsent.total} messages wait for the relay already`)
      return
    }
    // half of a surrogate pair has no UTF-8 form
    const text = chatText(line.toWellFormed())
    await this.#post(text, async () => {
      await unsent.add({ peer: peer.id, text })
      output.event('said', { id: formatUuid(text.id), time: text.time, text: text.text })
    })
  }

  /** Waits for what is being sent, as long as the signal allows, and tells what has not been. */
  async end (signal: AbortSignal): Promise<void> {
    this.#over.abort()
    const all = Promise.all([...[...this.#sending.values()].map(({ done }) => done), this.#receipts.sent])
    const over = new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
    if (!signal.aborted) await Promise.race([all.then(ignore), over])
    this.#tellRest()
  }

  #tellRest (): void {
    const { peer, session: { output } } = this.#parts
    const unsent = [...this.#sending.values()].map(({ text }) => text).concat(this.#failed)
    const ids = (texts: Iterable<ChatText>): string[] => Array.from(texts, ({ id }) => formatUuid(id))
    output.event('undelivered', { unsent: ids(unsent), underway: ids(this.#underway.values()) })
    for (const { text } of unsent) output.note(`not sent yet: ${cut(plainLine(text), 60)}`)
    if (unsent.length > 0) output.note(`The next hushwire chat with ${peer.name} sends ${unsent.length === 1 ? 'it' : 'them'}.`)
    const { size } = this.#underway
    if (size > 0) output.note(`${peer.name} has not been shown ${size === 1 ? 'one message' : `${size} messages${this.#passedOver ? ' or more' : ''}`} yet; the relay has taken ${size === 1 ? 'it' : 'them'}.`)
  }

  /** @param before - what is done first; its failure is the text's */
  #post (text: ChatText, before: () => Promise<void> = async () => {}): Promise<void> {
    const key = uuidKey(text.id)
    const done = before().then(() => this.#send(text)).catch((error: unknown) => { this.#unsendable(text, asError(error)) }).finally(() => {
      this.#sending.delete(key)
      this.#changed()
    })
    this.#sending.set(key, { text, done })
    this.#changed()
    return done
  }

  async #send (text: ChatText): Promise<void> {
    const { session: { client, output }, peer, unsent } = this.#parts
    await client.peer(peer.id).send(CHAT_KIND, encodeChat(text), { onRetry: this.#untaken.again })
    this.#untaken.taken()
    this.#underway.set(uuidKey(text.id), text)
    const [oldest] = this.#underway.keys()
    if (this.#underway.size > MAX_UNDERWAY && oldest !== undefined) this.#passedOver = this.#underway.delete(oldest)
    output.event('stored', { id: formatUuid(text.id) })
    await unsent.delete({ peer: peer.id, text })
  }

  #unsendable (text: ChatText, error: Error): void {
    const { session: { output, signal, client } } = this.#parts
    this.#failed.push(text)
    // who ends the chat is told of all of them at once
    if (signal.aborted || client.state.type === 'closed') return
    const { code, message, advice } = failureOf(error, output.situation)
    output.event('unsent', { id: formatUuid(text.id), code })
    output.warn(`not sent: ${cut(plainLine(text.text), 60)} (${code}: ${message}). ${advice}`)
  }

  #arrived (from: Uuid, text: ChatText): boolean {
    const { session: { names, output }, peer, desk } = this.#parts
    if (equalUuid(from, peer.id)) {
      this.#show(text)
      return true
    }
    if (desk.unread.fullOf(from)) return false
    output.event('waiting', { from: formatUuid(from), name: names.of(from), unread: desk.unread.count(from) + 1 })
    output.note(`a message from ${names.of(from)} waits for hushwire chat ${names.of(from)}`)
    return false
  }

  #show (text: ChatText): void {
    const { screen, session: { output }, peer } = this.#parts
    output.event('message', { from: formatUuid(peer.id), name: peer.name, id: formatUuid(text.id), time: text.time, text: text.text })
    screen.received(peer.name, text)
    this.#receipts.add(text.id)
  }

  #confirmed (from: Uuid, { ids }: ChatReceipt): void {
    const { peer, session: { output } } = this.#parts
    if (!equalUuid(from, peer.id)) return
    const known = ids.filter(id => this.#underway.delete(uuidKey(id)))
    if (known.length > 0) output.event('delivered', { ids: known.map(formatUuid) })
    this.#changed()
  }

  async #watch (): Promise<void> {
    const { session: { client, output }, peer, rest = pause } = this.#parts
    for await (const { online } of client.presence([peer.id])) {
      if (this.#over.signal.aborted) return
      if (online === this.#online) continue
      if (this.#online !== undefined) output.note(online ? `${peer.name} is there` : `${peer.name} has gone`)
      this.#online = online
      output.event('presence', { id: formatUuid(peer.id), online })
      this.#changed()
      // of what is said meanwhile, the latest alone comes next
      await rest(PRESENCE_INTERVAL, this.#over.signal)
    }
  }

  #changed (): void {
    this.#parts.screen.standing({ online: this.#online, unsent: this.#sending.size, underway: this.#underway.size })
  }
}
