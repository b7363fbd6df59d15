import test from 'ava'
import { noiseChannel, noiseProtocol, pinned, trustOnFirstUse, type TrustStore } from '../../lib/noise/index.js'
import { memoryPair, type PathOptions } from '../../lib/transport/memory.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { listenWebSocket } from '../../lib/transport/websocket-server.js'
import { createIdentity, stack } from '../../lib/nova/index.js'
import { leaksOf } from '../support/leaks.js'
import { Pairing } from '../support/pairs.js'
import { codeOf, collect, items, pattern, silence } from '../support/sources.js'
import { ALICE, BOB, channels, codesOf, optionsOf, XX, type Options } from './ends.js'

const wrong: Array<[title: string, options: Options]> = [
  ['no verify', { verify: undefined }],
  ['verify that is none', { verify: 'yes' as never }],
  ['verify beside nothing to verify', { protocol: noiseProtocol('Noise_NN_25519_AESGCM_SHA256'), staticKey: undefined }],
  ['verify beside a known key', { protocol: noiseProtocol('Noise_NK_25519_AESGCM_SHA256'), remoteStatic: BOB.publicKey }],
  ['no key', { staticKey: undefined }],
  ['a role', { role: 'client' as never }],
  ['an end', { end: 'maybe' as never }],
  ['a length', { lengthBytes: 3 as never }],
  ['rekeyAfter 0', { rekeyAfter: 0 }],
  ['rekeyAfter 1.5', { rekeyAfter: 1.5 }],
  ['two ways to rekey', { rekeyAfter: 5, manualRekey: true }],
  ['no verify for the hybrid pattern', { verify: undefined, postQuantum: { mode: 'offered', protocol: XX } }]
]
for (const [title, options] of wrong) {
  test(`refused before anything is sent: ${title}`, async t => {
    const [left, right] = memoryPair()
    t.is(await codeOf(noiseChannel(left, optionsOf(XX, 'initiator', options))), 'ERR_NOISE_OPTIONS')
    t.is(await codeOf(collect(right.source)), 'ERR_TRANSPORT_RESET')
  })
}

const differing: Array<[title: string, initiator: Options]> = [
  ['prologue', { prologue: Uint8Array.of(1) }],
  ['protocol', { protocol: noiseProtocol('Noise_XX_25519_AESGCM_SHA256') }],
  ['end', { end: 'unauthenticated' }],
  ['rekey', { rekeyAfter: 7 }],
  ['length', { lengthBytes: 2 }]
]
for (const [title, initiator] of differing) {
  test(`ends that differ in ${title} do not come together`, async t => {
    const duplexes = memoryPair()
    const codes = await codesOf([noiseChannel(duplexes[0], optionsOf(XX, 'initiator', initiator)), noiseChannel(duplexes[1], optionsOf(XX, 'responder'))])
    t.regex(codes.join(' '), /^ERR_(NOISE_\w+|TRANSPORT_RESET) ERR_(NOISE_\w+|TRANSPORT_RESET)$/)
  })
}

test('first bytes of other protocols are refused with their first four, and lengths before anything is kept', async t => {
  for (const bytes of [new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), Uint8Array.of(0x16, 3, 1, 2, 0, 1), new TextEncoder().encode('SSH-2.0-OpenSSH\r\n'), new TextEncoder().encode('NOVA\0\0\0\0'), Uint8Array.of(0, 1, 0, 0), Uint8Array.of(255, 255, 255, 255)]) {
    const [left, right] = memoryPair()
    const writing = codeOf(left.sink((async function * () {
      yield bytes
      yield * silence()
    })()))
    t.is(await codeOf(noiseChannel(right, optionsOf(XX, 'responder'))), 'ERR_NOISE_MESSAGE_SIZE')
    t.is(await writing, 'ERR_TRANSPORT_RESET')
  }
})

const stalls: Array<[title: string, toRight: number | undefined, toLeft: number | undefined]> = [['first', 0, undefined], ['second', undefined, 0], ['third', 36, undefined]]
for (const [title, toRight, toLeft] of stalls) {
  test(`the ${title} message stalls: the handshake ends in time`, async t => {
    const until = new Promise<void>(() => {})
    const path = (byte: number | undefined): PathOptions => byte === undefined ? {} : { faults: { stall: { byte, until } } }
    const duplexes = memoryPair({ toRight: path(toRight), toLeft: path(toLeft), closeTimeout: 20 })
    const limits = { handshakeTimeout: 50 }
    const codes = await codesOf([noiseChannel(duplexes[0], optionsOf(XX, 'initiator', { limits })), noiseChannel(duplexes[1], optionsOf(XX, 'responder', { limits }))])
    t.regex(codes[1] as string, /^ERR_(HANDSHAKE_TIMEOUT|TRANSPORT_RESET)$/)
    if (title !== 'third') t.regex(codes[0] as string, /^ERR_(HANDSHAKE_TIMEOUT|TRANSPORT_RESET)$/)
    for (const duplex of duplexes) duplex.abort(new Error('done'))
  })
}

