import test from 'ava'
import fc from 'fast-check'
import { deflateSync } from 'node:zlib'
import { crypto } from '../../../lib/crypto/index.js'
import { openBody, sealBody } from '../../../lib/nova/session/body.js'
import { ChunkSealer } from '../../../lib/nova/session/chunks.js'
import { openSeedBody, sealSeedBody, SeedSessionKey } from '../../../lib/nova/session/seed-body.js'
import { deferred, join } from '../../../lib/stream/index.js'
import { FLUSH } from '../../../lib/zlib/index.js'
import { collect, cut, each, noise, text } from '../../zlib/support.js'
import { chunksOf, codeOf, collectList, hardenedWire, seedWire } from './support.js'

const bytesOf = (result: IteratorResult<Uint8Array, unknown>): number => result.done === true ? NaN : result.value.byteLength

for (const make of [seedWire, hardenedWire]) {
  const name = make().name

  test(`${name}: any message in any pieces`, async t => {
    const wire = make()
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.integer({ min: 0, max: 9 }), fc.nat(200_000), fc.array(fc.nat()), fc.array(fc.nat()), async (random, level, length, places, places2) => {
      const message = random ? noise(length) : text(length)
      const items = cut(message, places).flatMap<Uint8Array | typeof FLUSH>((piece, i) => i % 3 === 2 ? [piece, FLUSH] : [piece])
      const body = await collectList(wire.seal(each(items), { level }))
      const chunks = chunksOf(body, wire.headerBytes)
      t.deepEqual(chunks.map(({ start }) => body[start + 4]), chunks.map((_, i) => i === chunks.length - 1 ? 1 : 0))
      t.true(chunks.every(({ start, end }) => end - start <= 5 + 65_536 + 16))
      t.true(Buffer.from(message).equals(await collect(wire.open(each(cut(body, places2))))))
    }), { numRuns: 40 })
  })

  test(`${name}: a large body byte by byte, and its input is left alone`, async t => {
    const wire = make()
    const message = noise(150_000)
    const body = await collectList(wire.seal([message]))
    const before = body.slice()
    t.true(Buffer.from(message).equals(await collect(wire.open(each(cut(body, Array.from({ length: body.byteLength }, (_, i) => i)))))))
    t.true(Buffer.from(body).equals(before))
  })

  test(`${name}: what a source reuses for its next piece has been copied`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([text(100_000), noise(100_000)]))
    async function * reusing (): AsyncGenerator<Uint8Array, void> {
      const room = new Uint8Array(3000)
      for (let at = 0; at < body.byteLength; at += room.byteLength) {
        const piece = body.subarray(at, at + room.byteLength)
        room.set(piece)
        yield room.subarray(0, piece.byteLength)
        room.fill(0)
      }
    }
    t.is((await collect(wire.open(reusing()))).byteLength, 200_000)
  })

  test(`${name}: every flipped bit is refused`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([text(20), FLUSH, text(20)]))
    for (let bit = 0; bit < body.byteLength * 8; bit++) {
      const bad = body.slice()
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ 1 << (bit & 7)
      t.regex(await codeOf(collect(wire.open(each([bad])))), /^ERR_SESSION_(AUTH|CHUNK_SIZE|FINAL_FLAG|TRUNCATED|VERSION|COUNTER)$/)
    }
  })

  test(`${name}: cut at every byte`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([text(20), FLUSH, text(20)]))
    const [first] = chunksOf(body, wire.headerBytes)
    for (let length = 0; length < body.byteLength; length++) {
      const expected = length === 0 ? 'ERR_SESSION_EMPTY' : length === wire.headerBytes || length === first?.end ? 'ERR_SESSION_NO_FINAL' : 'ERR_SESSION_TRUNCATED'
      t.is(await codeOf(collect(wire.open(each([body.subarray(0, length)])))), expected, String(length))
    }
  })

  test(`${name}: chunks swapped, doubled, dropped, or of another body of the same key`, async t => {
    const wire = make()
    const message: Array<Uint8Array | typeof FLUSH> = [text(50), FLUSH, noise(50), FLUSH, text(50)]
    const [body, other] = [await collectList(wire.seal(message)), await collectList(wire.seal(message))]
    const parts = (bytes: Uint8Array): Uint8Array[] => [bytes.subarray(0, wire.headerBytes), ...chunksOf(bytes, wire.headerBytes).map(({ start, end }) => bytes.subarray(start, end))]
    const [head, a, b, c] = parts(body) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const [, a2, b2] = parts(other) as [Uint8Array, Uint8Array, Uint8Array]
    t.is(await codeOf(collect(wire.open(each([head, a, b, c])))), 'accepted')
    for (const bad of [[head, b, a, c], [head, a, a, b, c], [head, a, c], [head, b, c], [head, a, b2, c], [head, a2, b, c], [head, c]]) {
      t.is(await codeOf(collect(wire.open(each(bad)))), 'ERR_SESSION_AUTH')
    }
    t.is(await codeOf(collect(wire.open(each([head, a, b, c, c])))), 'ERR_SESSION_TRAILING')
    t.is(await codeOf(collect(wire.open(each([head, a, b, c, Uint8Array.of(0)])))), 'ERR_SESSION_TRAILING')
  })

  test(`${name}: a chunk's length is checked before its content comes`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([text(20)]))
    for (const length of [0, 15, 65_536 + 17, 2 ** 31, 0xffffffff]) {
      const bad = body.slice(0, wire.headerBytes + 5)
      new DataView(bad.buffer).setUint32(wire.headerBytes, length)
      async function * stalled (): AsyncGenerator<Uint8Array, void> {
        yield bad
        t.fail('more was read')
      }
      t.is(await codeOf(collect(wire.open(stalled()))), 'ERR_SESSION_CHUNK_SIZE')
    }
  })

  for (const flush of ['marked', 'each'] as const) {
    test(`${name}: a line of a live stream arrives before the next is written (${flush})`, async t => {
      const wire = make()
      const go = [deferred(), deferred()]
      const end: Array<typeof FLUSH> = flush === 'marked' ? [FLUSH] : []
      async function * lines (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
        yield * [text(10), ...end]
        await go[0]?.promise
        yield * [noise(100_000), ...end]
        await go[1]?.promise
        yield text(30)
      }
      const opened = wire.open(wire.seal(lines(), { flush }))
      t.is(bytesOf(await opened.next()), 10)
      go[0]?.resolve()
      let bytes = 0
      while (bytes < 100_000) bytes += bytesOf(await opened.next())
      t.is(bytes, 100_000)
      go[1]?.resolve()
      t.is(bytesOf(await opened.next()), 30)
      t.true((await opened.next()).done)
    })
  }

  test(`${name}: a source that fails ends the body without its final chunk`, async t => {
    const wire = make()
    async function * failing (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
      yield text(100)
      yield FLUSH
      throw new Error('disk')
    }
    const sealed = wire.seal(failing())
    const pieces: Uint8Array[] = []
    const error = await t.throwsAsync(async () => { for await (const list of sealed) pieces.push(...list) }, { message: 'disk' })
    t.is(await t.throwsAsync(sealed.next()), error)
    t.is(await codeOf(collect(wire.open(each(pieces)))), 'ERR_SESSION_NO_FINAL')
  })

  test(`${name}: a final byte that is neither 0 nor 1 is refused as such, before its chunk is opened`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([text(10)]))
    for (const flag of [2, 128, 255]) t.is(await codeOf(collect(wire.open(each([body.with(wire.headerBytes + 4, flag)])))), 'ERR_SESSION_FINAL_FLAG')
  })

  test(`${name}: limits`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([new Uint8Array(1_000_000)]))
    t.is(await codeOf(collect(wire.open(each([body]), { maxInflated: 1_000_000 }))), 'accepted')
    t.is(await codeOf(collect(wire.open(each([body]), { maxInflated: 999_999 }))), 'ERR_ZLIB_OUTPUT_LIMIT')
    t.is(await codeOf(collect(wire.open(each([body]), { maxRatio: 50 }))), 'ERR_ZLIB_RATIO')
  })

  test(`${name}: left early at every point, also before the first read and while one waits`, async t => {
    const wire = make()
    const body = await collectList(wire.seal([noise(300_000), text(300_000)]))
    for (const transform of [(source: AsyncIterable<Uint8Array>) => wire.seal(source), (source: AsyncIterable<Uint8Array>) => wire.open(source)]) {
      for (let reads = 0; reads < 5; reads++) {
        for (const waiting of [false, true]) {
          let returned = 0
          const pieces = cut(body, [100_000, 200_000, 300_000])
          const source: AsyncIterableIterator<Uint8Array> = {
            next: async () => {
              const value = pieces.shift()
              return value === undefined ? { value, done: true } : { value, done: false }
            },
            return: async () => { returned++; return { value: undefined, done: true } },
            [Symbol.asyncIterator]: () => source
          }
          const iterator = transform(source)
          for (let i = 0; i < reads; i++) await iterator.next()
          const pending = waiting ? iterator.next() : undefined
          await iterator.return?.()
          await iterator.return?.()
          await pending
          t.true((await iterator.next()).done)
          t.true(returned <= 1)
          if (reads === 0) t.is(returned, 1)
        }
      }
    }
  })
}

