import test from 'ava'
import fc from 'fast-check'
import { crypto } from '../../../lib/crypto/index.js'
import { createIdentity, idOf } from '../../../lib/nova/index.js'
import { parseOffer } from '../../../lib/relay/index.js'
import { fingerprintOf, formatOffer, parseOfferAt } from '../../../lib/relay/client/pairing/offer.js'
import { qr } from '../../../lib/relay/qr.js'

const key = createIdentity().publicKey
const about = { url: 'wss://relay.example/way', relayFingerprint: fingerprintOf(createIdentity().publicKey), fingerprint: fingerprintOf(key), token: new Uint8Array(16).fill(7), expires: Date.now() + 3_600_000 }

test('an offer reads as it was written, and its id is that of the key', t => {
  t.deepEqual(parseOffer(` ${formatOffer(about)}\n`), { ...about, id: idOf(key) })
  fc.assert(fc.property(fc.webUrl(), fc.uint8Array({ minLength: 80, maxLength: 80 }), (url, random) => {
    const offer = { url: url.replace(/^https?/, 'ws').slice(0, 500), relayFingerprint: random.slice(0, 32), fingerprint: random.slice(32, 64), token: random.slice(64), expires: about.expires }
    const { id, ...parsed } = parseOffer(formatOffer(offer))
    t.deepEqual(parsed, offer)
    t.is(id.byteLength, 16)
  }))
})

test('what is no offer is refused with a code, whatever it is', t => {
  const text = formatOffer(about)
  const cases: Array<readonly [string, string]> = [
    ['', 'ERR_OFFER_TEXT'], ['hushwire:', 'ERR_OFFER_TEXT'], ['hushwire:Aw', 'ERR_OFFER_TEXT'], ['hushwire:A', 'ERR_OFFER_TEXT'],
    [`${text}=`, 'ERR_OFFER_TEXT'], [`${text.slice(0, 20)}+${text.slice(21)}`, 'ERR_OFFER_TEXT'], [text.replace('hushwire:', 'https:'), 'ERR_OFFER_TEXT'], [text + 'A'.repeat(1000), 'ERR_OFFER_TEXT'],
    // bits that say nothing must be zero
    ['hushwire:AR', 'ERR_OFFER_TEXT']
  ]
  for (const [wrong, code] of cases) t.throws(() => parseOffer(wrong), { code }, wrong)
  t.throws(() => parseOffer(undefined as never), { code: 'ERR_OFFER_TEXT' })
  for (const url of ['http://relay.example/', 'wss://', 'wss://relay example/', 'wss://relay.example/\u202e', `wss://relay.example/${'a'.repeat(500)}`, '']) {
    t.throws(() => formatOffer({ ...about, url }), { code: 'ERR_OFFER_TEXT' }, url)
  }
  const raw = Buffer.from(text.slice('hushwire:'.length), 'base64url')
  for (const end of [[0x80], [0xff], [0x20], [0]]) t.throws(() => parseOffer(`hushwire:${Buffer.from([...raw, ...end]).toString('base64url')}`), { code: 'ERR_OFFER_TEXT' })
  const sealed = (bytes: readonly number[]): string => `hushwire:${Buffer.from([...bytes, ...crypto.sha256.digest(Uint8Array.from(bytes)).subarray(0, 4)]).toString('base64url')}`
  const inner = raw.subarray(0, -4)
  t.is(sealed([...inner]), text)
  for (const version of [0, 2, 4, 255]) t.throws(() => parseOffer(sealed([version, ...inner.subarray(1)])), { code: 'ERR_OFFER_VERSION', message: new RegExp(`: ${version}$`) })
  t.throws(() => parseOffer(sealed([...inner.subarray(0, 81), 0, 32, ...inner.subarray(83)])), { code: 'ERR_OFFER_TEXT', message: /the time/ })
  for (const end of [[0x80], [0xff], [0x20], [0]]) t.throws(() => parseOffer(sealed([...inner, ...end])), { code: 'ERR_OFFER_TEXT', message: /the URL/ })
  for (let length = 1; length <= 89; length++) t.throws(() => parseOffer(sealed([...inner.subarray(0, length)])), { code: 'ERR_OFFER_TEXT' })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), garbage => {
    t.throws(() => parseOffer(`hushwire:${garbage}`), { message: /offer of pairing/ })
  }), { numRuns: 200 })
})

test('an offer that was cut anywhere, or has a wrong letter, is no offer', t => {
  const text = formatOffer({ ...about, url: 'wss://relay.example.org/wire' })
  for (let length = 'hushwire:'.length; length < text.length; length++) t.throws(() => parseOffer(text.slice(0, length)), { code: 'ERR_OFFER_TEXT', message: /was the offer copied whole\?/ }, `${length}`)
  for (let at = 'hushwire:'.length; at < text.length; at++) {
    const wrong = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
    t.throws(() => parseOffer(wrong), { code: 'ERR_OFFER_TEXT', message: /was the offer copied whole\?/ }, wrong)
  }
})

test('an offer that is late is refused, but for what clocks may differ by', t => {
  const text = formatOffer(about)
  t.is(parseOfferAt(text, about.expires + 299_999).expires, about.expires)
  t.throws(() => parseOfferAt(text, about.expires + 300_000), { code: 'ERR_OFFER_EXPIRED' })
  t.throws(() => parseOffer(formatOffer({ ...about, expires: 0 })), { code: 'ERR_OFFER_EXPIRED' })
})

test('an offer fits into a QR code, for a page and for a terminal', t => {
  const { svg, terminal } = qr(formatOffer(about))
  t.regex(svg, /^<svg .*<\/svg>$/s)
  t.true(terminal.split('\n').length > 20)
})
