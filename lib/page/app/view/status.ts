import type { ClientState } from '../../../relay/index.js'
import { adviceOf } from '../model/advice.js'
import { h } from './dom.js'

/** Whether there is a connection, in words, which are read out when they change. */
export class StatusView {
  readonly element: HTMLElement
  readonly #words = h('span', {})
  readonly #detail = h('p', { class: 'status-detail' })
  readonly #line: HTMLElement

  constructor () {
    this.#line = h('p', { class: 'status', role: 'status', 'aria-live': 'polite' }, h('span', { class: 'dot', 'aria-hidden': 'true' }), this.#words)
    this.element = h('div', {}, this.#line, this.#detail)
  }

  show (state: ClientState): void {
    const [kind, words] = wordsOf(state)
    this.#line.dataset['state'] = kind
    // the same words again would be read out again
    if (this.#words.textContent !== words) this.#words.textContent = words
    const detail = state.type === 'waiting' && navigator.onLine ? adviceOf(state.error) : ''
    if (this.#detail.textContent !== detail) this.#detail.textContent = detail
    this.#detail.hidden = detail === ''
  }
}

function wordsOf (state: ClientState): readonly [kind: 'on' | 'trying' | 'off', words: string] {
  switch (state.type) {
    case 'connected': return ['on', 'Connected']
    case 'connecting': return ['trying', 'Connecting…']
    case 'waiting': return ['off', navigator.onLine ? 'Not connected; trying again' : 'Offline: this device has no network']
    case 'closed': return ['off', 'Stopped']
  }
}
