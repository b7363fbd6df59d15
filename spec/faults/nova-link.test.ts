/** The cases of docs/threats.md that concern handshakes and whole links of Nova, each with its number. */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { fromHex } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import { CONTROL, encodeRecords } from '../../lib/nova/control.js'
import { cipher, CIPHER_LIMITS, encodeHeader, HARDENED_RULES, LAST_NONCE, PACKET_LIMITS, SEED_RULES, stack, type Frame, type HardenedStackOptions, type NovaLink, type Packet, type SeedStackOptions } from '../../lib/nova/index.js'
import { Channel, join, type Bytes, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { ALICE, bodyOf, frame, KEY_ONE, later, LEFT_KEYS, loose, packetPair, RIGHT_KEYS, SERVER, stackPair, wireOf } from '../nova/support.js'
import { codeOf, pattern, silence } from '../support/sources.js'

type Options = HardenedStackOptions | SeedStackOptions

const initiator: HardenedStackOptions = { role: 'initiator', identity: ALICE, verify: () => true }
const responder: HardenedStackOptions = { role: 'responder', identity: SERVER, verify: () => true }
const ends: Array<[name: string, options: Options]> = [
  ['hardened initiator', initiator],
  ['hardened responder', responder],
  ['seed, hello first', { profile: 'seed', hello: { role: 'initiator' } }],
  ['seed, hello second', { profile: 'seed', hello: { role: 'responder' } }],
  ['seed, key', { profile: 'seed', key: LEFT_KEYS }],
  ['seed, key, masked', { profile: 'seed', key: LEFT_KEYS, obfuscate: true }]
]

/** How an end fares that is sent these bytes and nothing else. The other side stays open. */
async function fateOf (options: Options, source: AsyncIterable<Bytes>, handshakeTimeout = 2000): Promise<string> {
  const [a, b] = memoryPair()
  void codeOf(b.sink(source))
  try {
    const link = await stack(a, { ...options, limits: { handshakeTimeout } })
    return await codeOf(link.closed)
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  } finally {
    b.abort(new Error('over'))
  }
}

/** Bytes, and then nothing more while the connection stays open. */
async function * then (bytes: Uint8Array): AsyncGenerator<Bytes> {
  yield bytes
  yield * silence()
}

const text = (line: string): Uint8Array => new TextEncoder().encode(line)
const handshakeFrame = (message: Uint8Array, packetNonce = 0): Uint8Array => join([encodeHeader({ packetNonce, frameNonce: 1, terminating: false, encrypted: false, size: message.byteLength }), message])
const strangers: Array<[what: string, bytes: Uint8Array]> = [
  ['HTTP', text('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')],
  ['a WebSocket upgrade', text('GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')],
  ['HTTP/2', join([text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), fromHex('00000c040000000000000300000064000400010000')])],
  ['a TLS ClientHello', join([fromHex('16030100c8010000c40303'), pattern(200)])],
  ['SSH', text('SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13\r\n')],
  ['JSON', text('{"type":"hello","version":1,"name":"somebody"}\n')],
  ['a length-prefixed Noise message', join([fromHex('0030'), pattern(48)])],
  ['random bytes, as a counter-mode stream begins', crypto.randomBytes(64).with(0, 0)],
  ['zeros', new Uint8Array(64)],
  ['a G1 frame: content in a terminating one', handshakeFrame(pattern(45)).with(16, 1)],
  ['a packet where a handshake belongs', handshakeFrame(pattern(45), 1)]
]

for (const [what, bytes] of strangers) {
  test(`case 40: ${what} is refused with the first frame`, async t => {
    for (const [name, options] of ends) t.regex(await fateOf(options, then(bytes)), /^ERR_(FRAME_(MAGIC|SIZE|FLAG)|PACKET_PROTOCOL|CIPHER_PLAINTEXT)$/, name)
  })
}

for (const [name, options] of ends.slice(0, 4)) {
  test(`case 2: a handshake dripped byte by byte ends at its deadline, which is one for all bytes (${name})`, async t => {
    async function * drip (): AsyncGenerator<Uint8Array> {
      for (const byte of handshakeFrame(new Uint8Array(4096))) {
        yield Uint8Array.of(byte)
        await delay(5)
      }
    }
    t.is(await fateOf(options, drip(), 60), 'ERR_HANDSHAKE_TIMEOUT')
  })

  test(`case 41 for nova: handshake messages of all wrong lengths, and longer than any (${name})`, async t => {
    for (const length of [0, 1, 31, 33, 44, 46, 96, 300, 4096, 4097, 65_536]) {
      t.regex(await fateOf(options, then(handshakeFrame(pattern(length)))), /^ERR_(HANDSHAKE_MESSAGE|NOISE_\w+|PACKET_PROTOCOL)$/, `${length} bytes`)
    }
  })
}

/** Points of low order and their non-canonical forms (Wycheproof, LowOrderPublic and NonCanonicalPublic). */
const lowOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'
]

