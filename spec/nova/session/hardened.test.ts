import test from 'ava'
import { crypto, hkdfExpand } from '../../../lib/crypto/index.js'
import { openHardenedBody, sealHardenedBody } from '../../../lib/nova/session/hardened-body.js'
import { ReceivingKey, SendingKey } from '../../../lib/nova/session/hardened-keys.js'
import { join } from '../../../lib/stream/index.js'
import { FLUSH } from '../../../lib/zlib/index.js'
import { collect, each, text } from '../../zlib/support.js'
import { chunksOf, codeOf, collectList, route } from './support.js'

const ascii = (value: string): Uint8Array => new TextEncoder().encode(value)

test('the body is what the specification says, byte for byte', async t => {
  const secret = crypto.randomBytes(32)
  const body = await collectList(sealHardenedBody([text(100)], new SendingKey(secret, { counter: 5 }), route, { level: 0 }))
  const header = body.subarray(0, 33)
  t.is(header[0], 1)
  t.deepEqual(new Uint8Array(header.subarray(1, 9)), hkdfExpand(crypto.sha256, secret, ascii('hushwire/session/1 id'), 8))
  t.is(new DataView(body.buffer, body.byteOffset).getBigUint64(9), 5n)
  const aead = crypto.aesGcm(hkdfExpand(crypto.sha256, secret, join([ascii('hushwire/session/1 message'), header]), 32))
  const kind = new Uint8Array(8)
  kind[7] = 7
  const additional = join([Uint8Array.of(1), route.target, route.source, kind, header])
  const [chunk] = chunksOf(body, 33)
  t.is(chunk?.end, body.byteLength)
  t.notThrows(() => aead.open(new Uint8Array(12), additional, [body.subarray(38)]))
})

test('a body of another kind, target, source or direction does not open', async t => {
  const secret = crypto.randomBytes(32)
  const body = await collectList(sealHardenedBody([text(100)], new SendingKey(secret), route))
  const receiver = new ReceivingKey(secret)
  const other = new Uint8Array(16).fill(9)
  for (const changed of [{ ...route, kind: 8n }, { ...route, target: other }, { ...route, source: other }, { ...route, target: route.source, source: route.target }]) {
    t.is(await codeOf(collect(openHardenedBody(each([body]), () => receiver, changed))), 'ERR_SESSION_AUTH')
  }
  const back = new ReceivingKey(crypto.randomBytes(32))
  t.is(await codeOf(collect(openHardenedBody(each([body]), () => back, route))), 'ERR_SESSION_AUTH')
  t.is(await codeOf(collect(openHardenedBody(each([body]), () => undefined, route))), 'ERR_SESSION_UNKNOWN_KEY')
  // none of it used the counter up
  t.is(await codeOf(collect(openHardenedBody(each([body]), () => receiver, route))), 'accepted')
})

test('a counter is used up by the first opened chunk', async t => {
  const secret = crypto.randomBytes(32)
  const used: number[] = []
  const receiver = new ReceivingKey(secret, { commit: async counter => { used.push(counter) } })
  const body = await collectList(sealHardenedBody([text(100), FLUSH, text(100)], new SendingKey(secret), route))
  const [first] = chunksOf(body, 33)
  const end = first?.end as number
  const open = (bytes: Uint8Array): Promise<string> => codeOf(collect(openHardenedBody(each([bytes]), () => receiver, route)))
  t.is(await open(body.subarray(0, end - 1)), 'ERR_SESSION_TRUNCATED')
  t.deepEqual(used, [])
  t.is(await open(body.subarray(0, end)), 'ERR_SESSION_NO_FINAL')
  t.deepEqual(used, [0])
  t.is(await open(body), 'ERR_SESSION_REPLAYED')
})

test('of two bodies with one counter under way at once, one opens', async t => {
  const secret = crypto.randomBytes(32)
  const receiver = new ReceivingKey(secret)
  const body = await collectList(sealHardenedBody([text(100)], new SendingKey(secret), route))
  const open = (): Promise<string> => codeOf(collect(openHardenedBody(each([body.subarray(0, 40), body.subarray(40)]), () => receiver, route)))
  t.deepEqual((await Promise.all([open(), open()])).sort(), ['ERR_SESSION_REPLAYED', 'accepted'])
})

test('bodies come out of order inside the window, and not below it', async t => {
  const secret = crypto.randomBytes(32)
  const sender = new SendingKey(secret)
  const receiver = new ReceivingKey(secret, { width: 4 })
  const bodies: Uint8Array[] = []
  for (let i = 0; i < 7; i++) bodies.push(await collectList(sealHardenedBody([text(i)], sender, route)))
  const codes: string[] = []
  for (const i of [5, 2, 6, 3, 2, 4]) codes.push(await codeOf(collect(openHardenedBody(each([bodies[i] as Uint8Array]), () => receiver, route))))
  t.deepEqual(codes, ['accepted', 'accepted', 'accepted', 'accepted', 'ERR_SESSION_REPLAYED', 'accepted'])
  t.is(sender.counter, 7)
  const restored = new ReceivingKey(secret, { floor: 6 })
  t.is(await codeOf(collect(openHardenedBody(each([bodies[6] as Uint8Array]), () => restored, route))), 'ERR_SESSION_REPLAYED')
})

test('versions and counters that are not known', async t => {
  const secret = crypto.randomBytes(32)
  const body = await collectList(sealHardenedBody([text(9)], new SendingKey(secret), route))
  const receiver = new ReceivingKey(secret)
  for (let version = 0; version < 256; version++) {
    if (version === 1) continue
    const bad = body.slice()
    bad[0] = version
    t.is(await codeOf(collect(openHardenedBody(each([bad]), () => receiver, route))), 'ERR_SESSION_VERSION')
  }
  const bad = body.slice()
  new DataView(bad.buffer).setBigUint64(9, 2n ** 53n)
  t.is(await codeOf(collect(openHardenedBody(each([bad]), () => receiver, route))), 'ERR_SESSION_COUNTER')
})

test('destroyed keys, and counters that have run out', async t => {
  const secret = crypto.randomBytes(32)
  const sender = new SendingKey(secret)
  const receiver = new ReceivingKey(secret)
  const body = await collectList(sealHardenedBody([text(9)], sender, route))
  sender.destroy()
  receiver.destroy()
  t.is(await codeOf(collectList(sealHardenedBody([text(9)], sender, route))), 'ERR_SESSION_DESTROYED')
  t.is(await codeOf(collect(openHardenedBody(each([body]), () => receiver, route))), 'ERR_SESSION_UNKNOWN_KEY')
  const last = new SendingKey(secret, { counter: Number.MAX_SAFE_INTEGER })
  t.is(await codeOf(collectList(sealHardenedBody([text(9)], last, route))), 'accepted')
  t.is(await codeOf(collectList(sealHardenedBody([text(9)], last, route))), 'ERR_SESSION_KEY_EXHAUSTED')
  t.throws(() => new SendingKey(new Uint8Array(16)), { code: 'ERR_SESSION_KEY' })
})
