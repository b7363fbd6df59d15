import { ignore } from '../../../stream/index.js'
import { adviceOf } from '../model/advice.js'
import type { Desk } from '../model/desk.js'
import type { Entry, FilesEntry } from '../model/entry.js'
import { APP_LIMITS } from '../model/limits.js'
import type { ChosenFile } from '../model/waiting-files.js'
import { announce, button, h, trouble } from './dom.js'
import { chosenFrom, filesOf } from './drop.js'
import { dayOf, filesElement, textElement, updateProgress, type EntryActions } from './entry.js'
import { saveFiles } from './save.js'

/** What is asked of a conversation's surroundings. */
export interface TalkOptions {
  readonly desk: Desk
  readonly peer: string
  readonly onBack: () => void
  readonly onDetails: () => void
}

/** A conversation: what was said, and where to say more. */
export class TalkView {
  readonly element: HTMLElement
  readonly peer: string
  readonly input = h('textarea', { rows: 1, 'aria-label': 'Message', placeholder: 'Write a message', enterkeyhint: 'send', autocomplete: 'off' })
  readonly #desk: Desk
  readonly #list = h('ol', { class: 'entries', 'aria-label': 'Messages', tabindex: 0 })
  readonly #name = h('bdi', {})
  readonly #presence = h('p', { class: 'presence', role: 'status' })
  readonly #trouble = trouble()
  readonly #elements = new Map<string, HTMLElement>()
  readonly #moving = new Set<string>()
  readonly #actions: EntryActions

