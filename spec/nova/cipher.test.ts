import test from 'ava'
import { cipher, frames, HEADER_LENGTH, TAG_LENGTH, type CipherLayer, type CipherOptions, type Frame, type HopKey, type OpenedFrame } from '../../lib/nova/index.js'
import { Channel, join } from '../../lib/stream/index.js'
import { bytesOf, cut, flat, frame, KEY_ONE, KEY_TWO, LEFT_KEYS, opened, packetFrames, RIGHT_KEYS, wireOf, wiresOf } from './support.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, items, pattern } from '../support/sources.js'

const sealing = (options: CipherOptions = {}): CipherLayer => cipher({ key: LEFT_KEYS, ...options })
const opening = (options: CipherOptions = {}): CipherLayer => cipher({ key: RIGHT_KEYS, ...options })

/** Opened frames of a wire, as they look flat, and the error it ended with. */
const open = (wire: Uint8Array | readonly Uint8Array[], options: CipherOptions = {}): Promise<{ frames: object[], error: string | undefined }> =>
  opened(items(wire instanceof Uint8Array ? wire : join(wire)), opening(options))

/** Each of these as its own chunk. */
const openEach = (wires: readonly Uint8Array[], options: CipherOptions = {}): Promise<{ frames: object[], error: string | undefined }> => opened(items(...wires), opening(options))

const asOpened = (one: Frame): object => ({ ...flat(one), encrypted: true })

test('what was sealed opens, and says that it came sealed; sealed content is its own memory', async t => {
  const all = [...packetFrames(1, pattern(10), pattern(70_000)), ...packetFrames(2)]
  for (const options of [{}, { sequenced: true }, { obfuscate: true }]) {
    const wire = await wireOf(all, sealing(options))
    t.is(wire.byteLength, all.reduce((sum, one) => sum + HEADER_LENGTH + TAG_LENGTH + one.size, 0))
    t.deepEqual(await open(wire, options), { frames: all.map(asOpened), error: undefined })
  }
})

test('neither direction writes into its input', async t => {
  const content = pattern(5000)
  const wire = await wireOf([frame(1, 1, content)], sealing())
  t.deepEqual(content, pattern(5000))
  const kept = wire.slice()
  await open(wire)
  t.deepEqual(wire, kept)
})

test('a key a direction: an end cannot open what it has sealed itself', async t => {
  const wire = await wireOf([frame(1, 1, pattern(10))], sealing())
  t.deepEqual((await opened(items(wire), sealing())).frames, [{ packetNonce: 1, code: 'ERR_CIPHER_OPEN' }])
})

test('keys of other lengths, and a second key, are refused; a refused pair leaves nothing behind', async t => {
  for (const length of [0, 16, 31, 33, 64]) t.is(await codeOf(Promise.resolve().then(() => cipher({ key: new Uint8Array(length) }))), 'ERR_CIPHER_KEY')
  const hop = cipher()
  const set = (key: HopKey): Promise<string> => codeOf(Promise.resolve().then(() => { hop.setKey(key) }))
  t.is(await set({ seal: KEY_ONE, open: new Uint8Array(5) }), 'ERR_CIPHER_KEY')
  t.is(await set({ seal: new Uint8Array(5), open: KEY_TWO }), 'ERR_CIPHER_KEY')
  t.is(await set(RIGHT_KEYS), 'resolved')
  for (const none of ['0'.repeat(64), { seal: KEY_ONE }, { seal: KEY_ONE, open: { byteLength: 32 } }]) t.is(await set(none as never), 'ERR_CIPHER_KEY')
  t.is(await set(RIGHT_KEYS), 'ERR_CIPHER_KEY')
  t.is(await set(KEY_ONE), 'ERR_CIPHER_KEY')
  const wire = await wireOf([frame(1, 1, pattern(3))], sealing())
  t.is((await opened(items(await wireOf([frame(0, 1)]), wire), hop)).error, 'ERR_CIPHER_PLAINTEXT')
})

test('keys are copied: the caller may wipe its own', async t => {
  const [seal, openKey] = [KEY_ONE.slice(), KEY_TWO.slice()]
  const hop = cipher({ key: { seal, open: openKey } })
  seal.fill(0)
  openKey.fill(0)
  t.deepEqual(await wireOf([frame(1, 1, pattern(9))], hop), await wireOf([frame(1, 1, pattern(9))], sealing()))
  t.deepEqual((await opened(items(await wireOf([frame(1, 1)], opening())), hop)).frames, [asOpened(frame(1, 1))])
})

