import { fromHex, toHex } from '../../../bytes/index.js'
import { CHAT_KIND, CHAT_LIMITS, chatText, decodeChat, encodeChat, type ChatMessage } from '../../../chat/index.js'
import type { Client, ClientMessage, MailOptions } from '../../../relay/index.js'
import { codeOf, ignore } from '../../../stream/index.js'
import { adviceOf } from './advice.js'
import { isUnread, type TextEntry } from './entry.js'
import type { History } from './history.js'
import type { People } from './people.js'

/** What a text cannot be sent for however often one tries. */
const FINAL: ReadonlySet<string | undefined> = new Set(['ERR_CHAT_VALUE', 'ERR_RELAY_TOO_LONG', 'ERR_OFFER_PEER', 'ERR_IDENTITY_PROOF'])
/** Milliseconds until what the relay said no to is tried again. */
const AGAIN = 15_000
/** Tries that the relay does not take in a row, before it is told: once can be for a moment. */
const PATIENCE = 2

/** Texts, receipts and names, as mail. */
export class Texts {
  readonly #client: Client
  readonly #history: History
  readonly #people: People
  readonly #ownName: () => string
  readonly #onText: (entry: TextEntry) => void
  /** Receipts that are on their way, by entry. */
  readonly #receipts = new Set<string>()

  constructor (client: Client, parts: { readonly history: History, readonly people: People, readonly ownName: () => string, readonly onText: (entry: TextEntry) => void }) {
    this.#client = client
    this.#history = parts.history
    this.#people = parts.people
    this.#ownName = parts.ownName
    this.#onText = parts.onText
  }

  /** Goes on with what was not sent, and reads what comes until the client ends. @throws what has ended it, what the store does */
  async run (): Promise<void> {
    for (const entry of this.#history.all()) if (entry.type === 'text' && entry.state === 'waiting') this.#send(entry)
    for await (const message of this.#client.messages) if (message.kind === CHAT_KIND) await this.#take(message)
  }

  /** @throws ERR_CHAT_VALUE, and what the store does (as rejections) */
  async say (peer: string, text: string): Promise<void> {
    const message = chatText(text)
    // what cannot be sent is not to be kept
    encodeChat(message)
    const entry: TextEntry = { type: 'text', id: toHex(message.id), peer, mine: true, time: message.time, text, state: 'waiting' }
    await this.#history.put(entry)
    this.#send(entry)
  }

  /** Tries once more. @throws what the store does (as rejections) */
  async again (entry: TextEntry): Promise<void> {
    const waiting: TextEntry = { ...entry, state: 'waiting', trouble: undefined }
    await this.#history.put(waiting)
    this.#send(waiting)
  }

  /** What we call ourselves. It is of no harm when it does not arrive. */
  introduce (peer: string): void {
    this.#mail(peer, { type: 'name', name: this.#ownName() }).catch(ignore)
  }

  /** Says that everything of somebody has been shown. */
  shown (peer: string): void {
    const entries = this.#history.of(peer).filter((entry): entry is TextEntry => entry.type === 'text' && isUnread(entry) && !this.#receipts.has(entry.id))
    for (let at = 0; at < entries.length; at += CHAT_LIMITS.maxReceiptIds) {
      const some = entries.slice(at, at + CHAT_LIMITS.maxReceiptIds)
      for (const { id } of some) this.#receipts.add(id)
      this.#history.put(...some.map(entry => ({ ...entry, state: 'read' as const }))).then(() => this.#mail(peer, { type: 'receipt', ids: some.map(({ id }) => fromHex(id)) })).catch(ignore).finally(() => {
        for (const { id } of some) this.#receipts.delete(id)
      })
    }
  }

  async #take ({ from, bytes }: ClientMessage): Promise<void> {
    const peer = toHex(from.id)
    let message: ChatMessage
    try {
      message = decodeChat(bytes)
    } catch {
      // of another version, or none: there is nothing to show
      return
    }
    if (message.type === 'name') await this.#people.call(peer, { own: message.name })
    else if (message.type === 'receipt') await this.#seen(peer, message.ids.map(id => toHex(id)))
    else await this.#came({ type: 'text', id: toHex(message.id), peer, mine: false, time: message.time, text: message.text, state: 'unread' })
  }

  /** The same id again is the same text, sent again by somebody who did not know that it had arrived. */
  async #came (entry: TextEntry): Promise<void> {
    if (this.#history.get(entry.peer, entry.id) !== undefined) return
    await this.#history.put(entry)
    this.#onText(entry)
  }

  async #seen (peer: string, ids: readonly string[]): Promise<void> {
    const entries = ids.map(id => this.#history.get(peer, id)).filter((entry): entry is TextEntry => entry?.type === 'text' && entry.mine && entry.state !== 'seen')
    if (entries.length > 0) await this.#history.put(...entries.map(entry => ({ ...entry, state: 'seen' as const, trouble: undefined })))
  }

  #send (entry: TextEntry): void {
    const { peer, id, time, text } = entry
    let refused = 0
    const onRetry = (error: Error): void => { if (++refused === PATIENCE) this.#settle(entry, { trouble: adviceOf(error) }).catch(ignore) }
    this.#mail(peer, { type: 'text', id: fromHex(id), time, text }, { onRetry }).then(() => this.#settle(entry, { state: 'sent' }), async (error: unknown) => {
      if (this.#client.state.type === 'closed') return
      const final = FINAL.has(codeOf(error))
      // a full mailbox, or somebody who has not connected yet
      if (!final) setTimeout(() => { if (this.#history.get(peer, id) !== undefined) this.#send(entry) }, AGAIN)
      await this.#settle(entry, { state: final ? 'failed' : 'waiting', trouble: adviceOf(error) })
    }).catch(ignore)
  }

  /** A receipt can be faster than the relay's answer. */
  async #settle (entry: TextEntry, { state = 'waiting', trouble }: Partial<Pick<TextEntry, 'state' | 'trouble'>>): Promise<void> {
    const now = this.#history.get(entry.peer, entry.id)
    if (now?.type !== 'text' || now.state !== 'waiting' || now.state === state && now.trouble === trouble) return
    await this.#history.put({ ...now, state, trouble })
  }

  #mail (peer: string, message: ChatMessage, options: MailOptions = {}): Promise<void> {
    return this.#client.peer(fromHex(peer)).send(CHAT_KIND, encodeChat(message), options)
  }
}