  constructor ({ desk, peer, onBack, onDetails }: TalkOptions) {
    this.#desk = desk
    this.peer = peer
    this.#actions = this.#makeActions()
    const chooser = h('input', { type: 'file', multiple: true, tabindex: -1, 'aria-hidden': 'true', class: 'unseen', onchange: () => { this.send(chosenFrom(chooser.files ?? [])); chooser.value = '' } })
    const form = h('form', { class: 'composer', onsubmit: (event: SubmitEvent) => { event.preventDefault(); this.#say() } },
      chooser, button('Send files', () => { chooser.click() }, { icon: 'clip' }), this.input, h('button', { type: 'submit', class: 'primary' }, 'Send'))
    this.element = h('section', { class: 'talk', 'aria-label': 'Conversation' },
      h('header', { class: 'talk-head' },
        button('Back to contacts', onBack, { icon: 'back', class: 'narrow-only' }),
        h('div', { class: 'talk-title' }, h('h2', { tabindex: -1 }, this.#name), this.#presence),
        button('About this contact', onDetails, { icon: 'more' })),
      this.#list, this.#trouble.element, form,
      h('div', { class: 'drop-hint', 'aria-hidden': 'true' }, 'Drop to send'))
    this.#listen()
    this.#fill()
  }

  /** Draws what has changed of an entry. */
  changed (entry: Entry, gone: boolean): void {
    const atEnd = this.#atEnd
    const before = this.#elements.get(entry.id)
    if (gone) {
      before?.remove()
      this.#elements.delete(entry.id)
    } else if (before === undefined) {
      this.#append(entry)
    } else {
      this.#replace(before, entry)
    }
    if (atEnd) this.toEnd()
  }

  /** Draws how far a transfer is, with the next frame. */
  moved (id: string): void {
    if (this.#moving.size === 0) requestAnimationFrame(() => { this.#drawMoving() })
    this.#moving.add(id)
  }

  drawPerson (): void {
    const { people } = this.#desk
    this.#name.textContent = people.nameOf(this.peer)
    const presence = this.#desk.isThere(this.peer) ? 'There now' : this.#desk.client.state.type === 'connected' ? 'Away: gets what you write later' : 'Not known while you are not connected'
    if (this.#presence.textContent !== presence) this.#presence.textContent = presence
  }

  /** Sends files that were chosen. */
  send (files: readonly ChosenFile[]): void {
    if (files.length === 0) return
    if (files.length > APP_LIMITS.maxFiles) {
      this.#trouble.show(`These are more than ${APP_LIMITS.maxFiles} files. Send them in parts, or in an archive.`)
      return
    }
    this.#attempt(this.#desk.outgoing.send(this.peer, files))
    this.toEnd()
  }

  toEnd (): void { this.#list.scrollTop = this.#list.scrollHeight }

  get #atEnd (): boolean { return this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 80 }

  #listen (): void {
    this.input.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#say()
    })
    this.input.addEventListener('input', () => { this.#trouble.show('') })
    this.element.addEventListener('dragover', event => {
      event.preventDefault()
      this.element.classList.add('dropping')
    })
    this.element.addEventListener('dragleave', event => { if (!(event.relatedTarget instanceof Node && this.element.contains(event.relatedTarget))) this.element.classList.remove('dropping') })
    this.element.addEventListener('drop', event => {
      event.preventDefault()
      this.element.classList.remove('dropping')
      if (event.dataTransfer !== null) this.#take(event.dataTransfer)
    })
    this.element.addEventListener('paste', event => {
      if (event.clipboardData === null || event.clipboardData.files.length === 0) return
      event.preventDefault()
      this.#take(event.clipboardData)
    })
  }

  #take (data: DataTransfer): void {
    filesOf(data).then(files => { this.send(files) }, (error: unknown) => { this.#trouble.show(adviceOf(error)) })
  }

  #say (): void {
    const text = this.input.value.trim()
    if (text === '') return
    this.input.value = ''
    this.#trouble.show('')
    this.#desk.texts.say(this.peer, text).catch((error: unknown) => {
      // what could not be kept is there to be tried again
      if (this.input.value === '') this.input.value = text
      this.#trouble.show(adviceOf(error))
    })
    this.toEnd()
  }

  #fill (): void {
    for (const entry of this.#desk.history.of(this.peer)) this.#append(entry)
    this.drawPerson()
    requestAnimationFrame(() => { this.toEnd() })
  }

  #lastDay = ''

  #append (entry: Entry): void {
    const day = dayOf(entry.time)
    if (day !== this.#lastDay && day !== '') this.#list.append(h('li', { class: 'day', role: 'presentation' }, h('span', {}, this.#lastDay = day)))
    const element = this.#draw(entry)
    this.#elements.set(entry.id, element)
    this.#list.append(element)
  }

  #replace (before: HTMLElement, entry: Entry): void {
    const element = this.#draw(entry)
    const focused = before.contains(document.activeElement)
    before.replaceWith(element)
    this.#elements.set(entry.id, element)
    // whoever has pressed a button that is gone stays where it was
    if (focused) (element.querySelector<HTMLElement>('button') ?? this.#list).focus()
  }

  #draw (entry: Entry): HTMLElement {
    const name = this.#desk.people.nameOf(this.peer)
    return entry.type === 'text' ? textElement(entry, name, this.#actions) : filesElement(entry, name, this.#desk.states.get(entry.id), this.#actions)
  }

  #drawMoving (): void {
    for (const id of this.#moving) {
      const entry = this.#desk.history.get(this.peer, id)
      const element = this.#elements.get(id)
      if (entry?.type === 'files' && element !== undefined) updateProgress(element, entry, this.#desk.states.get(id))
    }
    this.#moving.clear()
  }

  #makeActions (): EntryActions {
    const { texts, incoming, outgoing } = this.#desk
    return {
      again: entry => { this.#attempt(texts.again(entry)) },
      answer: (entry, yes) => { this.#attempt(incoming.answer(entry, yes)) },
      stop: entry => {
        if (entry.mine) outgoing.stop(entry.id)
        else this.#attempt(incoming.stop(entry))
      },
      save: entry => { this.#attempt(this.save(entry)) },
      remove: entry => { this.#attempt(incoming.delete(entry)) }
    }
  }

  /** Saves what has come. It stays here until it is removed, or the page is loaded again. */
  async save (entry: FilesEntry): Promise<void> {
    saveFiles(await this.#desk.incoming.files(entry))
    await this.#desk.history.put({ ...entry, state: 'saved' })
    announce('Saved to your downloads.')
  }

  #attempt (work: Promise<void>): void {
    this.#trouble.show('')
    work.catch((error: unknown) => { this.#trouble.show(adviceOf(error)) }).catch(ignore)
  }
}
