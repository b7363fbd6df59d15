import test from 'ava'
import fc from 'fast-check'
import { createIdentity, type NovaLink, Session, stack, type MessagePacket, type RoutedPacket, type SessionOptions } from '../../../lib/nova/index.js'
import { deferred, ignore } from '../../../lib/stream/index.js'
import { memoryPair } from '../../../lib/transport/memory.js'
import { FLUSH } from '../../../lib/zlib/index.js'
import { codeOf } from '../../support/sources.js'
import { collect, each, noise, text } from '../../zlib/support.js'

const [ALICE, BOB, EVE] = [createIdentity(), createIdentity(), createIdentity()]
const [ONE, TWO, THREE] = [1, 2, 3].map(fill => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array, Uint8Array]
const KEYS = {
  seed: { left: ONE, right: ONE },
  hardened: { left: { seal: ONE, open: TWO }, right: { seal: TWO, open: ONE } }
} as const

interface Ends { a: Session, b: Session, left: NovaLink, right: NovaLink, packets: AsyncIterator<RoutedPacket>, back: AsyncIterator<RoutedPacket> }

/** Two sessions over two hardened stacks on a pair of duplexes. */
async function ends (profile: 'seed' | 'hardened', options: Partial<SessionOptions> = {}): Promise<Ends> {
  const pair = memoryPair()
  const [left, right] = await Promise.all([
    stack(pair[0], { role: 'initiator', identity: ALICE, verify: () => true }),
    stack(pair[1], { role: 'responder', identity: BOB, verify: () => true })
  ])
  const { left: one, right: two } = KEYS[profile]
  return {
    a: new Session({ link: left, self: ALICE.id, peer: BOB.id, key: one, ...options }),
    b: new Session({ link: right, self: BOB.id, peer: ALICE.id, key: two }),
    left,
    right,
    packets: right.source[Symbol.asyncIterator](),
    back: left.source[Symbol.asyncIterator]()
  }
}

async function packetOf (packets: AsyncIterator<RoutedPacket>): Promise<RoutedPacket> {
  return (await packets.next()).value as RoutedPacket
}

/** A packet that can be opened again and again. */
async function kept (packet: RoutedPacket): Promise<MessagePacket> {
  const body = await collect(packet.source)
  return { header: packet.header, source: { [Symbol.asyncIterator]: () => each([body]) } }
}

