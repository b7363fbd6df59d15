import { formatUuid, fromHex, toHex } from '../../../bytes/index.js'
import { voiceGroups } from '../../../relay/index.js'
import { ignore } from '../../../stream/index.js'
import { adviceOf } from '../model/advice.js'
import type { Desk } from '../model/desk.js'
import { APP_LIMITS } from '../model/limits.js'
import { announce, button, field, h, openDialog, trouble } from './dom.js'

/** About somebody: their name here, their id, and an end. */
export function openContact (desk: Desk, peer: string, onGone: () => void): void {
  const name = h('input', { type: 'text', maxlength: APP_LIMITS.maxName, value: desk.people.calledOf(peer), autocomplete: 'off' })
  const failed = trouble()
  const attempt = (work: Promise<void>): void => { work.then(() => { dialog.close() }, (error: unknown) => { failed.show(adviceOf(error)) }).catch(ignore) }
  const remove = confirmed('Remove contact', 'Really remove, with what was said?', () => { attempt(desk.forget(peer).then(onGone)) })
  const dialog = openDialog('About this contact', [
    h('form', { onsubmit: (event: SubmitEvent) => { event.preventDefault(); attempt(desk.people.call(peer, { given: name.value })) } },
      field('Name', name, 'Only you see it. A name that you save stays, whatever they call themselves.'), failed.element, h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'primary' }, 'Save name'), remove)),
    facts('Their fingerprint', peer, keyOf(desk, peer)),
    h('p', { class: 'hint' }, 'Compare it by voice with what stands under Settings there, or what hushwire id show says: the same digits are the same key.')
  ])
}

/** About ourselves: our name, our id, and an end of everything here. */
export function openSettings (desk: Desk, relay: string, onForget: () => Promise<void>): void {
  const name = h('input', { type: 'text', maxlength: APP_LIMITS.maxName, value: desk.profile.name, autocomplete: 'nickname' })
  const failed = trouble()
  const dialog = openDialog('Settings', [
    h('form', {
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault()
        desk.rename(name.value.trim()).then(() => { dialog.close() }, (error: unknown) => { failed.show(adviceOf(error)) }).catch(ignore)
      }
    }, field('Your name', name, 'Your contacts see it, unless they have given you one of their own.'), failed.element, h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'primary' }, 'Save name'))),
    facts('Your fingerprint', toHex(desk.client.id), desk.profile.identity.publicKey),
    h('p', { class: 'hint' }, `Relay: ${relay}`),
    h('h3', {}, 'Forget everything'),
    h('p', { class: 'hint' }, 'Your keys, contacts, messages and files in this browser are deleted. Those you have paired with have to pair with you anew.'),
    h('div', { class: 'actions' }, confirmed('Forget everything here', 'Really forget everything?', () => { onForget().catch((error: unknown) => { failed.show(adviceOf(error)) }) }))
  ])
}

function keyOf (desk: Desk, peer: string): Uint8Array | undefined {
  return desk.client.contacts.list().find(({ id }) => toHex(id) === peer)?.publicKey
}

function facts (label: string, id: string, key: Uint8Array | undefined): HTMLElement {
  return h('dl', { class: 'facts' },
    h('dt', {}, label), h('dd', {}, h('code', {}, key === undefined ? '' : voiceGroups(key))),
    h('dt', {}, 'Id'), h('dd', {}, h('code', {}, formatUuid(fromHex(id)))))
}

/** A button that asks once more. */
function confirmed (label: string, question: string, onYes: () => void): HTMLButtonElement {
  let asked = false
  const ask = button(label, () => {
    if (asked) onYes()
    asked = true
    ask.textContent = question
    announce(question)
  }, { class: 'danger' })
  ask.addEventListener('blur', () => {
    asked = false
    ask.textContent = label
  })
  return ask
}
