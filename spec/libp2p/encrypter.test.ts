import { connectionPair } from './connections.js'
import test from 'ava'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { MessageStream, StreamCloseEvent } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { runHandshake } from '../../lib/libp2p/noise-driver.js'
import { proveStatic } from '../../lib/libp2p/noise-identity.js'
import { encodePayload } from '../../lib/libp2p/noise-payload.js'
import { DuplexStream } from '../../lib/libp2p/index.js'
import { NoiseHandshake, NoiseKeypair, noiseProtocol } from '../../lib/noise/index.js'
import { deferred } from '../../lib/stream/deferred.js'
import { join } from '../../lib/stream/pieces.js'
import { libp2pDuplex } from '../../lib/transport/libp2p.js'
import { memoryPair, type PathFaults } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { collect, items, pattern } from '../support/sources.js'
import { ours, type Peer, type PeerOptions, secure, theirs } from './encrypters.js'

type Maker = (options?: PeerOptions) => Promise<Peer>
const MAKERS: ReadonlyArray<readonly [string, Maker, Maker]> = [['ours and ours', ours, ours], ['ours to theirs', ours, theirs], ['theirs to ours', theirs, ours]]

const log = defaultLogger().forComponent('hushwire:spec')

/** Two ends in memory, with faults. */
function memoryStreams (faults: { toResponder?: PathFaults, toInitiator?: PathFaults } = {}): [DuplexStream, DuplexStream] {
  const pair = memoryPair({ toRight: { faults: faults.toResponder }, toLeft: { faults: faults.toInitiator } })
  return pair.map((duplex, id) => new DuplexStream(duplex, { id: String(id), log })) as [DuplexStream, DuplexStream]
}

/** Why a stream closed. */
function closing (stream: MessageStream): Promise<StreamCloseEvent> {
  return new Promise(resolve => { stream.addEventListener('close', resolve, { once: true }) })
}

/** The names of what both sides were told; `secured` for success. */
async function outcomes (both: ReadonlyArray<Promise<unknown>>): Promise<string[]> {
  return Promise.all(both.map(each => each.then(() => 'secured', (error: Error) => error.name)))
}

for (const [title, initiating, responding] of MAKERS) {
  test(`${title}: who they are, and bytes both ways, however large`, async t => {
    const [initiator, responder] = [await initiating(), await responding()]
    const [near, far] = await Promise.all(secure(await connectionPair(), initiator, responder, { initiator: initiator.id }))
    t.true(near.remotePeer.equals(responder.id))
    t.true(far.remotePeer.equals(initiator.id))
    const [left, right] = [libp2pDuplex(near.connection), libp2pDuplex(far.connection)]
    const sent = [1, 65_519, 65_520, 3_000_000, 10].map(pattern)
    const back = (async () => {
      const echoed = await taking(left.source, join(sent).length)
      await left.close()
      return echoed
    })()
    void left.sink(keepingOpen(sent, back))
    void right.sink(right.source).catch(() => undefined)
    const came = await back
    t.is(Buffer.compare(came, join(sent)), 0)
    await Promise.allSettled([left.closed, right.closed])
  })

  test(`${title}: many small messages`, async t => {
    const [near, far] = await Promise.all(secure(await connectionPair(), await initiating(), await responding()))
    const [left, right] = [libp2pDuplex(near.connection), libp2pDuplex(far.connection)]
    const came = collect(right.source)
    await left.sink(items(...Array.from({ length: 5000 }, (_, index) => Uint8Array.of(index, index >>> 8))))
    const bytes = await came
    t.is(bytes.length, 10_000)
    t.true(bytes.every((byte, index) => byte === (index % 2 === 0 ? (index >>> 1) & 255 : index >>> 9)))
    await Promise.allSettled([left.close(), right.close()])
  })

  test(`${title}: the wrong peer is refused, by either side`, async t => {
    // js-libp2p's encrypter leaves the connection to its caller
    const [initiator, responder, another] = [await initiating({ limits: { handshakeTimeout: 3000 } }), await responding({ limits: { handshakeTimeout: 3000 } }), await ours()]
    const first = await outcomes(secure(await connectionPair(), initiator, responder, { responder: another.id }))
    t.is(first[0], 'UnexpectedPeerError')
    t.not(first[1], 'secured')
    const second = await outcomes(secure(await connectionPair(), initiator, responder, { initiator: another.id }))
    t.is(second[1], 'UnexpectedPeerError')
  })

  test(`${title}: the muxer that both have is agreed on along with the handshake`, async t => {
    const [initiator, responder] = [await initiating({ muxers: ['/one', '/two'] }), await responding({ muxers: ['/two'] })]
    const [near, far] = await Promise.all(secure(await connectionPair(), initiator, responder))
    t.is(near.streamMuxer?.protocol, '/two')
    t.is(far.streamMuxer?.protocol, '/two')
    t.deepEqual(far.remoteExtensions?.streamMuxers, ['/one', '/two'])
    near.connection.abort(new Error('done'))
    far.connection.abort(new Error('done'))
    const none = await outcomes(secure(await connectionPair(), initiator, await responding({ muxers: ['/three'] })))
    t.true(none.every(each => each === 'InvalidCryptoExchangeError'), none.join())
  })
}

