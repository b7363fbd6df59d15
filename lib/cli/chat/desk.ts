import type { Uuid } from '../../bytes/index.js'
import { CHAT_KIND, decodeChat, encodeChat, type ChatMessage, type ChatReceipt, type ChatText } from '../../chat/index.js'
import type { Client, ClientMessage, MailOptions } from '../../relay/index.js'
import { failureCode, messageOf } from '../errors.js'
import type { Names } from '../names.js'
import type { Output } from '../terminal/output.js'
import { Told } from '../told.js'
import { unreadTexts, type TextRecords } from './records.js'
import type { Store } from '../../store/index.js'

/** Who is told of what comes. */
export interface DeskHooks {
  /** @returns true when the text was shown; else it is kept for the next chat with its sender */
  onText?(from: Uuid, text: ChatText): boolean
  onReceipt?(from: Uuid, receipt: ChatReceipt): void
  /** Somebody has told its name, empty when it has none; ours for it is in `names` already. */
  onName?(from: Uuid, name: string): void
}

/** Where mail is opened: names are learnt, texts are shown or kept, whichever command reads them. */
export class Desk {
  readonly unread: TextRecords
  readonly #client: Client
  readonly #names: Names
  readonly #output: Output
  /** What was told of whom: each matter once. */
  readonly #told = new Told()

  private constructor (unread: TextRecords, { client, names, output }: { client: Client, names: Names, output: Output }) {
    this.unread = unread
    this.#client = client
    this.#names = names
    this.#output = output
  }

  /** @throws what the store does (as rejections) */
  static async open (about: { client: Client, names: Names, output: Output, store: Store }): Promise<Desk> {
    return new Desk(await unreadTexts(about.store), about)
  }

  /** Reads mail until the client ends. @throws what has ended it, and what the store does (as rejections) */
  async read (hooks: DeskHooks): Promise<void> {
    if (this.#full()) return
    for await (const message of this.#client.messages) {
      await this.#take(message, hooks)
      await message.taken()
      if (this.#full()) return
    }
  }

  /** Tells somebody what the profile calls itself. @throws what `send` does (as rejections) */
  async introduce (to: Uuid, ownName: string | undefined, options: MailOptions): Promise<void> {
    await this.#client.peer(to).send(CHAT_KIND, encodeChat({ type: 'name', name: ownName ?? '' }), options)
  }

  /** What there is no room for stays at the relay. */
  #full (): boolean {
    const { full, total } = this.unread
    if (full) this.#output.warn(`${total} messages have not been read; no more are fetched: see hushwire contacts, then hushwire chat`)
    return full
  }

  async #take ({ from, kind, bytes }: ClientMessage, hooks: DeskHooks): Promise<void> {
    const message = kind === CHAT_KIND ? this.#decoded(from.id, bytes) : undefined
    if (message === undefined) {
      if (kind !== CHAT_KIND && this.#told.first(from.id, 'kind')) this.#output.warn(`mail of another kind from ${this.#names.of(from.id)} was dropped`)
    } else if (message.type === 'text') {
      if (hooks.onText?.(from.id, message) !== true) await this.#keep(from.id, message)
    } else if (message.type === 'receipt') {
      hooks.onReceipt?.(from.id, message)
    } else {
      await this.#names.propose(from.id, message.name)
      hooks.onName?.(from.id, message.name)
    }
  }

  /** For the next chat with its sender. What is beyond the sender's share is dropped: left at the relay, it would hold up everybody's. */
  async #keep (from: Uuid, text: ChatText): Promise<void> {
    if (!this.unread.fullOf(from)) return this.unread.add({ peer: from, text })
    if (!this.#told.first(from, 'crowded')) return
    const name = this.#names.of(from)
    this.#output.warn(`${this.unread.count(from)} messages of ${name} have not been read, and what more ${name} writes is dropped: see hushwire chat ${name}`)
  }

  #decoded (from: Uuid, bytes: Uint8Array): ChatMessage | undefined {
    try {
      return decodeChat(bytes)
    } catch (error) {
      if (this.#told.first(from, 'unreadable')) this.#output.warn(`a message from ${this.#names.of(from)} cannot be read: ${messageOf(error)} (${failureCode(error)})`)
      return undefined
    }
  }
}
