import { amountOf } from '../../../files/index.js'
import { ignore } from '../../../stream/index.js'
import type { Desk, DeskEvents } from '../model/desk.js'
import { adviceOf } from '../model/advice.js'
import { isUnread, type FilesEntry } from '../model/entry.js'
import type { RelayPlace } from '../model/profile.js'
import { countOf, plainName } from '../model/words.js'
import { ContactsView } from './contacts.js'
import { openContact, openSettings } from './details.js'
import { announce, button, h } from './dom.js'
import { showNotice } from './notice.js'
import { PairDialog } from './pair.js'
import { openRelayKey } from './relay-key.js'
import { StatusView } from './status.js'
import { TalkView } from './talk.js'

/** What the shell asks of the page around it. */
export interface ShellOptions {
  /** Where the relay is, as it is shown. */
  readonly relay: string
  /** Deletes everything that this browser has of us. */
  forget(desk: Desk): Promise<void>
  /** Takes a relay with another key for ours. */
  trust(desk: Desk, relay: RelayPlace): Promise<void>
}

/** The page once there is a profile: contacts at one side, a conversation at the other; on a narrow screen one of them at a time. */
export class Shell implements DeskEvents {
  readonly #place: HTMLElement
  readonly #options: ShellOptions
  #desk!: Desk
  #contacts!: ContactsView
  #talk: TalkView | undefined
  #pairing: PairDialog | undefined
  /** What was begun and not sent, by peer. */
  readonly #drafts = new Map<string, string>()
  readonly #status = new StatusView(() => { openRelayKey(this.#desk.profile.relay, relay => this.#options.trust(this.#desk, relay)) })
  readonly #right = h('div', { class: 'right' })
  #main!: HTMLElement

  constructor (place: HTMLElement, options: ShellOptions) {
    this.#place = place
    this.#options = options
  }

