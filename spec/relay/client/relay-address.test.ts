import test from 'ava'
import fc from 'fast-check'
import { createIdentity } from '../../../lib/nova/index.js'
import { connect, formatRelayAddress, parseRelayAddress } from '../../../lib/relay/index.js'
import { relayUrl } from '../../../lib/relay/client/connection/relay-url.js'
import { HushwireError } from '../../../lib/stream/index.js'

const relay = new Uint8Array(32).fill(7)
const KEY = Buffer.from(relay).toString('base64url')

test('an address reads as it was written', t => {
  for (const url of ['wss://relay.example/', 'ws://[::1]:80/way?x=1', 'tcp://127.0.0.1:7411/', 'tls://[fe80::1]:7411/']) {
    const text = formatRelayAddress({ url, relay })
    t.is(text, `${url.replace(':80/', '/')}#${KEY}`)
    t.deepEqual(parseRelayAddress(` ${text}\n`), { url: url.replace(':80/', '/'), relay })
  }
  t.is(formatRelayAddress({ url: 'tcp://host:7411', relay }), `tcp://host:7411/#${KEY}`)
  t.deepEqual(parseRelayAddress(`TLS://host:7411#${KEY}`), { url: 'tls://host:7411/', relay })
  fc.assert(fc.property(fc.webUrl({ withQueryParameters: true }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (web, key) => {
    const url = web.replace(/^https?/, 'wss').slice(0, 900)
    const parsed = parseRelayAddress(formatRelayAddress({ url, relay: key }))
    t.deepEqual(parsed, { url: new URL(url).href, relay: key })
  }))
})

test('what is no address says why', t => {
  const cases: Array<readonly [text: unknown, code: string, why: RegExp]> = [
    ['', 'ERR_RELAY_ADDRESS', /address of a relay/],
    [undefined, 'ERR_RELAY_ADDRESS', /address of a relay/],
    ['a'.repeat(1025), 'ERR_RELAY_ADDRESS', /address of a relay/],
    ['wss://relay.example/', 'ERR_RELAY_ADDRESS', /no # with the key/],
    ['wss://relay.example/#', 'ERR_RELAY_ADDRESS', /43 characters/],
    [`wss://relay.example/#${KEY}A`, 'ERR_RELAY_ADDRESS', /43 characters/],
    [`wss://relay.example/#${KEY}=`, 'ERR_RELAY_ADDRESS', /43 characters/],
    // bits that say nothing must be zero
    [`wss://relay.example/#${KEY.slice(0, -1)}d`, 'ERR_RELAY_ADDRESS', /43 characters/],
    [`wss://relay.example/#${KEY}#${KEY}`, 'ERR_RELAY_ADDRESS', /43 characters/],
    [`https://relay.example/#${KEY}`, 'ERR_RELAY_URL', /another scheme/],
    [`relay.example#${KEY}`, 'ERR_RELAY_URL', /no scheme/],
    [`tcp://relay.example/#${KEY}`, 'ERR_RELAY_URL', /need a port/],
    [`wss://relay.example:99999/#${KEY}`, 'ERR_RELAY_URL', /65535/]
  ]
  for (const [text, code, why] of cases) t.throws(() => parseRelayAddress(text as string), { code, message: why }, String(text))
  t.throws(() => formatRelayAddress({ url: 'wss://relay.example/', relay: new Uint8Array(31) }), { code: 'ERR_RELAY_ADDRESS' })
  t.throws(() => formatRelayAddress({ url: `wss://relay.example/${'a'.repeat(1024)}`, relay }), { code: 'ERR_RELAY_ADDRESS' })
  for (const wrong of [undefined, null, 5, {}, { url: 'wss://relay.example/', relay: KEY }]) t.throws(() => formatRelayAddress(wrong as never), { code: 'ERR_RELAY_ADDRESS' })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map(end => `wss://relay.example/#${end}`)), text => {
    t.true(t.throws(() => parseRelayAddress(text)) instanceof HushwireError)
  }))
})

test('a URL of a relay that cannot be used says why, whatever case it has, before anything is dialled', async t => {
  const identity = createIdentity()
  t.is(relayUrl('TCP://127.0.0.1:1').protocol, 'tcp:')
  await t.throwsAsync(connect({ url: 'TCP://127.0.0.1:1', relay, identity }), { code: 'ERR_TRANSPORT_REFUSED' })
  const cases: Array<readonly [url: unknown, why: RegExp]> = [
    ['tcp://127.0.0.1', /need a port/], ['tls://127.0.0.1/', /need a port/], ['ws://127.0.0.1:99999/', /65535/], ['tcp://127.0.0.1:99999', /65535/], ['http://127.0.0.1/', /another scheme/],
    ['127.0.0.1:7411', /no scheme/], ['wss://', /host or port/], ['tcp://', /no host|host or port/], ['wss://relay example/', /characters/], ['wss://relay.example/\u202e', /characters/],
    ['wss://me:secret@relay.example/', /password/], [`wss://relay.example/#${KEY}`, /parseRelayAddress/], [undefined, /no text/]
  ]
  for (const [url, why] of cases) {
    const error = await t.throwsAsync(connect({ url: url as string, relay, identity, wait: false }), { code: 'ERR_RELAY_URL' }, String(url))
    t.regex(error.message, why)
    t.notRegex(error.message, /secret/)
  }
})
