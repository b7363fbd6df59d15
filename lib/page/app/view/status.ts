import type { ClientState } from '../../../relay/index.js'
import { codeOf } from '../../../stream/index.js'
import { adviceOf } from '../model/advice.js'
import { button, h } from './dom.js'

/** Whether there is a connection, in words, which are read out when they change. */
export class StatusView {
  readonly element: HTMLElement
  readonly #words = h('span', {})
  readonly #detail = h('p', { class: 'status-detail' })
  readonly #line: HTMLElement
  readonly #key: HTMLElement

  /** @param onKey - wants to know what to do about a relay that has another key */
  constructor (onKey: () => void) {
    this.#key = h('div', { class: 'status-detail', hidden: true }, button('What to do', onKey))
    this.#line = h('p', { class: 'status', role: 'status', 'aria-live': 'polite' }, h('span', { class: 'dot', 'aria-hidden': 'true' }), this.#words)
    this.element = h('div', {}, this.#line, this.#detail, this.#key)
  }

  #lost = false

  show (state: ClientState): void {
    // each new try would be read out, and move what stands below
    if (state.type === 'connecting' && this.#lost) {
      this.#line.dataset['state'] = 'trying'
      return
    }
    this.#lost = state.type === 'waiting'
    const [kind, words] = wordsOf(state)
    this.#line.dataset['state'] = kind
    // the same words again would be read out again
    if (this.#words.textContent !== words) this.#words.textContent = words
    const detail = state.type === 'waiting' && navigator.onLine ? adviceOf(state.error) : ''
    if (this.#detail.textContent !== detail) this.#detail.textContent = detail
    this.#detail.hidden = detail === ''
    this.#key.hidden = !(state.type === 'waiting' && codeOf(state.error) === 'ERR_IDENTITY_REFUSED')
  }
}

const OFFLINE = 'Offline: this device has no network'

/** Why there is no connection, in a sentence. */
export function awayWords (why: Error): string {
  return navigator.onLine ? adviceOf(why) : `${OFFLINE}.`
}

function wordsOf (state: ClientState): readonly [kind: 'on' | 'trying' | 'off', words: string] {
  switch (state.type) {
    case 'connected': return ['on', 'Connected']
    case 'connecting': return ['trying', 'Connecting…']
    case 'waiting': return ['off', navigator.onLine ? 'Not connected; trying again' : OFFLINE]
    case 'closed': return ['off', 'Stopped']
  }
}
