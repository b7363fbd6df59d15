import { offerIn, parseOffer } from '../../../relay/index.js'
import { ignore } from '../../../stream/index.js'
import { adviceOf } from '../model/advice.js'
import type { Desk } from '../model/desk.js'
import { announce, button, field, h, openDialog, trouble } from './dom.js'
import { OwnCode } from './own-code.js'
import { canScan, scan } from './scan.js'
import { awayWords } from './status.js'

const SCAN = 'Scan with the camera'

/** The dialog in which two people meet: one shows a code, the other one enters it. */
export class PairDialog {
  readonly #desk: Desk
  readonly #dialog: HTMLDialogElement
  readonly #onPaired: (peer: string) => void
  /** Not beside an offer that somebody has sent us. */
  readonly #own: OwnCode | undefined
  /** Aborts when the dialog is closed: who has gone waits for nobody. */
  readonly #over = new AbortController()
  /** While the camera is on. */
  #scanning: AbortController | undefined
  readonly #input = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'hushwire:…' })
  /** Why there is no connection: what stands beside the dialog is dimmed, and not read out. */
  readonly #away = h('p', { class: 'trouble', hidden: true })
  readonly #trouble = trouble()
  readonly #submit = h('button', { type: 'submit', class: 'primary' }, 'Pair')
  readonly #camera = h('div', { class: 'camera-place' })
  readonly #scanButton = button(SCAN, () => { this.#scan() })

  constructor (desk: Desk, onPaired: (peer: string) => void, offer = '') {
    this.#desk = desk
    this.#onPaired = onPaired
    this.#input.value = offer
    this.#own = offer === '' ? new OwnCode(desk) : undefined
    this.#dialog = openDialog('Pair with somebody', [this.#away, this.#enterSection(), ...this.#own === undefined ? [] : [this.#own.element]], () => { this.#end() })
    desk.link.on(() => { this.#drawAway() }, this.#over.signal)
    this.#drawAway()
    this.#input.focus()
    if (offer === '') return
    this.#submit.focus()
    this.#check(offer)
  }

  close (): void { this.#dialog.close() }

  /** A link that was cut is told as such before anybody waits for it. */
  #check (offer: string): void {
    try {
      parseOffer(offer)
    } catch (error) {
      this.#trouble.show(adviceOf(error))
    }
  }

  #drawAway (): void {
    const words = this.#desk.away === undefined ? '' : awayWords(this.#desk.away)
    // each new try would be read out
    if (this.#away.textContent === words) return
    this.#away.textContent = words
    this.#away.hidden = words === ''
    announce(words)
  }

  get isOpen (): boolean { return this.#dialog.open }

  #end (): void {
    this.#over.abort()
    this.#own?.close()
    this.#scanning?.abort()
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
    this.#desk.pair(offer, this.#over.signal).then(peer => {
      this.close()
      this.#onPaired(peer)
    }, (error: unknown) => {
      if (this.#over.signal.aborted) return
      this.#busy(false)
      this.#trouble.show(adviceOf(error))
      this.#input.focus()
    }).catch(ignore)
  }

  #busy (busy: boolean): void {
    this.#trouble.show('')
    this.#submit.disabled = busy
    this.#submit.textContent = busy ? 'Waiting for them…' : 'Pair'
    announce(busy ? this.#away.textContent || 'Waiting for who made the code.' : '')
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
}
