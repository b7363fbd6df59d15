import { fromHex } from '../../../bytes/index.js'
import { voiceGroups } from '../../../relay/index.js'
import { ignore } from '../../../stream/index.js'
import { adviceOf } from '../model/advice.js'
import { addressHint, relayOfAddress } from '../model/place.js'
import type { RelayPlace } from '../model/profile.js'
import { field, h, openDialog, trouble } from './dom.js'

/**
 * What to do when the relay has another key than the one that was trusted. Nobody is asked to press yes: the new address, which has the
 * key, must come from who runs the relay.
 *
 * @param trusted - the relay as it was known so far
 * @param trust - takes the new one
 */
export function openRelayKey (trusted: RelayPlace, trust: (relay: RelayPlace) => Promise<void>): void {
  const address = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'wss://relay.example/#KEY', required: true })
  const failed = trouble()
  const take = async (): Promise<void> => {
    const relay = relayOfAddress(address.value)
    if (relay.key === trusted.key) failed.show('This is the key that was trusted so far. Ask for the address as it is now.')
    else await trust(relay)
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    failed.show('')
    take().catch((error: unknown) => { failed.show(adviceOf(error)) }).catch(ignore)
  }
  openDialog('The relay has another key', [
    h('p', {}, 'What answers there cannot prove to be the relay that you have used so far. Either the relay was set up anew, or somebody stands between you and it. Nothing goes there until you trust it.'),
    h('p', {}, 'Ask who runs the relay, by another way than this page, whether its key has changed; then they can give you its new address, which hushwire relay prints. Your contacts and messages stay here.'),
    ...trusted.key === undefined ? [] : [h('dl', { class: 'facts' }, h('dt', {}, 'Key that was trusted so far'), h('dd', {}, h('code', {}, voiceGroups(fromHex(trusted.key)))))],
    h('form', { onsubmit: submit },
      field('New address of the relay', address, `${addressHint(location.protocol)} Never take it from a message that you did not ask for.`),
      failed.element,
      h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'danger' }, 'Trust the new key')))
  ])
  address.focus()
}
