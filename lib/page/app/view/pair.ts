import { durationOf } from '../../../files/index.js'
import { offerIn } from '../../../relay/index.js'
import { ignore } from '../../../stream/index.js'
import { qr } from '../../../relay/qr.js'
import { adviceOf } from '../model/advice.js'
import type { Desk } from '../model/desk.js'
import { linkOf } from '../model/offer-text.js'
import { announce, button, field, h, openDialog, trouble } from './dom.js'
import { canScan, scan } from './scan.js'

/** Milliseconds that an offer of ours is good for. */
const EXPIRES = 600_000
const SCAN = 'Scan with the camera'

/** The dialog in which two people meet: one shows a code, the other one enters it. */
export class PairDialog {
  readonly #desk: Desk
  readonly #dialog: HTMLDialogElement
  readonly #onPaired: (peer: string) => void
  readonly #over = new AbortController()
  /** While the camera is on. */
  #scanning: AbortController | undefined
  readonly #input = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'hushwire:…' })
  readonly #trouble = trouble()
  readonly #submit = h('button', { type: 'submit', class: 'primary' }, 'Pair')
  readonly #camera = h('div', { class: 'camera-place' })
  readonly #scanButton = button(SCAN, () => { this.#scan() })
  #url: string | undefined

  constructor (desk: Desk, onPaired: (peer: string) => void, offer = '') {
    this.#desk = desk
    this.#onPaired = onPaired
    this.#input.value = offer
    const own = h('div', { class: 'own-code' }, h('p', { class: 'hint' }, 'Making a code…'))
    this.#dialog = openDialog('Pair with somebody', offer === '' ? [this.#enterSection(), own] : [this.#enterSection()], () => { this.#end() })
    if (offer === '') this.#show(own).catch((error: unknown) => { own.replaceChildren(h('p', { class: 'trouble', role: 'alert' }, adviceOf(error))) }).catch(ignore)
    this.#input.focus()
    if (offer !== '') this.#submit.focus()
  }

  close (): void { this.#dialog.close() }

  get isOpen (): boolean { return this.#dialog.open }

  #end (): void {
    this.#over.abort()
    this.#scanning?.abort()
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url)
  }

  #enterSection (): HTMLElement {
    const form = h('form', { onsubmit: (event: SubmitEvent) => { event.preventDefault(); this.#answer() } },
      field('Their code or link', this.#input, 'Use it only when it comes from them, by a way that nobody else sees: whoever made it will be trusted.'),
      this.#camera, this.#trouble.element,
      h('div', { class: 'actions' }, this.#submit, canScan() ? this.#scanButton : undefined))
    return h('section', { 'aria-label': 'Enter their code' }, form)
  }

  #answer (): void {
    const offer = offerIn(this.#input.value)
    if (offer === undefined) {
      this.#trouble.show('This is no code for pairing. It begins with hushwire: and has to be whole.')
      this.#input.focus()
      return
    }
    this.#busy(true)
    this.#desk.pair(offer).then(peer => {
      this.close()
      this.#onPaired(peer)
    }, (error: unknown) => {
      this.#busy(false)
      this.#trouble.show(adviceOf(error))
      this.#input.focus()
    }).catch(ignore)
  }

  #busy (busy: boolean): void {
    this.#trouble.show('')
    this.#submit.disabled = busy
    this.#submit.textContent = busy ? 'Waiting for them…' : 'Pair'
    if (busy) announce('Waiting for who made the code.')
  }

  /** Turns the camera on, or off again. */
  #scan (): void {
    if (this.#scanning !== undefined) {
      this.#scanning.abort()
      return
    }
    const scanning = this.#scanning = new AbortController()
    this.#scanButton.textContent = 'Stop the camera'
    this.#trouble.show('')
    scan(this.#camera, text => offerIn(text) !== undefined, scanning.signal).then(text => {
      this.#input.value = text
      this.#answer()
    }, (error: unknown) => { if (!scanning.signal.aborted) this.#trouble.show(adviceOf(error)) }).catch(ignore).finally(() => {
      this.#scanning = undefined
      this.#scanButton.textContent = SCAN
    })
  }

  async #show (place: HTMLElement): Promise<void> {
    const offer = await this.#desk.client.offer({ expires: EXPIRES })
    if (this.#over.signal.aborted) return
    this.#url = URL.createObjectURL(new Blob([qr(linkOf(offer)).svg], { type: 'image/svg+xml' }))
    const text = h('textarea', { readonly: true, rows: 4, class: 'code', spellcheck: 'false', onfocus: () => { text.select() } })
    text.value = offer
    place.replaceChildren(
      h('h3', {}, 'Or show them yours'),
      h('p', { class: 'hint' }, `They scan it, or you send it by a way that nobody else sees. It is good for one person and ${durationOf(EXPIRES / 1000)}, while this page is open.`),
      h('img', { src: this.#url, class: 'qr', width: 240, height: 240, alt: 'QR code of the link for pairing; the same code stands below as text' }),
      field('Your code', text),
      h('div', { class: 'actions' }, copyButton('Copy code', offer), copyButton('Copy link', linkOf(offer))))
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
