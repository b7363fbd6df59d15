import test from 'ava'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { fromHex } from '../../../lib/bytes/index.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { createPrekey, MAIL_HEADER_BYTES, openMail, openMailBytes, sealMail, verifyPrekey, type OpenMailEnvelope } from '../../../lib/nova/mail/index.js'
import { deferred, type Bytes } from '../../../lib/stream/index.js'
import { FLUSH } from '../../../lib/zlib/index.js'
import { collect, cut, each, noise, text } from '../../zlib/support.js'
import { chunksOf, codeOf, collectList } from '../session/support.js'
import { byHand, keysOf, opened, pairOf, partsOf, sealed, watched } from './support.js'

const pair = pairOf()
const { alice, bob, prekey, route, envelope } = pair
const parties = { identity: alice, prekey: verifyPrekey(bob.publicKey, prekey), route }
const outcome = (source: AsyncIterable<Bytes>, changes: Partial<OpenMailEnvelope> = {}): Promise<string> => codeOf(collect(opened({ envelope: { ...envelope, ...changes } }, source)))
const flipped = (body: Uint8Array, bit: number): Uint8Array => body.with(bit >> 3, (body[bit >> 3] as number) ^ 1 << (bit & 7))

/** The points of low order of X25519, and other encodings of them (RFC 7748, section 6.1; cr.yp.to/ecdh.html). */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000', '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
].map(fromHex)

test('any message in any pieces', async t => {
  await fc.assert(fc.asyncProperty(fc.boolean(), fc.integer({ min: 0, max: 9 }), fc.nat(200_000), fc.array(fc.nat()), fc.array(fc.nat()), async (random, level, length, places, places2) => {
    const message = random ? noise(length) : text(length)
    const items = cut(message, places).flatMap<Uint8Array | typeof FLUSH>((piece, i) => i % 3 === 2 ? [piece, FLUSH] : [piece])
    const body = await sealed(pair, each(items), { level })
    const chunks = chunksOf(body, MAIL_HEADER_BYTES)
    t.deepEqual(chunks.map(({ start }) => body[start + 4]), chunks.map((_, i) => i === chunks.length - 1 ? 1 : 0))
    t.true(Buffer.from(message).equals(await collect(opened(pair, each(cut(body, places2))))))
  }), { numRuns: 40 })
})

test('a large body byte by byte, and its input is left alone', async t => {
  const message = noise(100_000)
  const body = await sealed(pair, [message])
  const before = body.slice()
  t.true(Buffer.from(message).equals(await collect(opened(pair, each(cut(body, Array.from({ length: body.byteLength }, (_, i) => i)))))))
  t.true(Buffer.from(body).equals(before))
})

test('what a source reuses for its next piece has been copied', async t => {
  const body = await sealed(pair, [text(100_000), noise(100_000)])
  for (const size of [1, 100, MAIL_HEADER_BYTES, 3000]) {
    async function * reusing (): AsyncGenerator<Uint8Array, void> {
      const room = new Uint8Array(size)
      for (let at = 0; at < body.byteLength; at += size) {
        const piece = body.subarray(at, at + size)
        room.set(piece)
        yield room.subarray(0, piece.byteLength)
        room.fill(0)
      }
    }
    t.is((await collect(opened(pair, reusing()))).byteLength, 200_000)
  }
})

test('who sealed it is known before any of the content has come', async t => {
  const [header, ...chunks] = partsOf(await sealed(pair, [text(50)])) as [Uint8Array, ...Uint8Array[]]
  const go = deferred()
  const mail = await openMail({ async * [Symbol.asyncIterator] () {
    yield header
    await go.promise
    yield * chunks
  } }, envelope)
  t.deepEqual(mail.sender.id, alice.id)
  t.deepEqual(mail.sender.publicKey, alice.publicKey)
  t.deepEqual(mail.sender.proof, alice.proof)
  t.deepEqual(mail.prekeyId, prekey.id)
  t.deepEqual(Buffer.from(mail.mark), createHash('sha256').update(header.subarray(11)).digest().subarray(0, 16))
  go.resolve()
  t.deepEqual(await collect(mail.message), text(50))
})

test('the same message sealed twice is two mails', async t => {
  const [one, two] = [await sealed(pair, [text(50)]), await sealed(pair, [text(50)])]
  t.notDeepEqual(one.subarray(0, MAIL_HEADER_BYTES), two.subarray(0, MAIL_HEADER_BYTES))
  const marks = [(await openMailBytes(each([one]), envelope)).mark, (await openMailBytes(each([two]), envelope)).mark]
  t.notDeepEqual(marks[0], marks[1])
  const [header] = partsOf(one) as [Uint8Array]
  const [, ...chunks] = partsOf(two)
  t.is(await outcome(each([header, ...chunks])), 'ERR_SESSION_AUTH')
})

