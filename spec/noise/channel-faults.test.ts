import test from 'ava'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { CipherState, noiseChannel, noiseLayer, noiseProtocol, type NoiseResult } from '../../lib/noise/index.js'
import { CHACHAPOLY } from '../../lib/noise/protocol.js'
import { join, type Bytes, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, items, pattern, silence } from '../support/sources.js'
import { channels, optionsOf, XX } from './ends.js'

/** The 32-byte key of a direction and what both ends need of it; no handshake. */
function results (key = new Uint8Array(32).fill(7), nonce = 0n): [NoiseResult, NoiseResult] {
  const state = (): CipherState => {
    const cipher = new CipherState(CHACHAPOLY, key)
    cipher.setNonce(nonce)
    return cipher
  }
  const one = (role: NoiseResult['role']): NoiseResult => ({ role, oneWay: undefined, send: state(), receive: state(), sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32), handshakeHash: new Uint8Array(32), remoteStatic: undefined })
  return [one('initiator'), one('responder')]
}

async function wireOf (source: AsyncIterable<Bytes>, options = {}, result = results()[0]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const bytes of noiseLayer(result, options).outbound(source)) pieces.push(bytes.slice())
  return join(pieces)
}

async function opened (wire: AsyncIterable<Uint8Array>, options = {}, result = results()[1]): Promise<{ bytes: Uint8Array, code: string }> {
  const pieces: Uint8Array[] = []
  const code = await codeOf((async () => { for await (const bytes of noiseLayer(result, options).inbound(wire)) pieces.push(bytes.slice()) })())
  return { bytes: join(pieces), code }
}

/** Lengths of the messages on a wire with four bytes of length. */
function lengths (wire: Uint8Array): number[] {
  const found: number[] = []
  for (let at = 0; at < wire.byteLength; at += 4 + (found.at(-1) as number)) found.push(new DataView(wire.buffer, wire.byteOffset + at).getUint32(0))
  return found
}

const END = { end: 'authenticated' } as const

test('any writes over any chunks of the wire come as they went', async t => {
  const item = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.nat(200_000).map(pattern), fc.tuple(fc.nat(9000), fc.nat(9000)).map(([one, two]) => new Uint8ArrayList(pattern(one), pattern(two))))
  await fc.assert(fc.asyncProperty(fc.array(item, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 20 }), fc.constantFrom(2 as const, 4 as const), fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }), async (written, cuts, lengthBytes, rekeyAfter) => {
    const options = { lengthBytes, rekeyAfter, end: 'authenticated' as const }
    const wire = await wireOf(items<Bytes>(...written), options)
    const chunks = (async function * () {
      for (let at = 0, cut = 0; at < wire.byteLength; cut++) {
        // what a source has yielded is its own again at the next read
        const chunk = wire.slice(at, at += cuts[cut % cuts.length] as number)
        yield chunk
        chunk.fill(0)
      }
    })()
    const { bytes, code } = await opened(chunks, options)
    t.is(code, 'resolved')
    t.is(Buffer.compare(bytes, join(written.map(one => one.subarray()))), 0)
  }), { numRuns: 60 })
})

test('large writes are cut, small ones that are ready together are one message, and none waits for more', async t => {
  t.deepEqual(lengths(await wireOf(items(pattern(150_000)))), [65_535, 65_535, 18_962 + 16])
  t.deepEqual(lengths(await wireOf(items(...Array.from({ length: 1000 }, () => pattern(10))))), [10_016])
  const out = noiseLayer(results()[0]).outbound((async function * () {
    yield pattern(10)
    yield * silence()
  })())[Symbol.asyncIterator]()
  t.is((await out.next()).value?.byteLength, 30)
  await out.return?.()
})

test('nothing written is nothing on the wire, and an end where it is agreed', async t => {
  t.is((await wireOf(items(new Uint8Array(0), new Uint8Array(0)))).byteLength, 0)
  t.deepEqual(lengths(await wireOf(items<Bytes>(), END)), [16])
})

test('each bit of a length, tag and content flipped: an error, and nothing of the message', async t => {
  const wire = await wireOf(items(pattern(20)), END)
  for (let bit = 0; bit < 40 * 8; bit++) {
    const changed = wire.slice()
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ 1 << (bit & 7)
    const { bytes, code } = await opened(items(changed), END)
    t.is(bytes.byteLength, 0)
    t.regex(code, /^ERR_(NOISE_(MESSAGE_SIZE|TRUNCATED|AUTH)|TRUNCATED)$/)
  }
})

test('cut at each byte: never a clean end', async t => {
  const wire = await wireOf(items(pattern(20)), END)
  for (let length = 0; length < wire.byteLength; length++) {
    const whole = length === 0 || length === 40
    t.is((await opened(items(wire.slice(0, length)), END)).code, whole ? 'ERR_NOISE_UNAUTHENTICATED_END' : 'ERR_TRUNCATED', `${length}`)
  }
  t.is((await opened(items(wire), END)).code, 'resolved')
})