test('no muxer is agreed on where one side names none', async t => {
  const [near, far] = await Promise.all(secure(memoryStreams(), await ours(), await ours({ muxers: ['/two'] })))
  t.deepEqual([near.streamMuxer, far.streamMuxer], [undefined, undefined])
  const skipping = await ours({ muxers: ['/two'] })
  const [dialled, accepted] = memoryStreams()
  const [third] = await Promise.all([skipping.encrypter.secureOutbound(dialled, { skipStreamMuxerNegotiation: true }), skipping.encrypter.secureInbound(accepted)])
  t.is(third.streamMuxer, undefined)
})

/** The first bytes of a source. */
async function taking (source: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const joined = new Uint8Array(length)
  let at = 0
  for await (const bytes of source) {
    joined.set(bytes, at)
    at += bytes.length
    if (at === length) break
  }
  return joined.subarray(0, at)
}

/** Items, and the end only when something has happened: a connection has no half-close. */
async function * keepingOpen (all: readonly Uint8Array[], until: Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield * all
  await until
}

for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
  test(`peer ids of ${type} keys`, async t => {
    const privateKey = await (type === 'RSA' ? generateKeyPair('RSA', 2048) : type === 'Ed25519' ? generateKeyPair(type) : generateKeyPair(type))
    for (const [, initiating, responding] of MAKERS) {
      const [initiator, responder] = [await initiating({ privateKey }), await responding({ privateKey })]
      const [near, far] = await Promise.all(secure(memoryStreams(), initiator, responder, { initiator: initiator.id }))
      t.true(near.remotePeer.equals(far.remotePeer))
      near.connection.abort(new Error('done'))
    }
  })
}

