import test from 'ava'
import { ctrFrames, ctrPeer, exchangeNonces, FrameSealer, NonceExchange, type CtrEnd, type CtrFrame, type CtrFramesOptions, type CtrRole, type CtrState } from '../../lib/ctr/index.js'
import { deferred, join, link, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { listenWebSocket } from '../../lib/transport/websocket-server.js'
import { Pairing } from '../support/pairs.js'
import { codeOf, items, pattern, silence } from '../support/sources.js'
import { flipped, frame, freshBlock, openedFrom, SECRET } from './support.js'

async function frames (source: AsyncIterable<CtrFrame>): Promise<CtrFrame[]> {
  const all: CtrFrame[] = []
  for await (const { code, payload } of source) all.push(frame(code, new Uint8Array(payload.subarray())))
  return all
}

const layer = (role: CtrRole, options: Partial<CtrFramesOptions> = {}): ReturnType<typeof ctrFrames> => ctrFrames({ role, block: freshBlock(), ...options })

/** What a party has on the wire. */
function wireOf (...all: CtrFrame[]): Uint8Array {
  const sealer = new FrameSealer(freshBlock().take('top').send)
  return join(all.map(each => new Uint8Array(sealer.seal(each).subarray())))
}

/** A call, since the compiler takes a property for what it was. */
function stateOf (layer: { readonly state: CtrState }): CtrState {
  return layer.state
}

async function reaches (layer: { readonly state: CtrState }, state: CtrState): Promise<void> {
  while (stateOf(layer) !== state) await Promise.resolve()
}

const ALL = [frame(1, pattern(9)), frame(2, new Uint8Array(0)), frame(3, pattern(10_000))]

test('frames over a link with a nonce exchange, both ways, whatever the chunks', async t => {
  for (const chunks of [1, 7, 1000]) {
    const [left, right] = memoryPair({ chunks })
    const [one, two] = await Promise.all([exchangeNonces(left, { role: 'top', secret: SECRET }), exchangeNonces(right, { role: 'bottom', secret: SECRET })])
    const options = { endCode: 99, duplex: 'full' } as const
    const [topLayer, bottomLayer] = [ctrFrames({ role: 'top', block: one.block, ...options }), ctrFrames({ role: 'bottom', block: two.block, ...options })]
    const [top, bottom] = [link(one.duplex, topLayer), link(two.duplex, bottomLayer)]
    const [came, back] = await Promise.all([frames(bottom.source), frames(top.source), top.sink(items(...ALL)), bottom.sink(items(...ALL))])
    t.deepEqual([came, back], [ALL, ALL])
    t.deepEqual([topLayer.end, bottomLayer.end], ['authenticated', 'authenticated'])
    await Promise.all([top.close(), bottom.close()])
  }
})

test('over TCP and WebSocket', async t => {
  const pairing = new Pairing()
  const tcp = await listenTcp({}, pairing.accept)
  const webSocket = await listenWebSocket({}, pairing.accept)
  for (const dial of [() => dialTcp({ port: tcp.port }), () => dialWebSocket(`ws://127.0.0.1:${webSocket.port}`)]) {
    const [left, right] = await pairing.pair(dial)
    const [top, bottom] = await Promise.all([
      ctrPeer(left, { role: 'top', secret: SECRET, endCode: 0 }),
      ctrPeer(right, { role: 'bottom', secret: SECRET, endCode: 0 })
    ])
    const payload = pattern(1_000_000)
    const [there, back] = await Promise.all([bottom.receive(payload.byteLength, { timeout: Infinity }), top.receive(payload.byteLength, { timeout: Infinity }), top.send(7, payload), bottom.send(8, payload)])
    t.deepEqual([there.status, back.status], ['complete', 'complete'])
    // compared as they are: a difference of a million bytes would be no help
    t.true(Buffer.from(payload).equals(there.bytes) && Buffer.from(payload).equals(back.bytes))
    await Promise.all([top.close(), bottom.close(), top.closed, bottom.closed])
  }
  await Promise.all([tcp.close(), webSocket.close()])
})

test('each exchange gives another block, and both sides the same one', async t => {
  const wires: Uint8Array[] = []
  for (let connection = 0; connection < 2; connection++) {
    const [top, bottom] = [new NonceExchange({ role: 'top', secret: SECRET }), new NonceExchange({ role: 'bottom', secret: SECRET })]
    const [there, back] = [top.write(), bottom.write()]
    t.is(there.byteLength, 32)
    top.read(back)
    bottom.read(there)
    const { send } = top.result().take('top')
    t.deepEqual(bottom.result().take('bottom').receive, send)
    wires.push(send)
    t.throws(() => top.write(), { code: 'ERR_CTR_TURN' })
    top.destroy()
    t.throws(() => top.result(), { code: 'ERR_CTR_TURN' })
  }
  t.notDeepEqual(wires[0], wires[1])
})

test('a mirror, a nonce of another length, a side that says nothing, and options that cannot be', async t => {
  const exchange = new NonceExchange({ role: 'top', secret: SECRET })
  const nonce = exchange.write()
  t.throws(() => { exchange.read(nonce) }, { code: 'ERR_CTR_REFLECTED' })
  const other = new NonceExchange({ role: 'top', secret: SECRET })
  t.throws(() => { other.read(nonce) }, { code: 'ERR_CTR_TURN' })
  other.write()
  t.throws(() => { other.read(nonce.subarray(1)) }, { code: 'ERR_CTR_NONCE' })
  t.throws(() => new NonceExchange({ role: 'up' as 'top', secret: SECRET }), { code: 'ERR_CTR_OPTION' })
  t.throws(() => new NonceExchange({ role: 'top', secret: pattern(31) }), { code: 'ERR_CTR_SECRET' })
  const [left, right] = memoryPair()
  t.is(await codeOf(exchangeNonces(left, { role: 'top', secret: SECRET, timeout: 5 })), 'ERR_HANDSHAKE_TIMEOUT')
  t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
  const [near, far] = memoryPair()
  t.is(await codeOf(exchangeNonces(near, { role: 'top', secret: pattern(31) })), 'ERR_CTR_SECRET')
  t.is(await codeOf(far.closed), 'ERR_TRANSPORT_RESET')
})

test('a connection that is cut anywhere in the exchange', async t => {
  for (let cutAfter = 1; cutAfter < 32; cutAfter++) {
    const [left, right] = memoryPair({ chunks: 1, toRight: { faults: { cutAfter } } })
    const both = await Promise.all([codeOf(exchangeNonces(left, { role: 'top', secret: SECRET })), codeOf(exchangeNonces(right, { role: 'bottom', secret: SECRET }))])
    t.is(both[1], 'ERR_TRANSPORT_RESET')
    // the other one may have had all it needs before the cut
    t.regex(both[0], /^(ERR_TRANSPORT_RESET|resolved)$/)
  }
})

test('both sides with the same role: the first frame says so, with a block and with a secret; another secret is told apart from it', async t => {
  for (const role of ['top', 'bottom'] as const) {
    for (const [options, code] of [[{ role, secret: SECRET }, 'ERR_CTR_SAME_ROLE'], [{ role: role === 'top' ? 'bottom' : 'top', secret: pattern(50) }, 'ERR_CTR_FIRST_FRAME']] as const) {
      const [left, right] = memoryPair()
      const [one, other] = await Promise.all([ctrPeer(left, { role, secret: SECRET }), ctrPeer(right, options)])
      const [sent, { status, bytes, error }] = await Promise.all([codeOf(one.send(1, pattern(5))), other.receive(5)])
      t.is(sent, 'resolved')
      t.deepEqual([status, bytes.byteLength, (error as { code?: string }).code], ['corrupt', 0, code])
      one.abort()
      other.abort()
    }
    const [left, right] = memoryPair()
    const [one, other] = [link(left, layer(role)), link(right, layer(role))]
    void one.sink(items(...ALL)).catch(() => {})
    t.is(await codeOf(frames(other.source)), 'ERR_CTR_SAME_ROLE')
    one.abort()
  }
})

test('what other protocols say first is refused at the first frame', async t => {
  const said = ['GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 'SSH-2.0-OpenSSH_9.6 and more of this and that until there is a header', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003 and random bytes, as TLS has them, in some number', 'NOVA\u0000\u0000\u0000\u0020\u0000\u0000\u0000\u0001 and so on, a hello and everything that follows it']
  for (const text of said) {
    const [left, right] = memoryPair()
    void left.sink(items(new TextEncoder().encode(text))).catch(() => {})
    const peer = await ctrPeer(right, { role: 'top', secret: SECRET })
    const { status, error } = await peer.receive(1)
    t.deepEqual([status, (error as { code?: string }).code], ['corrupt', 'ERR_CTR_FIRST_FRAME'])
    peer.abort()
    left.abort(new Error('done'))
  }
})

test('the end: authenticated by endCode only, an error where that is missing, cut or has a payload', async t => {
  const cases: Array<[wire: Uint8Array, endCode: number | undefined, error: string | undefined, end: CtrEnd, whole: number]> = [
    [wireOf(...ALL), undefined, undefined, 'unauthenticated', 3],
    [new Uint8Array(0), undefined, undefined, 'unauthenticated', 0],
    [wireOf(...ALL, frame(9, new Uint8Array(0))), 9, undefined, 'authenticated', 3],
    [wireOf(...ALL), 9, 'ERR_CTR_END', 'open', 3],
    [wireOf(...ALL, frame(9, pattern(1))), 9, 'ERR_CTR_END', 'open', 3],
    [wireOf(...ALL, frame(9, new Uint8Array(0))).subarray(0, -1), 9, 'ERR_CTR_TRUNCATED', 'open', 3],
    [wireOf(...ALL).subarray(0, -1), undefined, 'ERR_CTR_TRUNCATED', 'open', 2],
    // what follows the end is nobody's
    [join([wireOf(...ALL, frame(9, new Uint8Array(0))), pattern(100)]), 9, undefined, 'authenticated', 3]
  ]
  for (const [wire, endCode, error, end, whole] of cases) {
    const bottom = layer('bottom', { endCode })
    const found: CtrFrame[] = []
    const reading = (async () => { for await (const { code, payload } of bottom.inbound(items(wire))) found.push(frame(code, new Uint8Array(payload.subarray()))) })()
    t.is(await codeOf(reading), error ?? 'resolved')
    t.is(bottom.end, end)
    t.is(found.length, whole)
  }
})

test('codes and payloads that cannot be sent, and options that cannot be, leave the block unused', async t => {
  const sending = async (one: CtrFrame): Promise<string> => codeOf((async () => { for await (const bytes of layer('top', { endCode: 9, limits: { maxPayload: 100 } }).outbound(items(one))) t.truthy(bytes) })())
  for (const code of [9, -1, 2 ** 32]) t.is(await sending(frame(code, pattern(1))), 'ERR_CTR_CODE')
  t.is(await sending(frame(1, pattern(101))), 'ERR_CTR_PAYLOAD')
  for (const none of ['text', new Uint16Array(2)]) t.is(await sending(frame(1, none as never)), 'ERR_CTR_PAYLOAD')
  t.is(await sending(frame(1, pattern(100))), 'resolved')
  const block = freshBlock()
  for (const [options, code] of [
    [{ duplex: 'both' as 'full' }, 'ERR_CTR_OPTION'], [{ endCode: -1 }, 'ERR_CTR_CODE'], [{ rotateEvery: 0 }, 'ERR_LIMIT_OPTION'],
    [{ limits: { maxPayload: 0 } }, 'ERR_LIMIT_OPTION'], [{ limits: { stallTimeout: -1 } }, 'ERR_LIMIT_OPTION'], [{ role: 'x' as CtrRole }, 'ERR_CTR_OPTION']
  ] as const) t.throws(() => ctrFrames({ role: 'top', block, ...options }), { code })
  t.notThrows(() => ctrFrames({ role: 'top', block }))
  t.throws(() => ctrFrames({ role: 'top', block }), { code: 'ERR_CTR_BLOCK_USED' })
})

test('a party that receives a frame waits with its own until that one is whole; with duplex: full it does not', async t => {
  const wire = wireOf(frame(1, pattern(1000)))
  for (const duplex of ['half', 'full'] as const) {
    const bottom = layer('bottom', { duplex })
    const rest = deferred()
    const reading = bottom.inbound((async function * () {
      yield wire.slice(0, 500)
      await rest.promise
      yield wire.slice(500)
    })())[Symbol.asyncIterator]()
    const writing = bottom.outbound(items(frame(2, pattern(10))))[Symbol.asyncIterator]()
    t.is(stateOf(bottom), 'wait')
    const received = reading.next()
    await reaches(bottom, 'receive')
    let sent = false
    const sending = writing.next().then(({ value }) => { sent = true; return value as Uint8Array })
    await new Promise(setImmediate)
    t.is(sent, duplex === 'full')
    t.is(stateOf(bottom), duplex === 'full' ? 'send' : 'receive')
    rest.resolve()
    t.is((await received).value.code, 1)
    const { receive } = freshBlock().take('top')
    t.deepEqual(openedFrom([(await sending).subarray()], {}, receive).frames, [frame(2, pattern(10))])
    t.is(stateOf(bottom), 'send')
    t.true((await writing.next()).done)
    t.is(stateOf(bottom), 'wait')
  }
})

test('a stream of frames without a pause leaves room for a turn between two of them', async t => {
  // each chunk begins in the middle of a frame and ends in the middle of the next one
  const wire = wireOf(...Array.from({ length: 50 }, (_, at) => frame(at, pattern(1000))))
  const bottom = layer('bottom')
  let sentAfter: number | undefined
  let received = 0
  const reading = bottom.inbound((async function * () { for (let at = 0; at < wire.byteLength; at += 700) yield wire.slice(at, at + 700) })())
  let writing: Promise<void> | undefined
  for await (const { code } of reading) {
    received = code
    writing ??= bottom.outbound(items(frame(2, pattern(10))))[Symbol.asyncIterator]().next().then(() => { sentAfter = received })
  }
  await writing
  t.true((sentAfter ?? 50) < 5, `sent after ${sentAfter}`)
})

test('a frame that stops in the middle: whoever waits for its turn fails after stallTimeout; an abort wakes it', async t => {
  const wire = wireOf(frame(1, pattern(1000)))
  for (const [limits, how] of [[{ stallTimeout: 5 }, undefined], [{ stallTimeout: 0 }, new Error('the reason')]] as const) {
    const bottom = layer('bottom', { limits })
    const reading = bottom.inbound((async function * () { yield wire.slice(0, 500); yield * silence() })())[Symbol.asyncIterator]()
    const never = reading.next()
    never.catch(() => {})
    await reaches(bottom, 'receive')
    const sending = codeOf((async () => { for await (const bytes of bottom.outbound(items(...ALL))) t.truthy(bytes) })())
    await new Promise(setImmediate)
    if (how !== undefined) bottom.abort?.(how)
    t.is(await sending, how?.message ?? 'ERR_CTR_STALLED')
  }
})

test('both sides begin at once, and both finish', async t => {
  const [left, right] = memoryPair({ chunks: 100, latency: 1 })
  const [top, bottom] = [link(left, layer('top', { endCode: 9 })), link(right, layer('bottom', { endCode: 9 }))]
  const [came, back] = await Promise.all([frames(bottom.source), frames(top.source), top.sink(items(...ALL, ...ALL)), bottom.sink(items(...ALL, ...ALL))])
  t.deepEqual([came.length, back.length], [6, 6])
  await Promise.all([top.close(), bottom.close(), top.closed, bottom.closed])
})

test('close while the other side writes and nobody reads: what comes is dropped, and both come to their end', async t => {
  const [left, right] = memoryPair()
  const [top, bottom] = [link(left, layer('top', { endCode: 9 })), link(right, layer('bottom', { endCode: 9 }))]
  const ended = frames(bottom.source)
  const writing = codeOf(bottom.sink(items(...Array.from({ length: 100 }, () => frame(1, pattern(65_536))))))
  await top.close()
  t.deepEqual([await writing, (await ended).length, await codeOf(top.closed), await codeOf(bottom.closed)], ['resolved', 0, 'resolved', 'resolved'])
})

test('what a stranger adds after the end keeps nobody', async t => {
  const [left, right] = memoryPair()
  const bottom = link(right, layer('bottom', { endCode: 9 }))
  const writing = codeOf(left.sink(items(wireOf(...ALL, frame(9, new Uint8Array(0))), ...Array.from({ length: 100 }, () => pattern(65_536)))))
  t.is((await frames(bottom.source)).length, 3)
  t.is(await writing, 'resolved')
  await bottom.close()
  t.is(await codeOf(bottom.closed), 'resolved')
})

test('a bit flipped on the way ends the link with its code, and nothing of the frame comes out', async t => {
  const wire = wireOf(...ALL)
  for (const at of [0, 15, 16, 24, 32, 33 + 20, wire.byteLength - 1]) {
    const [left, right] = memoryPair()
    const bottom: Duplex<CtrFrame, CtrFrame> & { closed: Promise<void> } = link(right, layer('bottom'))
    void left.sink(items(flipped(wire, at))).catch(() => {})
    t.regex(await codeOf(frames(bottom.source)), /^ERR_CTR_(FIRST_FRAME|CHECKSUM|MAC)$/)
    t.regex(await codeOf(bottom.closed), /^ERR_CTR_/)
    t.is(await codeOf(left.closed), 'ERR_TRANSPORT_RESET')
  }
})