test('every flipped bit is refused, and in front of the chunks nothing is given out', async t => {
  const body = await sealed(pair, [text(20), FLUSH, text(20)])
  for (let bit = 0; bit < body.byteLength * 8; bit++) {
    const at = bit >> 3
    const source = each([flipped(body, bit)])
    if (at >= MAIL_HEADER_BYTES) {
      t.regex(await outcome(source), /^ERR_SESSION_(AUTH|CHUNK_SIZE|FINAL_FLAG|TRUNCATED)$/)
      continue
    }
    const expected = at === 0 ? 'ERR_SEALED_MAIL_VERSION' : at < 9 ? 'ERR_SEALED_MAIL_UNKNOWN_PREKEY' : at < 11 ? 'ERR_SEALED_MAIL_LENGTH' : 'ERR_SEALED_MAIL_AUTH'
    t.is(await codeOf(openMail(source, envelope)), expected, `bit ${bit}`)
  }
})

test('another name for the same prekey does not pass the chunks', async t => {
  const body = await sealed(pair, [text(20)])
  t.is(await outcome(each([flipped(body, 8)]), { keys: () => prekey.keyPair }), 'ERR_SESSION_AUTH')
})

test('cut at every byte', async t => {
  const body = await sealed(pair, [text(20), FLUSH, text(20)])
  const [first] = chunksOf(body, MAIL_HEADER_BYTES)
  for (let length = 0; length < body.byteLength; length++) {
    const expected = length === 0 ? 'ERR_SESSION_EMPTY' : length === MAIL_HEADER_BYTES || length === first?.end ? 'ERR_SESSION_NO_FINAL' : 'ERR_SESSION_TRUNCATED'
    t.is(await outcome(each([body.subarray(0, length)])), expected, String(length))
  }
})