/** Answers as a responder whose payload is made of whatever. */
async function respond (stream: MessageStream, payloadOf: (staticKey: NoiseKeypair) => Promise<Uint8Array>): Promise<void> {
  const staticKey = new NoiseKeypair()
  const payload = await payloadOf(staticKey)
  const handshake = new NoiseHandshake({ protocol: noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256'), role: 'responder', staticKey, payload: () => payload })
  await runHandshake(stream, handshake, { timeout: 10_000 })
}

test('who cannot sign for the peer that was dialled is refused', async t => {
  const [initiator, victim] = [await ours(), await ours()]
  const payloads: Record<string, (staticKey: NoiseKeypair) => Promise<Uint8Array>> = {
    ERR_LIBP2P_SIGNATURE: async () => encodePayload({ ...await proveStatic(victim.privateKey, new NoiseKeypair().publicKey), extensions: { streamMuxers: [] } }),
    ERR_LIBP2P_IDENTITY: async staticKey => encodePayload({ ...await proveStatic(victim.privateKey, staticKey.publicKey), identityKey: pattern(40), extensions: { streamMuxers: [] } }),
    ERR_LIBP2P_PAYLOAD: async () => new Uint8Array(0),
    ERR_LIBP2P_PEER: async staticKey => encodePayload({ ...await proveStatic(initiator.privateKey, staticKey.publicKey), extensions: { streamMuxers: [] } })
  }
  for (const [code, payloadOf] of Object.entries(payloads)) {
    const [dialled, accepted] = memoryStreams()
    const responding = respond(accepted, payloadOf).catch(() => undefined)
    const error = await t.throwsAsync(initiator.encrypter.secureOutbound(dialled, { remotePeer: victim.id }), { name: 'UnexpectedPeerError' })
    t.is((error.cause as { code?: string }).code, code)
    t.is(dialled.status, 'aborted')
    await responding
  }
})

test('a peer that says nothing is given up on, and a signal is heard', async t => {
  const peer = await ours({ limits: { handshakeTimeout: 10 } })
  const [dialled] = memoryStreams()
  await t.throwsAsync(peer.encrypter.secureOutbound(dialled), { name: 'TimeoutError' })
  t.is(dialled.status, 'aborted')
  const control = new AbortController()
  const [, accepted] = memoryStreams()
  const securing = (await ours()).encrypter.secureInbound(accepted, { signal: control.signal })
  control.abort(new Error('no longer wanted'))
  await t.throwsAsync(securing, { message: 'no longer wanted' })
})

/** Bytes of a handshake of ours, by whom they are sent. */
async function handshakeBytes (initiator: Peer, responder: Peer): Promise<{ toResponder: number, toInitiator: number }> {
  const counts = { toResponder: 0, toInitiator: 0 }
  const [dialled, accepted] = memoryStreams()
  accepted.addEventListener('message', event => { counts.toResponder += event.data.byteLength })
  dialled.addEventListener('message', event => { counts.toInitiator += event.data.byteLength })
  await Promise.all(secure([dialled, accepted], initiator, responder))
  dialled.abort(new Error('done'))
  return counts
}

test('a byte of the handshake that is flipped, wherever it is', async t => {
  const [initiator, responder] = [await ours({ limits: { handshakeTimeout: 300 } }), await ours({ limits: { handshakeTimeout: 300 } })]
  const lengths = await handshakeBytes(initiator, responder)
  t.true(lengths.toResponder > 200 && lengths.toInitiator > 200)
  for (const direction of ['toResponder', 'toInitiator'] as const) {
    const all = Array.from({ length: lengths[direction] }, async (_, byte) => {
      const streams = memoryStreams({ [direction]: { flip: { byte, bit: byte % 8 } } })
      const told = await outcomes(secure(streams, initiator, responder))
      // after its last message the initiator has done all it can
      t.false(direction === 'toResponder' ? told[1] === 'secured' : told.includes('secured'), `${direction} ${byte}: ${told.join()}`)
      for (const stream of streams) stream.abort(new Error('done'))
    })
    await Promise.all(all)
  }
})

test('a connection that is cut within the handshake, wherever that is', async t => {
  const [initiator, responder] = [await ours(), await ours()]
  const lengths = await handshakeBytes(initiator, responder)
  for (const direction of ['toResponder', 'toInitiator'] as const) {
    for (let cutAfter = 1; cutAfter < lengths[direction]; cutAfter += 7) {
      const told = await outcomes(secure(memoryStreams({ [direction]: { cutAfter } }), initiator, responder))
      t.not(told[1], 'secured', `${direction} ${cutAfter}`)
    }
  }
})

test('a byte of what follows that is flipped ends the connection, and nothing of its message comes', async t => {
  const [initiator, responder] = [await ours(), await ours()]
  const { toResponder } = await handshakeBytes(initiator, responder)
  // the length, the ciphertext and the tag of the second message
  for (const byte of [0, 1, 2, 101, 102, 117]) {
    const [near, far] = await Promise.all(secure(memoryStreams({ toResponder: { flip: { byte: toResponder + 118 + byte, bit: 0 } } }), initiator, responder))
    const closed = closing(far.connection)
    let came = 0
    far.connection.addEventListener('message', event => { came += event.data.byteLength })
    for (const size of [100, 100, 1000]) near.connection.send(pattern(size))
    t.is(((await closed).error as { code?: string } | undefined)?.code, 'ERR_NOISE_AUTH', String(byte))
    t.is(came, 100)
    t.is(far.connection.status, 'aborted')
    near.connection.abort(new Error('done'))
  }
})

test('an end within a message is none', async t => {
  const [initiator, responder] = [await ours(), await ours()]
  const [dialled, accepted] = memoryStreams()
  const [, far] = await Promise.all(secure([dialled, accepted], initiator, responder))
  const closed = closing(far.connection)
  far.connection.addEventListener('message', () => undefined)
  dialled.send(Uint8Array.of(0, 100, 1, 2, 3))
  // what waits for the end of both directions is told of the reset
  await dialled.close().catch(() => undefined)
  t.is(((await closed).error as { code?: string } | undefined)?.code, 'ERR_TRUNCATED')
})

test('a peer that does not read makes the sender wait', async t => {
  const [near, far] = await Promise.all(secure(await connectionPair(), await ours(), await theirs()))
  far.connection.pause()
  let sent = 0
  while (near.connection.send(new Uint8Array(65_536))) sent++
  // what the kernel takes at once, and no more
  t.true(sent < 1024)
  const drained = deferred()
  near.connection.addEventListener('drain', () => { drained.resolve() })
  const ended = deferred<number>()
  let came = 0
  far.connection.addEventListener('message', event => {
    came += event.data.byteLength
    if (came === (sent + 1) * 65_536) ended.resolve(came)
  })
  far.connection.resume()
  await drained.promise
  t.is(await ended.promise, (sent + 1) * 65_536)
  await near.connection.close()
})

test.serial('nothing is left behind, however it ends', async t => {
  const [initiator, responder, another] = [await ours(), await ours(), await ours()]
  const leaks = await leaksOf(async () => {
    for (let round = 0; round < 30; round++) {
      const connections = await connectionPair()
      const gone = Promise.all(connections.map(closing))
      const expected = round % 3 === 2 ? another.id : responder.id
      const secured = await Promise.allSettled(secure(connections, initiator, responder, { responder: expected }))
      const [near] = secured
      if (near?.status === 'fulfilled') {
        if (round % 3 === 0) await near.value.connection.close()
        else near.value.connection.abort(new Error('done'))
      }
      await gone
    }
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