test('an end that nobody said: an error, unless it is taken', async t => {
  const wire = await wireOf(items(pattern(20)))
  t.deepEqual(await opened(items(wire)), { bytes: pattern(20), code: 'ERR_NOISE_UNAUTHENTICATED_END' })
  t.deepEqual(await opened(items(wire), { end: 'unauthenticated' }), { bytes: pattern(20), code: 'resolved' })
  t.is((await opened(items(wire.slice(0, 30)), { end: 'unauthenticated' })).code, 'ERR_TRUNCATED')
})

test('a message again is refused; what came before is given out', async t => {
  const one = await wireOf(items(pattern(20)))
  t.deepEqual(await opened(items(join([one, one]))), { bytes: pattern(20), code: 'ERR_NOISE_AUTH' })
})

test('what we send is not taken from ourselves', async t => {
  const wire = memoryPair()
  // every handshake message comes back to its sender
  const mirror: Duplex = { source: wire[1].source, sink: async source => wire[0].sink(source), close: async () => {}, abort: reason => { wire[0].abort(reason) } }
  t.is(await codeOf(noiseChannel(mirror, optionsOf(XX, 'initiator'))), 'ERR_NOISE_TRUNCATED')
})

test('a flood of empty messages is passed over', async t => {
  const { send } = results()[0]
  const empty = (): Uint8Array => join([Uint8Array.of(0, 0, 0, 16), ...send.seal(new Uint8Array(0), [])])
  const flood = join([...Array.from({ length: 20_000 }, empty), Uint8Array.of(0, 0, 0, 19), ...send.seal(new Uint8Array(0), [pattern(3)])])
  t.deepEqual(await opened(items(flood), { end: 'unauthenticated' }), { bytes: pattern(3), code: 'resolved' })
})

test('a source that throws where other work has its turn: nobody is left with the rejection', async t => {
  const leaks = await leaksOf(async () => {
    let items = 0
    const source = { [Symbol.asyncIterator]: () => ({ next: async () => ++items > 1024 ? Promise.reject(new Error('no more')) : { value: pattern(1), done: false } }) }
    t.is(await codeOf(wireOf(source as AsyncIterable<Bytes>)), 'no more')
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('the last nonce is not used: an error on both sides', async t => {
  const last = 2n ** 64n - 2n
  const [near, far] = results(undefined, last)
  const out = noiseLayer(near).outbound((async function * () {
    yield pattern(65_519)
    yield pattern(1)
  })())[Symbol.asyncIterator]()
  const wire = await codeOf((async () => { for (;;) await out.next() })())
  t.is(wire, 'ERR_NOISE_NONCES')
  const sealed = await wireOf(items(pattern(1)), {}, results(undefined, last)[0])
  t.deepEqual(await opened(items(join([sealed, sealed])), {}, far), { bytes: pattern(1), code: 'ERR_NOISE_NONCES' })
})

test('manual rekey: each direction at an exact place, however messages lie in chunks', async t => {
  const [near, far] = results()
  const [sender, receiver] = [noiseLayer(near, { manualRekey: true }), noiseLayer(far, { manualRekey: true })]
  const pieces: Uint8Array[] = []
  for await (const bytes of sender.outbound((async function * () {
    yield Uint8Array.of(1)
    yield Uint8Array.of(2)
    sender.rekey('send')
    yield Uint8Array.of(3)
    yield pattern(150_000)
    sender.rekey('send')
    sender.rekey('send')
    yield Uint8Array.of(4)
  })())) pieces.push(bytes.slice())
  const wire = join(pieces)
  const found: number[] = []
  let length = 0
  for await (const bytes of receiver.inbound(items(wire))) {
    length += bytes.byteLength
    found.push(bytes.byteLength)
    if (length === 2) receiver.rekey('receive')
    if (length === 150_003) for (let times = 0; times < 2; times++) receiver.rekey('receive')
    if (length === 150_004) break
  }
  t.is(length, 150_004)
  t.is(found[0], 2)
  // one end alone is noticed
  t.is((await opened(items(wire))).code, 'ERR_NOISE_AUTH')
})

test('rekey by hand needs its option, and a direction that there is', async t => {
  t.throws(() => { noiseLayer(results()[0]).rekey('send') }, { code: 'ERR_NOISE_OPTIONS' })
  const [near, far] = await channels({ protocol: noiseProtocol('Noise_N_25519_AESGCM_SHA256'), both: { manualRekey: true } })
  t.throws(() => { near.rekey('receive') }, { code: 'ERR_NOISE_ONE_WAY' })
  t.throws(() => { far.rekey('send') }, { code: 'ERR_NOISE_ONE_WAY' })
  t.is(await codeOf(far.sink(items(pattern(1)))), 'ERR_NOISE_ONE_WAY')
  near.abort()
})