test('chunks swapped, doubled, dropped, or of other mail', async t => {
  const message: Array<Uint8Array | typeof FLUSH> = [text(50), FLUSH, noise(50), FLUSH, text(50)]
  const [head, a, b, c] = partsOf(await sealed(pair, message)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const [, a2, b2] = partsOf(await sealed(pair, message)) as [Uint8Array, Uint8Array, Uint8Array]
  t.is(await outcome(each([head, a, b, c])), 'accepted')
  for (const bad of [[head, b, a, c], [head, a, a, b, c], [head, a, c], [head, b, c], [head, a, b2, c], [head, a2, b, c], [head, c]]) t.is(await outcome(each(bad)), 'ERR_SESSION_AUTH')
  t.is(await outcome(each([head, a, b, c, c])), 'ERR_SESSION_TRAILING')
  t.is(await outcome(each([head, a, b, c, Uint8Array.of(0)])), 'ERR_SESSION_TRAILING')
  t.is(await outcome(each([head, a, b])), 'ERR_SESSION_NO_FINAL')
})

test('versions and lengths that are not known', async t => {
  const body = await sealed(pair, [text(20)])
  for (let version = 0; version < 256; version++) if (version !== 2) t.is(await outcome(each([body.with(0, version)])), 'ERR_SEALED_MAIL_VERSION')
  for (const length of [0, 1, 191, 193, 65_535]) {
    const bad = body.slice()
    new DataView(bad.buffer).setUint16(9, length)
    t.is(await outcome(each([bad])), 'ERR_SEALED_MAIL_LENGTH')
  }
})

test('mail for another, from another, of another kind', async t => {
  const body = await sealed(pair, [text(20)])
  const other = createIdentity().id
  for (const changed of [{ self: other }, { from: other }, { kind: 8n }, { self: alice.id, from: bob.id }]) t.is(await codeOf(openMail(each([body]), { ...envelope, ...changed })), 'ERR_SEALED_MAIL_AUTH')
  t.is(await codeOf(openMail(each([body]), { ...envelope, keys: () => createPrekey(bob).keyPair })), 'ERR_SEALED_MAIL_AUTH')
  t.is(await codeOf(openMail(each([body]), { ...envelope, keys: async () => undefined })), 'ERR_SEALED_MAIL_UNKNOWN_PREKEY')
  await t.throwsAsync(openMail(each([body]), { ...envelope, keys: async () => { throw new Error('disk') } }), { message: 'disk' })
})

test('who says to be somebody else is refused', async t => {
  const mallory = createIdentity()
  const chunks = [deflateSync(text(20))]
  t.is(await outcome(each([byHand(pair, chunks)])), 'accepted')
  // her own key with the proof of Alice, and the other way round
  t.is(await outcome(each([byHand(pair, chunks, { sender: keysOf(mallory.staticKey) })])), 'ERR_SEALED_MAIL_PROOF')
  t.is(await outcome(each([byHand(pair, chunks, { payload: mallory.proof })])), 'ERR_SEALED_MAIL_PROOF')
  // she proves who she is, under Alice's name
  t.is(await outcome(each([byHand(pair, chunks, { sender: keysOf(mallory.staticKey), payload: mallory.proof })])), 'ERR_SEALED_MAIL_SENDER')
  // the proof of Alice, with something that is not her private key
  t.is(await outcome(each([byHand(pair, chunks, { sender: { privateKey: mallory.staticKey.exportPrivate(), publicKey: alice.staticKey.publicKey } })])), 'ERR_SEALED_MAIL_AUTH')
  for (let bit = 0; bit < 96 * 8; bit += 5) t.is(await outcome(each([byHand(pair, chunks, { payload: flipped(alice.proof, bit) })])), 'ERR_SEALED_MAIL_PROOF')
})

test('a prekey that somebody else has signed as hers leads nowhere', async t => {
  const mallory = createIdentity()
  const stolen = { id: prekey.id, key: prekey.key, signature: mallory.sign(new TextEncoder().encode('hushwire/prekey/1'), prekey.id, prekey.key) }
  const body = await collectList(sealMail([text(20)], { identity: alice, prekey: verifyPrekey(mallory.publicKey, stolen), route: { ...route, target: mallory.id } }))
  t.is(await outcome(each([body])), 'ERR_SEALED_MAIL_AUTH')
})

test('points of low order', async t => {
  const chunks = [deflateSync(text(20))]
  const zero = new Uint8Array(32)
  for (const publicKey of LOW_ORDER) {
    const low = { privateKey: alice.staticKey.exportPrivate(), publicKey }
    t.is(await outcome(each([byHand(pair, chunks, { ephemeral: low, agreed: { es: zero } })])), 'ERR_SEALED_MAIL_AUTH')
    t.is(await outcome(each([byHand(pair, chunks, { sender: low, agreed: { ss: zero } })])), 'ERR_SEALED_MAIL_AUTH')
    const id = new Uint8Array(8)
    const signed = { id, key: publicKey, signature: bob.sign(new TextEncoder().encode('hushwire/prekey/1'), id, publicKey) }
    t.is(await codeOf(collectList(sealMail([text(20)], { ...parties, prekey: verifyPrekey(bob.publicKey, signed) }))), 'ERR_NOISE_LOW_ORDER')
  }
})

test('a bomb, and a zlib stream that is none', async t => {
  const packed = deflateSync(new Uint8Array(1_000_000))
  const open = (body: Uint8Array, options: { maxInflated?: number, maxRatio?: number } = {}): Promise<string> => codeOf(openMailBytes(each([body]), envelope, options))
  t.is(await open(byHand(pair, [packed]), { maxInflated: 1_000_000 }), 'accepted')
  t.is(await open(byHand(pair, [packed]), { maxInflated: 999_999 }), 'ERR_ZLIB_OUTPUT_LIMIT')
  t.is(await open(byHand(pair, [packed]), { maxRatio: 50 }), 'ERR_ZLIB_RATIO')
  t.is(await open(byHand(pair, [packed.subarray(0, 50)])), 'ERR_ZLIB_TRUNCATED')
  t.is(await open(byHand(pair, [Buffer.concat([packed, Uint8Array.of(0)])])), 'ERR_ZLIB_TRAILING')
  t.is(await open(byHand(pair, [Buffer.alloc(100, 3)])), 'ERR_ZLIB_DATA')
  t.is(await open(byHand(pair, [])), 'ERR_SESSION_NO_FINAL')
  t.is(await open(byHand(pair, [new Uint8Array(65_537)])), 'ERR_SESSION_CHUNK_SIZE')
})

test('in one piece there is a limit of 64 MiB', async t => {
  const body = byHand(pair, [deflateSync(new Uint8Array(67_108_865)).subarray(0, 65_536)])
  for (const options of [{}, { maxInflated: undefined }]) t.is(await codeOf(openMailBytes(each([body]), envelope, options)), 'ERR_ZLIB_OUTPUT_LIMIT')
})

test('mail that is refused is let go of, and not read on', async t => {
  const body = await sealed(pair, [noise(1000)])
  for (const [bytes, changes] of [[body.with(0, 1), {}], [body.with(9, 9), {}], [body.with(100, (body[100] as number) ^ 1), {}], [body, { kind: 9n }], [body, { keys: () => undefined }]] as const) {
    const { source, seen } = watched([bytes.slice(0, MAIL_HEADER_BYTES)], true)
    t.regex(await codeOf(openMail(source, { ...envelope, ...changes })), /^ERR_SEALED_MAIL_/)
    t.deepEqual(seen, { reads: 1, returned: 1 })
  }
})

test('a message is left at every point, also before it is begun and while it waits', async t => {
  const body = await sealed(pair, [noise(200_000)])
  for (let reads = 0; reads < 4; reads++) {
    for (const waiting of [false, true]) {
      const { source, seen } = watched(cut(body, [MAIL_HEADER_BYTES, 70_000, 140_000]).slice(0, 3), true)
      const { message } = await openMail(source, envelope)
      for (let index = 0; index < Math.min(reads, 2); index++) t.false((await message.next()).done)
      const pending = waiting || reads > 2 ? message.next() : undefined
      t.true((await message.return?.())?.done)
      await message.return?.()
      t.is(seen.returned, 1)
      t.true((await message.next()).done)
      // nobody waits for a source that stalls
      void pending
    }
  }
})

test('sealing is left before it is begun, and while its source stalls', async t => {
  for (const reads of [0, 1]) {
    const { source, seen } = watched([], true)
    const body = sealMail(source, parties)
    if (reads > 0) void body.next()
    t.true((await body.return?.())?.done)
    t.is(seen.returned, 1)
    t.true((await body.next()).done)
  }
})

test('a line of a live stream arrives before the next is written', async t => {
  const go = deferred()
  async function * lines (): AsyncGenerator<Uint8Array, void> {
    yield text(10)
    await go.promise
    yield text(30)
  }
  const message = opened(pair, sealMail(lines(), parties, { flush: 'each' }))
  t.deepEqual((await message.next()).value, text(10))
  go.resolve()
  t.deepEqual(await collect(message), text(30))
})

test('a source that fails ends the body without its final chunk', async t => {
  async function * failing (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
    yield text(100)
    yield FLUSH
    throw new Error('disk')
  }
  const pieces: Uint8Array[] = []
  await t.throwsAsync(async () => { for await (const list of sealMail(failing(), parties)) pieces.push(...list) }, { message: 'disk' })
  t.is(await outcome(each(pieces)), 'ERR_SESSION_NO_FINAL')
})

test('mail that would not open is not sealed', t => {
  const code = (changes: { [Name in keyof typeof parties]?: unknown }): unknown => {
    try {
      sealMail([], Object.assign({}, parties, changes))
      return 'accepted'
    } catch (error) {
      return (error as { code?: string }).code
    }
  }
  const other = createIdentity()
  t.is(code({ prekey }), 'ERR_PREKEY_UNVERIFIED')
  t.is(code({ route: { ...route, target: other.id } }), 'ERR_SEALED_MAIL_ROUTE')
  t.is(code({ route: { ...route, source: other.id } }), 'ERR_SEALED_MAIL_ROUTE')
  t.is(code({ identity: other }), 'ERR_SEALED_MAIL_ROUTE')
  for (const kind of [-1n, 2n ** 64n]) t.is(code({ route: { ...route, kind } }), 'ERR_SEALED_MAIL_ROUTE')
  t.is(code({ route: { ...route, target: new Uint8Array(3) } }), 'ERR_UUID')
  t.throws(() => sealMail([], parties, { level: 10 }), { code: 'ERR_ZLIB_LEVEL' })
})

test('what is no bytes is not sealed as an empty message', async t => {
  for (const wrong of ['text', text(5), 5, undefined] as never[]) t.throws(() => sealMail(wrong, parties), { code: 'ERR_ARGUMENT' })
  for (const wrong of ['text', 5, undefined] as never[]) t.is(await codeOf(collectList(sealMail([text(5), wrong], parties))), 'ERR_ARGUMENT')
})

test('keys that are destroyed', async t => {
  const gone = pairOf()
  const body = await sealed(gone, [text(20)])
  gone.alice.destroy()
  t.is(await codeOf(sealed(gone, [text(20)])), 'ERR_CRYPTO_DESTROYED')
  gone.prekey.keyPair.destroy()
  t.is(await codeOf(collect(opened(gone, each([body])))), 'ERR_CRYPTO_DESTROYED')
})

test('the keys are asked once, and not needed any more when the sender is known', async t => {
  const own = pairOf()
  const body = await sealed(own, [noise(100_000)])
  let asked = 0
  const { message } = await openMail(each(cut(body, [MAIL_HEADER_BYTES + 10])), { ...own.envelope, keys: async () => { asked++; return own.prekey.keyPair } })
  own.prekey.keyPair.destroy()
  t.is((await collect(message)).byteLength, 100_000)
  t.is(asked, 1)
})