test('options that do not go together, and limits out of their range', async t => {
  const made = (options: CipherOptions): Promise<string> => codeOf(Promise.resolve().then(() => cipher(options)))
  t.is(await made({ obfuscate: true, plaintext: 'allow' }), 'ERR_CIPHER_OPTION')
  t.is(await made({ obfuscate: true, sequenced: true }), 'ERR_CIPHER_OPTION')
  for (const limits of [{ maxFailures: 0 }, { maxFailures: NaN }, { maxBytes: -1 }, { maxBytes: 2 ** 40 + 1 }, { rekeyFrames: 0 }, { rekeyBytes: 0.5 }, { replayWindow: 0 }]) {
    t.is(await made({ limits }), 'ERR_LIMIT_OPTION', JSON.stringify(limits))
  }
})

test('a plain frame under a key is fatal; with plaintext: allow it passes, marked as plain', async t => {
  const sealed = await wireOf([frame(1, 1, pattern(3))], sealing())
  const plain = await wireOf([frame(2, 1, pattern(4))])
  t.deepEqual(await open([sealed, plain]), { frames: [asOpened(frame(1, 1, pattern(3)))], error: 'ERR_CIPHER_PLAINTEXT' })
  t.deepEqual(await open([sealed, plain, plain], { plaintext: 'allow' }), { frames: [asOpened(frame(1, 1, pattern(3))), flat(frame(2, 1, pattern(4))), flat(frame(2, 1, pattern(4)))], error: undefined })
})

test('what came before a fatal frame is given out, and nothing after it, however the stream is cut', async t => {
  const bad = (await wireOf([frame(9, 1, pattern(20_000))], sealing())).with(HEADER_LENGTH, 0x55)
  const plain = await wireOf([frame(9, 1, pattern(4))])
  const alien = plain.with(0, 0)
  // large ones open later than small ones where opening is asynchronous
  const before = [frame(1, 1, pattern(20_000)), frame(1, 2, pattern(3)), frame(1, 3, undefined, true)]
  for (const [wrong, options, code] of [
    [plain, {}, 'ERR_CIPHER_PLAINTEXT'],
    [plain, { sequenced: true }, 'ERR_CIPHER_PLAINTEXT'],
    [bad, { sequenced: true }, 'ERR_CIPHER_FAILED'],
    [bad, { limits: { maxFailures: 1 } }, 'ERR_CIPHER_FAILED'],
    [alien, {}, 'ERR_FRAME_MAGIC'],
    [alien, { sequenced: true }, 'ERR_FRAME_MAGIC']
  ] as const) {
    const wires = await wiresOf([...before, frame(2, 1, pattern(3))], sealing(options))
    wires.splice(before.length, 0, wrong)
    const expected = { frames: before.map(asOpened), error: code }
    t.deepEqual(await open(wires, options), expected, `${code} in one chunk`)
    t.deepEqual(await openEach(wires, options), expected, `${code}, a chunk each`)
    t.deepEqual(await opened(cut(join(wires), Array.from({ length: 300 }, () => 100)), opening(options)), expected, `${code} in small chunks`)
  }
})

test('failures in a row end the link at the limit; one that opens between begins the count again', async t => {
  const bad = (await wireOf([frame(9, 1, pattern(3))], sealing())).with(-1 + HEADER_LENGTH + 3 + TAG_LENGTH, 0x55)
  const good = await wiresOf(Array.from({ length: 3 }, (_, index) => frame(index + 1, 1, pattern(3))), sealing())
  const fifteen = Array.from({ length: 15 }, () => bad)
  const row = await openEach([...fifteen, good[0] as Uint8Array, ...fifteen, good[1] as Uint8Array, ...fifteen, bad, good[2] as Uint8Array])
  t.is(row.error, 'ERR_CIPHER_FAILED')
  t.is(row.frames.length, 15 + 1 + 15 + 1 + 15)
  t.is((await open([bad, bad, bad], { limits: { maxFailures: 3 } })).error, 'ERR_CIPHER_FAILED')
  t.deepEqual(await open([bad, bad], { limits: { maxFailures: 3 } }), { frames: [{ packetNonce: 9, code: 'ERR_CIPHER_OPEN' }, { packetNonce: 9, code: 'ERR_CIPHER_OPEN' }], error: undefined })
})

test('a sealed frame that is shorter than its tag fails to open', async t => {
  for (let size = 0; size < TAG_LENGTH; size++) {
    const short: Frame = { ...frame(1, 1, pattern(size)), encrypted: true }
    t.deepEqual(await open(await wireOf([short])), { frames: [{ packetNonce: 1, code: 'ERR_CIPHER_OPEN' }], error: undefined })
    t.is((await open(await wireOf([short]), { sequenced: true })).error, 'ERR_CIPHER_FAILED')
  }
})