for (const profile of ['seed', 'hardened'] as const) {
  test(`${profile}: bytes and streams, both ways, at any level`, async t => {
    const { a, b, left, right, packets, back } = await ends(profile)
    await fc.assert(fc.asyncProperty(fc.nat(300_000), fc.boolean(), fc.boolean(), fc.boolean(), fc.constantFrom(0, 1, 6), async (length, random, stream, towards, level) => {
      const message = random ? noise(length) : text(length)
      const [from, to, arriving] = towards ? [a, b, packets] : [b, a, back]
      const sent = from.send(9n, stream ? each([message.subarray(0, length / 2), message.subarray(length / 2)]) : message, { level })
      const packet = await packetOf(arriving)
      t.is(packet.header.kind, 9n)
      const opened = stream ? await collect(to.open(packet)) : await to.openBytes(packet)
      t.true(Buffer.from(message).equals(opened))
      await sent
    }), { numRuns: 25 })
    await Promise.all([left.close(), right.close()])
  })

  test(`${profile}: messages at once`, async t => {
    const { a, b, packets, left, right } = await ends(profile)
    const messages = Array.from({ length: 30 }, (_, i) => i % 3 === 0 ? noise(i * 5000) : text(i * 100))
    const sent = Promise.all(messages.map((message, i) => a.send(BigInt(i), message)))
    await Promise.all(messages.map(async () => {
      const packet = await packetOf(packets)
      t.true(Buffer.from(messages[Number(packet.header.kind)] as Uint8Array).equals(await b.openBytes(packet)))
    }))
    await sent
    await Promise.all([left.close(), right.close()])
  })

  test(`${profile}: a line of a live message is there at once`, async t => {
    const { a, b, packets, left, right } = await ends(profile)
    const [go, end] = [deferred(), deferred()]
    async function * lines (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
      yield text(20)
      yield FLUSH
      await go.promise
      yield text(30)
      yield FLUSH
      await end.promise
    }
    const sent = a.send(1n, lines())
    const opened = b.open(await packetOf(packets))
    t.is((await opened.next()).value?.byteLength, 20)
    go.resolve()
    t.is((await opened.next()).value?.byteLength, 30)
    end.resolve()
    t.true((await opened.next()).done)
    await sent
    await Promise.all([left.close(), right.close()])
  })

  test(`${profile}: a source that throws leaves a message that is cut, and the link alive`, async t => {
    const { a, b, packets, left, right } = await ends(profile)
    const go = deferred()
    async function * failing (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
      yield text(50)
      yield FLUSH
      await go.promise
      throw new Error('disk')
    }
    const sent = codeOf(a.send(1n, failing()))
    const opened = b.open(await packetOf(packets))
    t.is((await opened.next()).value?.byteLength, 50)
    go.resolve()
    t.is(await sent, 'disk')
    t.is(await codeOf(opened.next()), 'ERR_RESET_FAILED')
    await a.send(1n, text(10))
    t.is((await b.openBytes(await packetOf(packets))).byteLength, 10)
    await Promise.all([left.close(), right.close()])
  })

  test(`${profile}: keys that come late, limits, and the wrong parties`, async t => {
    const { a, b, packets, left } = await ends(profile)
    const late = new Session({ link: left, self: ALICE.id, peer: BOB.id })
    t.is(await codeOf(late.send(1n, text(1))), 'ERR_SESSION_NO_KEY')
    await a.send(1n, text(5000))
    const packet = await kept(await packetOf(packets))
    const reader = new Session({ link: left, self: BOB.id, peer: ALICE.id })
    t.is(await codeOf(reader.openBytes(packet)), 'ERR_SESSION_NO_KEY')
    reader.setKey(KEYS[profile].right)
    t.is(await codeOf(reader.openBytes(packet, { maxInflated: 4999 })), 'ERR_ZLIB_OUTPUT_LIMIT')
    t.is((await b.openBytes(packet, { maxInflated: 5000 })).byteLength, 5000)
    const { target, source, kind } = packet.header
    for (const header of [{ target, source: EVE.id, kind }, { target: EVE.id, source, kind }, { target: source, source: target, kind }]) {
      t.is(await codeOf(b.openBytes({ ...packet, header })), 'ERR_SESSION_PEER')
    }
    late.setKey(KEYS[profile].left)
    await late.send(2n, text(7))
    const other = new Session({ link: left, self: BOB.id, peer: ALICE.id, key: KEYS[profile].right })
    t.is((await other.openBytes(await packetOf(packets))).byteLength, 7)
    t.throws(() => { late.setKey(profile === 'seed' ? KEYS.hardened.left : ONE) }, { code: 'ERR_SESSION_KEY' })
    t.throws(() => { late.setKey(profile === 'seed' ? new Uint8Array(16) : { seal: ONE, open: new Uint8Array(33) }) }, { code: 'ERR_SESSION_KEY' })
    left.abort()
  })

  test(`${profile}: destroyed before, while sending and while receiving`, async t => {
    const { a, b, packets, left } = await ends(profile)
    const go = deferred()
    async function * slow (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
      yield text(50)
      yield FLUSH
      await go.promise
      yield text(60)
    }
    const sent = codeOf(a.send(1n, slow()))
    const opened = b.open(await packetOf(packets))
    t.is((await opened.next()).value?.byteLength, 50)
    a.destroy()
    b.destroy()
    go.resolve()
    // each ends, one way or the other, and nothing hangs
    const outcomes = [await sent, await codeOf(collect(opened))]
    t.deepEqual(outcomes.map(code => code === 'resolved' || code.startsWith('ERR_')), [true, true])
    t.is(await codeOf(a.send(1n, text(1))), 'ERR_SESSION_DESTROYED')
    t.throws(() => { a.setKey(KEYS[profile].left) }, { code: 'ERR_SESSION_DESTROYED' })
    left.abort()
  })

  test(`${profile}: what is no bytes is not sent as an empty message`, async t => {
    const { a, left } = await ends(profile)
    for (const wrong of ['text', 5, undefined, null, {}] as never[]) t.is(await codeOf(a.send(1n, wrong)), 'ERR_ARGUMENT')
    for (const wrong of ['text', 5, undefined, new ArrayBuffer(4)] as never[]) {
      for (const message of [[wrong], [text(50), wrong], each([wrong])]) t.is(await codeOf(a.send(1n, message)), 'ERR_ARGUMENT')
    }
    left.abort()
  })

  test(`${profile}: in one piece there is a limit of 64 MiB, also where none is said`, async t => {
    const { a, packets, left } = await ends(profile)
    const sent = codeOf(a.send(1n, new Uint8Array(67_108_865)))
    const packet = await kept(await packetOf(packets))
    t.is(await sent, 'resolved')
    for (const options of [{}, { maxInflated: undefined }]) {
      const reader = new Session({ link: left, self: BOB.id, peer: ALICE.id, key: KEYS[profile].right })
      t.is(await codeOf(reader.openBytes(packet, options)), 'ERR_ZLIB_OUTPUT_LIMIT')
    }
    left.abort()
  })

  test(`${profile}: a link that refuses lets go of the source`, async t => {
    const { a, left } = await ends(profile)
    left.abort(new Error('cable'))
    await left.closed.catch(ignore)
    let returned = false
    const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: async () => { returned = true; return { value: undefined, done: true as const } } }) }
    t.is(await codeOf(a.send(1n, source)), 'cable')
    t.true(returned)
  })
}

