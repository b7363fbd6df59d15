import { durationOf } from '../../../files/index.js'
import { ignore } from '../../../stream/index.js'
import { qr } from '../../../relay/qr.js'
import { adviceOf } from '../model/advice.js'
import type { Desk } from '../model/desk.js'
import { linkOf } from '../model/offer-text.js'
import { announce, button, field, h } from './dom.js'

/** Milliseconds that an offer of ours is good for. */
const EXPIRES = 600_000
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

/** A code of ours, and until when it is good; afterwards another one can be made. */
export class OwnCode {
  readonly element = h('div', { class: 'own-code' })
  readonly #desk: Desk
  readonly #over = new AbortController()
  #url: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor (desk: Desk) {
    this.#desk = desk
    this.#make()
  }

  /** The picture and the timer go with the dialog. */
  close (): void {
    this.#over.abort()
    this.#clear()
  }

  #make (): void {
    const focused = this.element.contains(document.activeElement)
    this.element.replaceChildren(h('p', { class: 'hint' }, 'Making a code…'))
    this.#show(focused).catch((error: unknown) => { this.element.replaceChildren(h('p', { class: 'trouble', role: 'alert' }, adviceOf(error)), this.#another()) }).catch(ignore)
  }

  async #show (focused: boolean): Promise<void> {
    const until = Date.now() + EXPIRES
    const offer = await this.#desk.client.offer({ expires: EXPIRES })
    if (this.#over.signal.aborted) return
    this.#url = URL.createObjectURL(new Blob([qr(linkOf(offer)).svg], { type: 'image/svg+xml' }))
    this.#timer = setTimeout(() => { this.#expire() }, Math.max(0, until - Date.now()))
    const text = h('textarea', { readonly: true, rows: 4, class: 'code', spellcheck: 'false', onfocus: () => { text.select() } })
    text.value = offer
    this.element.replaceChildren(
      h('h3', {}, 'Or show them yours'),
      h('p', { class: 'hint' }, `They scan it, or you send it by a way that nobody else sees. It is good for one person, for ${durationOf(EXPIRES / 1000)}: until `, h('time', { datetime: new Date(until).toISOString() }, TIME.format(until)), ', while this page is open.'),
      h('img', { src: this.#url, class: 'qr', width: 240, height: 240, alt: 'QR code of the link for pairing; the same code stands below as text' }),
      field('Your code', text),
      h('div', { class: 'actions' }, copyButton('Copy code', offer), copyButton('Copy link', linkOf(offer))))
    // it stood on what asked for this one
    if (focused) text.focus()
  }

  /** A code that nobody can use any more is not left to be copied. */
  #expire (): void {
    const focused = this.element.contains(document.activeElement)
    this.#clear()
    const another = this.#another()
    this.element.replaceChildren(h('p', {}, 'Your code is too old now.'), another)
    if (focused) another.querySelector('button')?.focus()
    announce('Your code is too old now.')
  }

  #another (): HTMLElement {
    return h('div', { class: 'actions' }, button('Make a new code', () => { this.#make() }))
  }

  #clear (): void {
    clearTimeout(this.#timer)
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url)
    this.#url = undefined
  }
}

function copyButton (label: string, text: string): HTMLButtonElement {
  const copy = button(label, () => {
    navigator.clipboard.writeText(text).then(() => {
      copy.textContent = 'Copied'
      announce('Copied.')
      setTimeout(() => { copy.textContent = label }, 2000)
    }, () => {
      copy.textContent = 'Select the text and copy it'
      announce('It could not be copied: select the text and copy it.')
    })
  })
  return copy
}