test('case 35: a public key of low order ends the handshake', async t => {
  for (const point of lowOrder.map(fromHex)) {
    for (const role of ['initiator', 'responder'] as const) {
      t.is(await fateOf({ profile: 'seed', hello: { role } }, then(handshakeFrame(point))), 'ERR_HANDSHAKE_LOW_ORDER')
    }
    // an ephemeral key and an offer: version 1, no features, window 65,536, 256 packets
    const first = join([point, fromHex('01000000000001000000000100')])
    t.is(await fateOf(responder, then(handshakeFrame(first))), 'ERR_NOISE_LOW_ORDER')
  }
})

/** An end that is sent everything back that it sends. */
function mirror (): Duplex {
  const [a, b] = memoryPair()
  void codeOf(b.sink((async function * () { for await (const bytes of b.source) yield bytes.slice() })()))
  return a
}

test('case 36: own handshake messages and frames sent back are refused', async t => {
  t.is(await codeOf(stack(mirror(), { profile: 'seed', hello: { role: 'initiator' } })), 'ERR_HANDSHAKE_REFLECTED')
  t.regex(await codeOf(stack(mirror(), initiator)), /^ERR_(NOISE|HANDSHAKE)_\w+$/)
  for (const obfuscate of [false, true]) {
    const link = await stack(mirror(), { profile: 'seed', key: LEFT_KEYS, obfuscate })
    for (let packet = 0; packet < CIPHER_LIMITS.maxFailures; packet++) void later(link.send({ target: SERVER.id, source: ALICE.id, kind: 1n }, pattern(10)))
    t.regex(await codeOf(link.closed), /^ERR_(CIPHER_FAILED|FRAME_MAGIC)$/)
    t.regex(await codeOf(link.source[Symbol.asyncIterator]().next()), /^ERR_(CIPHER_FAILED|FRAME_MAGIC)$/)
  }
})

test('case 36: frames of a hardened link sent back end it', async t => {
  // the handshake is passed on, what comes after it is sent back to each end
  const [a, b] = memoryPair()
  const [c, d] = memoryPair()
  const toLeft = new Channel<Uint8Array>()
  const relay = async (): Promise<void> => {
    const [left, right] = [b.source[Symbol.asyncIterator](), d.source[Symbol.asyncIterator]()]
    const toRight = new Channel<Uint8Array>()
    void codeOf(b.sink(toLeft))
    void codeOf(d.sink(toRight))
    const one = async (from: AsyncIterator<Uint8Array>, to: Channel<Uint8Array>): Promise<void> => {
      const { value } = await from.next() as IteratorResult<Uint8Array, never>
      void to.push(value.slice())
    }
    await one(left, toRight)
    await one(right, toLeft)
    await one(left, toRight)
    for (;;) await one(left, toLeft)
  }
  void codeOf(relay())
  const [link] = await Promise.all([stack(a, initiator), stack(c, responder)])
  void later(link.send({ target: SERVER.id, source: ALICE.id, kind: 1n }, pattern(10)))
  t.is(await codeOf(link.closed), 'ERR_CIPHER_FAILED')
  t.is(await codeOf(link.source[Symbol.asyncIterator]().next()), 'ERR_CIPHER_FAILED')
  c.abort(new Error('over'))
})

test('case 13: frames of an earlier connection do not open after reconnecting (hardened)', async t => {
  const [a, b] = memoryPair()
  const recorded: Uint8Array[] = []
  const spied: Duplex = { source: a.source, sink: source => a.sink((async function * () { for await (const bytes of source) { recorded.push(bytes.slice()); yield bytes } })()), close: () => a.close(), abort: reason => { a.abort(reason) } }
  const [first, firstRight] = await Promise.all([stack(spied, initiator), stack(b, responder)])
  const handshake = recorded.length
  await first.send({ target: SERVER.id, source: ALICE.id, kind: 1n }, pattern(10))
  await Promise.all([first.close(), firstRight.close()])
  const old = join(recorded.slice(handshake))
  t.true(old.byteLength > 0)
  // the new connection's initiator says nothing after the handshake; the attacker speaks for it
  const [c, d] = memoryPair()
  const forged: Duplex = { source: c.source, sink: source => c.sink((async function * () {
    let messages = 0
    for await (const bytes of source) {
      yield bytes
      if (++messages === 2) break
    }
    yield * then(old)
  })()), close: () => c.close(), abort: reason => { c.abort(reason) } }
  const [second, secondRight] = await Promise.all([stack(forged, initiator), stack(d, responder)])
  void later(second.closed)
  t.is(await codeOf(secondRight.closed), 'ERR_CIPHER_FAILED')
})

