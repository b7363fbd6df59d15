import test from 'ava'
import { offerIn, relayPage } from '../../../lib/relay/index.js'

const OFFER = 'hushwire:Ai4EE0AYwB7PSo4_nSEStPdQ'

test('an offer is found in what was pasted: the text itself, or a link, however it was passed on', t => {
  for (const text of [OFFER, ` ${OFFER}\n`, `https://relay.example/#${OFFER}`, `http://[::1]:7413/?a=b#${OFFER}`, `#${OFFER}`, `https://relay.example/#${encodeURIComponent(OFFER)}`]) t.is(offerIn(text), OFFER, text)
  for (const text of ['', 'https://relay.example/', 'https://relay.example/#', 'https://relay.example/#other', 'https://relay.example/#%', `see ${OFFER}`, undefined, 5]) t.is(offerIn(text as string), undefined, String(text))
})

test('the page of a relay is at the root of its host, beside the path of the WebSockets', t => {
  t.is(relayPage('wss://relay.example/wire'), 'https://relay.example/')
  t.is(relayPage('ws://[::1]:7413/'), 'http://[::1]:7413/')
  for (const url of ['tcp://relay.example:7411', 'tls://relay.example:7411', 'ws://', 'relay.example', '']) t.is(relayPage(url), undefined, url)
})