test('a late key, outbound: handshake frames go in the clear, the rest waits for it', async t => {
  const hop = cipher({ handshakeFrames: 2 })
  const source = new Channel<Frame[]>({ sizeOf: () => 0 })
  const wire = hop.seal()(source)[Symbol.asyncIterator]()
  void source.push([frame(0, 1, pattern(5))])
  t.deepEqual(((await wire.next()).value as Frame[]).map(flat), [flat(frame(0, 1, pattern(5)))])
  void source.push([frame(0, 2, pattern(6)), frame(1, 1, pattern(7))])
  t.deepEqual(((await wire.next()).value as Frame[]).map(flat), [flat(frame(0, 2, pattern(6)))])
  const next = wire.next()
  hop.setKey(LEFT_KEYS)
  const [sealed] = (await next).value as Frame[]
  t.true(sealed?.encrypted)
  t.is(sealed?.size, 7 + TAG_LENGTH)
})

for (const obfuscate of [false, true]) {
  test(`a late key, inbound: one chunk holds the hello and what is sealed under the key that it brings${obfuscate ? ', masked' : ''}`, async t => {
    const sealed = await wireOf([frame(1, 1, pattern(100)), frame(1, 2, undefined, true)], sealing({ obfuscate }))
    const hello = await wireOf([frame(0, 1, pattern(32))])
    for (const chunk of [1, 18, 50, 51, 60, hello.byteLength, hello.byteLength + sealed.byteLength]) {
      const hop = cipher({ obfuscate })
      const source = hop.open()(frames({ obfuscation: hop.obfuscation }).decode()(cut(join([hello, sealed]), Array.from({ length: 999 }, () => chunk))))
      const found: object[] = []
      for await (const batch of source) {
        for (const one of batch) {
          found.push(flat(one))
          if (one.packetNonce === 0) hop.setKey(RIGHT_KEYS)
        }
      }
      t.deepEqual(found, [flat(frame(0, 1, pattern(32))), asOpened(frame(1, 1, pattern(100))), asOpened(frame(1, 2, undefined, true))], `chunks of ${chunk}`)
    }
  })

  test(`a late key that never comes: both halves end with the reason${obfuscate ? ', masked' : ''}`, async t => {
    const hop = cipher({ obfuscate })
    const reason = new Error('the handshake failed')
    const wire = join([await wireOf([frame(0, 1, pattern(32))]), await wireOf([frame(1, 1, pattern(3))], sealing({ obfuscate }))])
    const reading = opened(items(wire), hop)
    const writing = codeOf(bytesOf(frames().encode()(hop.seal()(items([frame(0, 1)], [frame(1, 1)])))))
    hop.abort?.(reason)
    t.is((await reading).error, String(reason))
    t.is(await writing, reason.message)
    t.is(await codeOf(Promise.resolve().then(() => { hop.setKey(KEY_ONE) })), 'ERR_CIPHER_KEY')
  })
}

test('without handshake frames, inbound waits for the key as well', async t => {
  const hop = cipher({ handshakeFrames: 0 })
  const reading = opened(items(await wireOf([frame(1, 1, pattern(3))], sealing())), hop)
  hop.setKey(RIGHT_KEYS)
  t.deepEqual(await reading, { frames: [asOpened(frame(1, 1, pattern(3)))], error: undefined })
})

test('a sealed frame before there can be a key fails alone, and such failures count', async t => {
  const sealed = await wireOf([frame(1, 1, pattern(3))], sealing())
  const hello = await wireOf([frame(0, 1)])
  t.deepEqual(await opened(items(join([sealed, hello])), cipher()), { frames: [{ packetNonce: 1, code: 'ERR_CIPHER_NO_KEY' }, flat(frame(0, 1))], error: undefined })
  t.is((await opened(items(join(Array.from({ length: 16 }, () => sealed))), cipher())).error, 'ERR_CIPHER_FAILED')
  t.is((await opened(items(join([...Array.from({ length: 16 }, () => sealed), hello, sealed])), cipher())).error, 'ERR_CIPHER_FAILED')
})

test('bytes under a key: up to the limit and not beyond it, on both sides', async t => {
  const one = (nonce: number): Frame => frame(nonce, 1, pattern(84))
  const all = [one(1), one(2), one(3)]
  t.is(await codeOf(wireOf(all, sealing({ limits: { maxBytes: 300 } }))), 'resolved')
  t.is(await codeOf(wireOf(all, sealing({ limits: { maxBytes: 299 } }))), 'ERR_CIPHER_EXHAUSTED')
  const wire = await wireOf(all, sealing())
  t.is((await open(wire, { limits: { maxBytes: 300 } })).error, undefined)
  t.is((await open(wire, { limits: { maxBytes: 299 } })).error, 'ERR_CIPHER_EXHAUSTED')
})

