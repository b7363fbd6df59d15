import test from 'ava'
import { tellOffer } from '../../../lib/cli/pair/offer.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { formatOffer } from '../../../lib/relay/client/pairing/offer.js'

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
