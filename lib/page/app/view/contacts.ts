import type { Desk } from '../model/desk.js'
import type { Entry } from '../model/entry.js'
import { countOf, plainName } from '../model/words.js'
import { h } from './dom.js'

/** Those we know, with what is new of them. */
export class ContactsView {
  readonly element = h('ul', { class: 'contacts', 'aria-label': 'Contacts' })
  readonly #desk: Desk
  readonly #onChoose: (peer: string) => void
  #chosen: string | undefined

  constructor (desk: Desk, onChoose: (peer: string) => void) {
    this.#desk = desk
    this.#onChoose = onChoose
    desk.people.changes.on(() => { this.draw() })
    desk.history.changes.on(() => { this.draw() })
    desk.link.on(() => { this.draw() })
    this.draw()
  }

  choose (peer: string | undefined): void {
    this.#chosen = peer
    this.draw()
  }

  #scheduled = false

  /** Draws before the next frame, however much has changed. */
  draw (): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#drawNow()
    })
  }

  #drawNow (): void {
    const focused = document.activeElement instanceof HTMLElement && this.element.contains(document.activeElement) ? document.activeElement.dataset['peer'] : undefined
    this.element.replaceChildren(...this.#desk.contacts.map(peer => h('li', {}, this.#row(peer))))
    if (focused !== undefined) this.element.querySelector<HTMLElement>(`[data-peer="${focused}"]`)?.focus()
  }

  #row (peer: string): HTMLButtonElement {
    const { history, people } = this.#desk
    const unread = history.unread(peer)
    const online = this.#desk.isThere(peer)
    const last = history.last(peer)
    return h('button', { type: 'button', class: 'contact', 'data-peer': peer, 'aria-current': peer === this.#chosen ? 'true' : undefined, onclick: () => { this.#onChoose(peer) } },
      h('span', { class: online ? 'avatar online' : 'avatar', 'aria-hidden': 'true' }, initialOf(people.nameOf(peer))),
      h('span', { class: 'contact-words' },
        h('bdi', { class: 'contact-name' }, people.nameOf(peer)),
        h('span', { class: 'unseen' }, online ? ', there' : ', away'),
        h('span', { class: 'contact-last' }, last === undefined ? online ? 'There now' : 'Away' : summaryOf(last))),
      unread === 0 ? undefined : h('span', { class: 'badge' }, String(unread), h('span', { class: 'unseen' }, ' unread')))
  }
}

export function initialOf (name: string): string {
  return String.fromCodePoint(name.codePointAt(0) ?? 63).toUpperCase()
}

/** An entry in one line. */
export function summaryOf (entry: Entry): string {
  const from = entry.mine ? 'You: ' : ''
  return entry.type === 'text' ? `${from}${plainName(entry.text, 80)}` : `${from}${entry.count === 1 ? plainName(entry.names[0] ?? '', 60) : countOf(entry.count, 'file')}`
}