test('left while the source stalls: what is held is let go of at once', async t => {
  let released = 0
  const stalled: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
  const aead = crypto.bulkAesGcm(new Uint8Array(32))
  const cipher = { aead, noncePrefix: new Uint8Array(8), additionalData: () => new Uint8Array(0) }
  const sealed = sealBody(stalled, () => ({ header: new Uint8Array(8), cipher, release: () => { released++ } }))
  void sealed.next()
  await Promise.resolve()
  await sealed.return?.()
  t.is(released, 1)
})

test('a header that comes after its reader has left begins nothing', async t => {
  const go = deferred()
  let begun = 0
  let returned = 0
  const source: AsyncIterableIterator<Uint8Array> = {
    next: async () => {
      await go.promise
      return { value: new Uint8Array(8), done: false }
    },
    return: async () => {
      returned++
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => source
  }
  const opened = openBody(source, 8, () => {
    begun++
    throw new Error('begun')
  })
  const pending = opened.next()
  await opened.return?.()
  go.resolve()
  t.true((await pending).done)
  t.deepEqual([begun, returned], [0, 1])
})

test('a whole zlib stream in one chunk, cut short, damaged, or followed by more', async t => {
  const key = new SeedSessionKey(crypto.randomBytes(32))
  const bodyOf = async (packed: Uint8Array): Promise<Uint8Array> => {
    const nonce = key.nextBaseNonce()
    const sealer = new ChunkSealer(key.cipher(nonce))
    sealer.push(packed)
    return join([nonce, ...await sealer.finish()])
  }
  const packed = new Uint8Array(deflateSync(text(500)))
  const damaged = packed.slice()
  damaged[damaged.byteLength - 1] = (damaged.at(-1) as number) ^ 1
  for (const [bytes, code] of [
    [packed, 'accepted'],
    [damaged, 'ERR_ZLIB_DATA'],
    [packed.subarray(0, 50), 'ERR_ZLIB_TRUNCATED'],
    [new Uint8Array(0), 'ERR_ZLIB_TRUNCATED'],
    [join([packed, Uint8Array.of(0)]), 'ERR_ZLIB_TRAILING'],
    [new Uint8Array(deflateSync(text(50), { dictionary: Buffer.from('name') })), 'ERR_ZLIB_DICTIONARY']
  ] as const) {
    t.is(await codeOf(collect(openSeedBody(each([await bodyOf(bytes)]), key))), code)
  }
})

test('a key seals as many messages as it may', async t => {
  const key = new SeedSessionKey(crypto.randomBytes(32), { maxMessages: 2 })
  await collectList(sealSeedBody([], key))
  await collectList(sealSeedBody([], key))
  t.is(await codeOf(collectList(sealSeedBody([], key))), 'ERR_SESSION_KEY_EXHAUSTED')
  t.is(key.messages, 2)
  t.is(await codeOf(collectList(sealSeedBody([], new SeedSessionKey(crypto.randomBytes(32), { messages: 2 ** 20 })))), 'ERR_SESSION_KEY_EXHAUSTED')
  t.throws(() => new SeedSessionKey(new Uint8Array(31)), { code: 'ERR_SESSION_KEY' })
  key.destroy()
  key.destroy()
  t.is(await codeOf(collect(openSeedBody(each([new Uint8Array(40)]), key))), 'ERR_SESSION_DESTROYED')
})

test('a key that goes while a message is under way, either way, is no fault of the other side', async t => {
  const raw = crypto.randomBytes(32)
  const body = await collectList(sealSeedBody([text(10), FLUSH, text(20)], new SeedSessionKey(raw)))
  const [opening, sealing] = [new SeedSessionKey(raw), new SeedSessionKey(raw)]
  // the header, the first chunk, and the rest
  const opened = openSeedBody(each(cut(body, [chunksOf(body, 8)[0]?.end ?? 0])), opening)
  const sealed = sealSeedBody([text(10), FLUSH, text(20)], sealing)
  t.is(bytesOf(await opened.next()), 10)
  t.false((await sealed.next()).done)
  opening.destroy()
  sealing.destroy()
  t.is(await codeOf(opened.next()), 'ERR_SESSION_DESTROYED')
  t.is(await codeOf(sealed.next()), 'ERR_SESSION_DESTROYED')
})