test('payloads are kept back until the key is accepted, and never given out when it is not', async t => {
  const payload = ({ message }: { message: number }): Uint8Array => Uint8Array.of(message)
  const got: string[] = []
  const both = { payload, received: (bytes: Uint8Array) => { got.push(`payload ${bytes[0] as number}`) } }
  const asked = { verify: async () => { got.push('asked'); return true } }
  const [near, far] = await channels({ initiator: { payload }, responder: { ...both, ...asked } })
  t.deepEqual(got, ['asked', 'payload 0', 'payload 2'])
  await Promise.all([near.close(), far.close()])
  got.length = 0
  const duplexes = memoryPair()
  const codes = await codesOf([
    noiseChannel(duplexes[0], optionsOf(XX, 'initiator', { payload })).then(async channel => collect(channel.source)),
    noiseChannel(duplexes[1], optionsOf(XX, 'responder', { ...both, verify: pinned(BOB.publicKey) }))
  ])
  t.deepEqual(codes, ['ERR_TRANSPORT_RESET', 'ERR_NOISE_REFUSED'])
  t.deepEqual(got, [])
})

test('pinned keys and trust on first use', async t => {
  const known = new Map<string, Uint8Array>()
  const store: TrustStore = { claim: async (name, key) => known.get(name) ?? (known.set(name, new Uint8Array(key)), key) }
  const [first, answer] = await channels({ initiator: { verify: pinned(ALICE.publicKey, BOB.publicKey) }, responder: { verify: trustOnFirstUse(store, 'one') } })
  await Promise.all([first.close(), answer.close()])
  t.deepEqual(known.get('one'), ALICE.publicKey)
  t.false(await trustOnFirstUse(store, 'one')(BOB.publicKey))
  t.true(await trustOnFirstUse(store, 'two')(BOB.publicKey))
  t.throws(() => pinned(new Uint8Array(31)), { code: 'ERR_CRYPTO_KEY' })
})

test('over TCP and WebSocket', async t => {
  const pairing = new Pairing()
  const tcp = await listenTcp({}, pairing.accept)
  const web = await listenWebSocket({}, pairing.accept)
  const bytes = pattern(300_000)
  for (const dial of [async () => dialTcp({ port: tcp.port }), async () => dialWebSocket(`ws://127.0.0.1:${web.port}`)]) {
    const [near, far] = await channels({ duplexes: await pairing.pair(dial) })
    const [came, back] = await Promise.all([collect(far.source), collect(near.source), near.sink(items(bytes)), far.sink(items(bytes))])
    t.is(Buffer.compare(came, bytes) + Buffer.compare(back, bytes), 0)
    await Promise.all([near.closed, far.closed])
  }
  await Promise.all([tcp.close(), web.close()])
})

test('a stack of Nova goes on top', async t => {
  const [near, far] = await channels()
  const [client, server] = [createIdentity(), createIdentity()]
  const [one, two] = await Promise.all([
    stack(near, { role: 'initiator', identity: client, verify: () => true }),
    stack(far, { role: 'responder', identity: server, verify: () => true })
  ])
  const sent = one.send({ target: server.id, source: client.id, kind: 1n }, pattern(100_000))
  for await (const packet of two.source) {
    t.deepEqual(await collect(packet.source), pattern(100_000))
    break
  }
  await sent
  await Promise.all([one.close(), two.close()])
  t.deepEqual(await codesOf([one.closed, two.closed, near.closed, far.closed]), ['resolved', 'resolved', 'resolved', 'resolved'])
})

test.serial('each byte of the handshake flipped, and the wire cut after each: both ends fail, nothing is left', async t => {
  const leaks = await leaksOf(async () => {
    for (let at = 0; at < 36 + 68 + 50 + 20; at++) {
      for (const faults of [{ flip: { byte: at, bit: at % 8 } }, { cutAfter: at }]) {
        const duplexes = memoryPair({ toRight: { faults }, closeTimeout: 20 })
        const limits = { handshakeTimeout: 200 }
        const talk = (role: 'initiator' | 'responder'): Promise<unknown> => noiseChannel(duplexes[role === 'initiator' ? 0 : 1], optionsOf(XX, role, { limits })).then(async channel => {
          await Promise.all([channel.sink(items(pattern(30))), collect(channel.source)])
        })
        const codes = await codesOf([talk('initiator'), talk('responder')])
        t.not(codes[1], 'resolved', `${at}`)
        t.true(codes.every(code => code.startsWith('ERR_') || code === 'resolved'), codes.join(' '))
      }
    }
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