test('onExhausting is told once, at 63/64 of the limit, before anything is refused', async t => {
  const told: number[] = []
  let sent = 0
  const hop = sealing({ limits: { maxBytes: 6400 }, onExhausting: () => { told.push(sent) } })
  const source = async function * (): AsyncGenerator<Frame[]> {
    for (sent = 1; sent <= 65; sent++) yield [frame(sent, 1, pattern(84))]
  }
  t.is(await codeOf(bytesOf(frames().encode()(hop.seal()(source())))), 'ERR_CIPHER_EXHAUSTED')
  t.deepEqual(told, [63])
  t.is(sent, 65)
})

test('after destroy nothing is sealed or opened', async t => {
  const hop = sealing()
  const wire = await wireOf([frame(1, 1, pattern(3))], hop)
  hop.destroy()
  t.is(await codeOf(wireOf([frame(2, 1)], hop)), 'ERR_CRYPTO_DESTROYED')
  t.is((await opened(items(wire), hop)).error, 'ERR_CRYPTO_DESTROYED')
})

// large contents wait for WebCrypto on the portable backend while small ones do not
test('large and small frames mixed keep their order, both ways', async t => {
  const all = Array.from({ length: 60 }, (_, index) => frame(index + 1, 1, pattern(index % 3 === 0 ? 20_000 : index)))
  for (const options of [{}, { sequenced: true }]) {
    const batches: OpenedFrame[][] = []
    const source = opening(options).open()(frames().decode()(items(await bytesOf(frames().encode()(sealing(options).seal()(items(all.slice(0, 31), all.slice(31))))))))
    for await (const batch of source) batches.push(batch)
    t.deepEqual(batches.flat().map(flat), all.map(asOpened))
  }
})

test.serial('failures that come late, around one that comes at once, are nobody\'s unhandled rejections', async t => {
  const large = await wiresOf([frame(1, 1, pattern(20_000)), frame(0, 1, pattern(20_000))], sealing({ sequenced: true }))
  const plain = await wireOf([frame(2, 1)])
  const bad = large.map(wire => wire.with(100, 0))
  const leaks = await leaksOf(async () => {
    for (const wires of [[...bad, plain], [...bad, ...bad], [bad[0], bad[0], plain], [bad[1], bad[0], bad[1]], [...large, plain]]) {
      const { error } = await open(wires as Uint8Array[], { sequenced: true })
      t.true(error === 'ERR_CIPHER_FAILED' || error === 'ERR_CIPHER_PLAINTEXT', error)
    }
    const exhausted = items([frame(1, 1, pattern(20_000)), frame(1, 2, pattern(20_000)), frame(1, 3, pattern(20_000))])
    t.is(await codeOf(bytesOf(frames().encode()(sealing({ limits: { maxBytes: 45_000 } }).seal()(exhausted)))), 'ERR_CIPHER_EXHAUSTED')
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('both halves run at once on one cipher', async t => {
  const [left, right] = [sealing({ sequenced: true }), opening({ sequenced: true })]
  const all = (size: number): Frame[] => Array.from({ length: 50 }, (_, index) => frame(index + 1, 1, pattern(size + index)))
  const through = async (from: CipherLayer, to: CipherLayer, size: number): Promise<object[]> => {
    const found: object[] = []
    for await (const batch of to.open()(from.seal()(items(...all(size).map(one => [one]))))) found.push(...batch.map(flat))
    return found
  }
  const [there, back] = await Promise.all([through(left, right, 10), through(right, left, 4000)])
  t.deepEqual(there, all(10).map(asOpened))
  t.deepEqual(back, all(4000).map(asOpened))
})

test('the first frame of a packet opens once, and not when it comes far too late; other frames pass', async t => {
  const seal = sealing()
  const firsts = await wiresOf([1, 2, 3, 9].map(nonce => frame(nonce, 1, pattern(3))), seal)
  const [one, two, three, nine] = firsts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const second = await wireOf([frame(3, 2, pattern(3))], seal)
  const { frames, error } = await openEach([one, three, one, three, second, second, nine, two], { limits: { replayWindow: 4 } })
  t.is(error, undefined)
  t.deepEqual(frames.map(opened => 'code' in opened ? opened.code : 'opened'), [
    'opened', 'opened', 'ERR_CIPHER_REPLAY', 'ERR_CIPHER_REPLAY', 'opened', 'opened', 'opened', 'ERR_CIPHER_REPLAY'
  ])
})