test('hardened: another kind, a replay, and what is sent back', async t => {
  const { a, b, packets, left } = await ends('hardened')
  await a.send(1n, text(100))
  const packet = await kept(await packetOf(packets))
  t.is(await codeOf(b.openBytes({ ...packet, header: { ...packet.header, kind: 2n } })), 'ERR_SESSION_AUTH')
  t.is((await b.openBytes(packet)).byteLength, 100)
  t.is(await codeOf(b.openBytes(packet)), 'ERR_SESSION_REPLAYED')
  const reflected = { ...packet, header: { ...packet.header, target: ALICE.id, source: BOB.id } }
  t.is(await codeOf(a.openBytes(reflected)), 'ERR_SESSION_UNKNOWN_KEY')
  left.abort()
})

test('hardened: a message in line while the key is replaced is sealed under the new one', async t => {
  const bodies: MessagePacket[] = []
  const turn = deferred()
  const link = { send: async (header: RoutedPacket['header'], source: unknown) => {
    await turn.promise
    const pieces: Uint8Array[] = []
    for await (const list of source as AsyncIterable<Iterable<Uint8Array>>) pieces.push(...list)
    bodies.push({ header, source: each(pieces) })
  } }
  const a = new Session({ link, self: ALICE.id, peer: BOB.id, key: { seal: ONE, open: TWO } })
  const sent = a.send(1n, text(10))
  a.setKey({ seal: THREE, open: TWO })
  turn.resolve()
  await sent
  const b = new Session({ link, self: BOB.id, peer: ALICE.id, key: { seal: TWO, open: THREE } })
  t.is((await b.openBytes(bodies[0] as MessagePacket)).byteLength, 10)
})

test('seed: so many messages a key', async t => {
  const { a, b, left, packets } = await ends('seed', { maxMessages: 2 })
  for (let i = 0; i < 2; i++) await a.send(1n, text(1))
  t.is(await codeOf(a.send(1n, text(1))), 'ERR_SESSION_KEY_EXHAUSTED')
  a.setKey(TWO)
  b.setKey(TWO)
  await packetOf(packets)
  await packetOf(packets)
  await a.send(1n, text(3))
  t.is((await b.openBytes(await packetOf(packets))).byteLength, 3)
  left.abort()
})