for (const [name, rules] of [['seed', SEED_RULES], ['hardened', HARDENED_RULES]] as const) {
  test(`case 16, 17: the last packet nonce is used, the next send is refused, and open packets go on (${name})`, async t => {
    const link = loose({ rules: { ...rules, firstNonce: LAST_NONCE - 2 } })
    const open = [new Channel<Uint8Array>(), new Channel<Uint8Array>()]
    const sent = open.map(part => later(link.face.send(part)))
    for (const part of open) void part.push(pattern(1))
    const nonces: number[] = []
    while (nonces.length < 2) nonces.push(...((await link.next()).value as Frame[]).map(each => each.packetNonce))
    t.deepEqual(nonces, [LAST_NONCE - 2, LAST_NONCE - 1])
    for (let round = 0; round < 3; round++) t.is(await codeOf(link.face.send(pattern(1))), 'ERR_PACKET_EXHAUSTED')
    for (const part of open) part.end()
    const rest: number[] = []
    for (let batch = await link.next(); batch.done !== true; batch = await link.next()) rest.push(...batch.value.filter(each => each.packetNonce !== 0).map(each => each.packetNonce))
    t.deepEqual(new Set(rest), new Set(nonces))
    t.deepEqual(await Promise.all(sent.map(codeOf)), ['resolved', 'resolved'])
    link.fail(new Error('over'))
  })
}

test('case 17: the receiver does not deliver one packet\'s content to another of the same nonce', async t => {
  const link = loose()
  void link.inbound.push([frame(LAST_NONCE, 1, pattern(3)), frame(LAST_NONCE, 1, pattern(9)), frame(LAST_NONCE, 2, pattern(9), true)])
  const { value } = await link.face.source[Symbol.asyncIterator]().next() as IteratorResult<Packet, never>
  t.is(await bodyOf(value), 'ERR_PACKET_SEQUENCE')
  link.fail(new Error('over'))
})

test('case 23 for nova: packets in flight beyond the cap end the link', async t => {
  const [a, b] = memoryPair()
  const left = later(stack(a, { profile: 'seed', key: LEFT_KEYS }))
  const wire = await wireOf(Array.from({ length: PACKET_LIMITS.maxIncoming + 1 }, (_, index) => frame(index + 1, 1, pattern(1))), cipher({ key: RIGHT_KEYS }))
  const link = await left
  void codeOf(b.sink(then(wire)))
  t.is(await codeOf(link.closed), 'ERR_PACKET_TOO_MANY')
})

test('a frame full of goaways says it once', async t => {
  const codes: number[] = []
  const link = loose({ rules: HARDENED_RULES, onGoaway: code => { codes.push(code) } })
  const content = encodeRecords(Array.from({ length: 4096 }, (_, index) => ({ type: CONTROL.goaway, packetNonce: LAST_NONCE - index, value: index })))
  void link.inbound.push([{ ...frame(0, 1, content), encrypted: true }])
  link.inbound.end()
  await link.running
  t.deepEqual(codes, [0])
  t.is(await codeOf(link.face.send(pattern(1))), 'ERR_LINK_GOAWAY')
  link.fail(new Error('over'))
})

test('case 48 for nova: what fails names no key and no content', async t => {
  const [one, two] = packetPair()
  const secret = text('a very secret content')
  const failed = later(one.send((async function * () { yield secret; await turn(); throw new Error('disk') })()))
  t.is(await codeOf(failed), 'disk')
  for (const link of [one, two]) {
    const error = await link.closed.then(() => new Error('no error'), (reason: unknown) => reason as Error)
    const said = `${String(error)} ${String(error.cause)} ${error.stack ?? ''}`
    t.false(said.includes('secret') || said.includes(Buffer.from(KEY_ONE).toString('hex')))
  }
})

test('case 21: signals aborted before, during and after the handshake', async t => {
  const reason = new Error('enough')
  const before = await codeOf(stack(memoryPair()[0], { ...initiator, signal: AbortSignal.abort(reason) }))
  t.is(before, reason.message)
  const during = new AbortController()
  const waiting = later(stack(memoryPair()[0], { ...responder, signal: during.signal }))
  during.abort(reason)
  t.is(await codeOf(waiting), reason.message)
  const after = new AbortController()
  const [one, two] = await stackPair({ left: { signal: after.signal } })
  const reading = codeOf(one.source[Symbol.asyncIterator]().next())
  const sending = codeOf(one.send({ target: SERVER.id, source: ALICE.id, kind: 1n }, silence()))
  after.abort(reason)
  t.deepEqual([await reading, await sending, await codeOf(one.closed), await codeOf(one.close())], Array.from({ length: 4 }, () => reason.message))
  t.is(await codeOf(two.closed), 'ERR_TRANSPORT_RESET')
})

test('case 21: a link that was closed takes no notice of its signal any more', async t => {
  const controller = new AbortController()
  const [one, two]: [NovaLink, NovaLink] = await stackPair({ left: { signal: controller.signal } })
  await Promise.all([one.close(), two.close()])
  await Promise.all([one.closed, two.closed])
  controller.abort(new Error('late'))
  t.is(await codeOf(one.closed), 'resolved')
  t.deepEqual(await one.source[Symbol.asyncIterator]().next(), { value: undefined, done: true })
})
