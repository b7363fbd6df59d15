import { codeOf } from '../../../stream/index.js'
import { startAdvice } from '../model/invite.js'
import { APP_LIMITS } from '../model/limits.js'
import { addressHint } from '../model/place.js'
import { field, h, trouble } from './dom.js'

/** What somebody says of themselves at their first visit. */
export interface Beginning {
  readonly name: string
  /** What was typed, where it was asked for. */
  readonly address: string
  readonly invite: string
}

/** What is known before the first visit. */
export interface StartOptions {
  /** Where the relay is, as it is shown; undefined when it has to be asked for. */
  readonly relay: string | undefined
  readonly name: string
  /** Whether somebody has sent us an offer, which is answered afterwards. */
  readonly invited: boolean
  /** Makes it so. */
  readonly begin: (beginning: Beginning) => Promise<void>
}

/** The first visit: a name, and the relay where the page does not know it. */
export function showStart (place: HTMLElement, { relay, name, invited, begin }: StartOptions): void {
  const own = h('input', { type: 'text', autocomplete: 'nickname', maxlength: APP_LIMITS.maxName, value: name, required: true })
  const address = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'wss://relay.example/#KEY', required: relay === undefined })
  const invite = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' })
  const inviteField = field('Invite', invite, 'Who runs the relay has given it to you.')
  inviteField.hidden = true
  const failed = trouble()
  const submit = h('button', { type: 'submit', class: 'primary' }, invited ? 'Begin and pair' : 'Begin')
  const form = h('form', {
    onsubmit: (event: SubmitEvent) => {
      event.preventDefault()
      const token = invite.value.trim()
      failed.show('')
      submit.disabled = true
      submit.textContent = 'Connecting…'
      begin({ name: own.value.trim(), address: address.value.trim(), invite: token }).catch((error: unknown) => {
        failed.show(startAdvice(error, token))
        submit.disabled = false
        submit.textContent = invited ? 'Begin and pair' : 'Begin'
        if (codeOf(error) === 'ERR_RELAY_INVITE') inviteField.hidden = false
        // a button that was off has lost the focus
        if (inviteField.hidden) submit.focus()
        else invite.focus()
      })
    }
  },
  field('Your name', own, 'Those you pair with see it. You can change it later.'),
  relay === undefined ? field('Address of the relay', address, `Who runs the relay has it. ${addressHint(location.protocol)}`) : undefined,
  inviteField,
  failed.element,
  submit)
  place.replaceChildren(h('main', { class: 'start' },
    h('h1', {}, 'hushwire'),
    h('p', {}, invited ? 'Somebody wants to write to you here. Messages and files are encrypted in your browser; the relay between you cannot read them.' : 'Messages and files, encrypted from one person to another. The relay in between cannot read them.'),
    form,
    h('p', { class: 'hint' }, relay === undefined ? 'Your keys stay in this browser.' : `Your keys stay in this browser. The relay is ${relay}.`)
  ))
  own.focus()
}
