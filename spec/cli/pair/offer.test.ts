import test from 'ava'
import { Names } from '../../../lib/cli/names.js'
import { tellOffer, untilAnswered } from '../../../lib/cli/pair/offer.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { openContacts } from '../../../lib/relay/index.js'
import { formatOffer } from '../../../lib/relay/client/pairing/offer.js'
import { memoryStore } from '../../../lib/store/index.js'

test('an offer has a link of the page only where the page can begin', t => {
  const links = ['tcp://relay.example:7411', 'ws://127.0.0.1:80/', 'ws://localhost/', 'ws://[::1]:80/', 'wss://relay.example/', 'ws://192.0.2.2:80/', 'ws://127.example/'].map(url => {
    const told: string[] = []
    const stream = { write: (text: string) => { told.push(text) } }
    const text = formatOffer({ url, relayFingerprint: new Uint8Array(32), fingerprint: new Uint8Array(32), expires: 4_000_000_000_000, token: new Uint8Array(16) })
    tellOffer(text, { minutes: 10, other: 'hushwire pair OFFER' }, new Output({ command: 'pair', json: true }, stream, stream))
    const { link } = JSON.parse(told[0] ?? '') as { link?: string }
    t.true(link === undefined || link.endsWith(`#${text}`))
    return link?.split('#')[0]
  })
  t.deepEqual(links, [undefined, 'http://127.0.0.1/', 'http://localhost/', 'http://[::1]/', 'https://relay.example/', undefined, undefined])
})

test('who has answered an offer that expires is met, though the relay has not taken our yes', async t => {
  const store = memoryStore()
  const contacts = await openContacts(store)
  await contacts.trust(createIdentity().publicKey)
  const told: string[] = []
  const output = new Output({ command: 'pair' }, { write: () => {} }, { write: text => { told.push(text) } })
  const session = { client: { contacts }, names: await Names.load(store, contacts), output, signal: new AbortController().signal } as never
  const never = new Promise<never>(() => {})
  await t.throwsAsync(untilAnswered(session, never, 1), { code: 'ERR_CLI_EXPIRED' })
  t.deepEqual(told, [])
  const waiting = untilAnswered(session, never, 20)
  const contact = await contacts.trust(createIdentity().publicKey)
  t.deepEqual(await waiting, contact)
  t.regex(told.join(''), /^hushwire pair: [0-9a-f]{8} has answered and is a contact, but the relay has not taken our yes yet\..*Ctrl-C\.\n$/)
})