  show (desk: Desk): void {
    this.#desk = desk
    this.#contacts = new ContactsView(desk, peer => { this.open(peer) })
    this.#main = h('main', { class: 'shell' },
      h('div', { class: 'left' },
        h('header', { class: 'brand' }, h('h1', {}, 'hushwire'),
          button('Pair with somebody', () => { this.pair() }, { icon: 'add' }),
          button('Settings', () => { openSettings(desk, this.#options.relay, () => this.#options.forget(desk)) }, { icon: 'settings' })),
        h('nav', { 'aria-label': 'Contacts' }, this.#contacts.element),
        this.#status.element),
      this.#right)
    this.#place.replaceChildren(this.#main)
    this.#listen()
    this.#status.show(desk.client.state)
    this.#drawEmpty()
  }

  /** Opens the dialog to pair, with an offer that somebody has sent us if there is one. */
  pair (offer?: string): void {
    this.#pairing?.close()
    this.#pairing = new PairDialog(this.#desk, peer => {
      announce(`Paired with ${this.#desk.people.nameOf(peer)}.`)
      this.open(peer)
    }, offer)
  }

  open (peer: string): void {
    if (this.#talk?.peer !== peer) {
      this.#keepDraft()
      this.#talk = new TalkView({ desk: this.#desk, peer, onBack: () => { this.#back() }, onDetails: () => { openContact(this.#desk, peer, () => { this.#gone(peer) }) } })
      this.#talk.input.value = this.#drafts.get(peer) ?? ''
      this.#right.replaceChildren(this.#talk.element)
    }
    this.#main.classList.add('talking')
    this.#contacts.choose(peer)
    this.#shown()
    this.#talk.toEnd()
    this.#talk.input.focus()
  }

  onText ({ peer, text }: { readonly peer: string, readonly text: string }): void {
    announce(`${this.#desk.people.nameOf(peer)}: ${text}`)
    this.#shown()
  }

  onOffer (entry: FilesEntry): void {
    announce(`${this.#desk.people.nameOf(entry.peer)} wants to send you ${titleOf(entry)}, ${amountOf(entry.bytes)}.`)
    this.#shown()
  }

  onCame (entry: FilesEntry): void {
    announce(`${titleOf(entry)} from ${this.#desk.people.nameOf(entry.peer)} has arrived.`)
    // of many the browser would ask for each
    if (entry.count === 1 && this.#talk?.peer === entry.peer) this.#talk.save(entry).catch(ignore)
  }

  onPaired (peer: string): void {
    const awaited = this.#pairing?.isOpen === true
    this.#pairing?.close()
    announce('Somebody has used your code.')
    // what is being written to somebody else must not go to who has just come
    if (awaited || (this.#talk?.input.value ?? '') === '') this.open(peer)
  }

  onFailure (error: unknown): void {
    showNotice(this.#place, 'This page has stopped', adviceOf(error), [['Load the page again', () => { location.reload() }]])
  }

  #back (): void {
    const peer = this.#talk?.peer
    this.#keepDraft()
    this.#talk = undefined
    this.#main.classList.remove('talking')
    this.#contacts.choose(undefined)
    this.#drawEmpty()
    const row = this.#contacts.element.querySelector<HTMLElement>(`[data-peer="${peer ?? ''}"]`) ?? this.#main.querySelector('button')
    row?.focus()
  }

  /** Somebody is a contact no more. */
  #gone (peer: string): void {
    this.#back()
    this.#drafts.delete(peer)
  }

  #keepDraft (): void {
    if (this.#talk === undefined) return
    const { peer, input } = this.#talk
    if (input.value === '') this.#drafts.delete(peer)
    else this.#drafts.set(peer, input.value)
  }

  #drawEmpty (): void {
    const known = this.#desk.contacts.length > 0
    this.#right.replaceChildren(h('section', { class: 'empty', 'aria-label': 'No conversation is open' },
      h('h2', {}, known ? 'Choose somebody to write to' : 'Nobody here yet'),
      h('p', {}, known ? 'Or pair with somebody new.' : 'Pair with somebody first: one of you shows a code, the other one enters it.'),
      button('Pair with somebody', () => { this.pair() }, { class: 'primary' })))
  }

  #listen (): void {
    const desk = this.#desk
    desk.link.on(state => {
      this.#status.show(state)
      this.#talk?.drawPerson()
    })
    for (const event of ['online', 'offline']) addEventListener(event, () => { this.#status.show(desk.client.state) })
    desk.history.changes.on(({ entry, gone }) => {
      if (entry.peer === this.#talk?.peer) this.#talk.changed(entry, gone)
      this.#drawTitle()
    })
    desk.states.changes.on(id => { this.#talk?.moved(id) })
    desk.people.changes.on(() => {
      this.#talk?.drawPerson()
      if (this.#talk === undefined) this.#drawEmpty()
    })
    document.addEventListener('visibilitychange', () => { this.#shown() })
    addEventListener('focus', () => { this.#shown() })
    addEventListener('keydown', event => { if (event.key === 'Escape' && !event.isComposing && this.#talk !== undefined && document.querySelector('dialog[open]') === null) this.#back() })
    this.#drawTitle()
  }

  /** What is on the screen has been seen. */
  #shown (): void {
    const peer = this.#talk?.peer
    if (peer === undefined || document.visibilityState !== 'visible') return
    this.#desk.texts.shown(peer)
    const files = this.#desk.history.of(peer).filter((entry): entry is FilesEntry => entry.type === 'files' && isUnread(entry))
    if (files.length > 0) this.#desk.history.put(...files.map(entry => ({ ...entry, unread: false }))).catch(ignore)
  }

  #drawTitle (): void {
    const unread = this.#desk.contacts.reduce((sum, peer) => sum + this.#desk.history.unread(peer), 0)
    document.title = unread === 0 ? 'hushwire' : `(${unread}) hushwire`
  }
}

function titleOf ({ count, names }: FilesEntry): string {
  return count === 1 ? plainName(names[0] ?? '', 80) : countOf(count, 'file')
}
