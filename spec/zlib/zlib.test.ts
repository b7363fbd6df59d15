import test from 'ava'
import fc from 'fast-check'
import { constants, deflateRawSync, deflateSync, inflateSync } from 'node:zlib'
import { join } from '../../lib/stream/index.js'
import { adler32 } from '../../lib/zlib/adler32.js'
import { Deflater } from '../../lib/zlib/deflater.js'
import { Inflater } from '../../lib/zlib/inflater.js'
import { deflate, deflating, FLUSH, inflate, inflating } from '../../lib/zlib/index.js'
import { backends, collect, cut, each, noise, text } from './support.js'

const LIMIT = 65_536

for (const backend of backends) {
  const name = backend.backend

  test(`${name}: what was deflated inflates, at every level, and for zlib itself`, async t => {
    const mixed = join([text(70_000), noise(70_000), text(70_000), noise(400_000), text(300_000)])
    for (const bytes of [new Uint8Array(0), Uint8Array.of(7), text(5000), noise(5000), mixed]) {
      for (const level of [0, 1, 4, 6, 9]) {
        const packed = await deflate(bytes, { level, backend })
        t.true(Buffer.from(bytes).equals(inflateSync(packed)))
        t.true(Buffer.from(bytes).equals(await inflate(packed, { backend })))
      }
    }
  })

  test(`${name}: any bytes in any pieces, with flushes between, in and out`, async t => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.nat(60_000), fc.array(fc.nat()), fc.array(fc.nat()), async (level, random, length, places, places2) => {
      const bytes = random ? noise(length) : text(length)
      const items = cut(bytes, places).flatMap<Uint8Array | typeof FLUSH>(piece => piece.byteLength % 3 === 0 ? [piece, FLUSH] : [piece])
      const packed = await collect(deflating(each(items), { level, backend }))
      t.true(Buffer.from(bytes).equals(inflateSync(packed)))
      t.true(Buffer.from(bytes).equals(await collect(inflating(each(cut(packed, places2)), { backend }))))
    }), { numRuns: 40 })
  })

  test(`${name}: a flush lets the other side read everything before it`, async t => {
    const got: number[] = []
    const source = deflating(each<Uint8Array | typeof FLUSH>([text(100), FLUSH, text(3), FLUSH, FLUSH, noise(300_000), FLUSH]), { backend })
    const inflater = new Inflater(backend)
    let bytes = 0
    for await (const item of source) {
      if (item === FLUSH) {
        got.push(bytes)
        continue
      }
      inflater.write(item)
      for (let out = await inflater.read(); out !== undefined; out = await inflater.read()) bytes += out.byteLength
    }
    await inflater.end()
    inflater.destroy()
    t.deepEqual(got, [100, 103, 103, 300_103])
  })

  test(`${name}: data that does not shrink is stored, and text after it is compressed again`, async t => {
    const random = noise(4_000_000)
    const packed = await deflate(random, { backend })
    t.true(packed.byteLength < random.byteLength * 1.001)
    const mixed = join([random.subarray(0, 300_000), text(4_000_000)])
    t.true((await deflate(mixed, { backend })).byteLength < 300_000 + 1_600_000)
    t.true(Buffer.from(random).equals(await inflate(packed, { backend })))
  })

  test(`${name}: level 0 compresses nothing, and others than 0 to 9 are refused`, async t => {
    t.true((await deflate(new Uint8Array(100_000), { level: 0, backend })).byteLength > 100_000)
    for (const level of [-1, 10, 1.5, NaN]) await t.throwsAsync(deflate(text(10), { level, backend }), { code: 'ERR_ZLIB_LEVEL' })
  })

  test(`${name}: the level changes inside a stream, as often as one likes`, async t => {
    const deflater = new Deflater(backend, 6)
    const out: Uint8Array[] = []
    const all: Uint8Array[] = []
    for (const level of [0, 0, 9, 1, 0, 6, 0, 6, 6, 1, 0]) {
      const bytes = level === 0 ? noise(70_000) : text(30_000)
      all.push(bytes)
      out.push(...await deflater.setLevel(level), ...await deflater.write(bytes))
    }
    out.push(...await deflater.flush(), ...await deflater.finish())
    deflater.destroy()
    t.deepEqual(new Uint8Array(inflateSync(join(out))), join(all))
  })

  test(`${name}: cut short at every byte`, async t => {
    const packed = deflateSync(text(400))
    for (let length = 0; length < packed.byteLength; length++) {
      await t.throwsAsync(inflate(packed.subarray(0, length), { backend }), { code: 'ERR_ZLIB_TRUNCATED' })
      await t.throwsAsync(collect(inflating(each([packed.subarray(0, length)]), { backend })), { code: 'ERR_ZLIB_TRUNCATED' })
    }
  })

  test(`${name}: more after the stream, in the same piece and in a later one`, async t => {
    const packed = deflateSync(text(400))
    await t.throwsAsync(inflate(join([packed, Uint8Array.of(0)]), { backend }), { code: 'ERR_ZLIB_TRAILING' })
    await t.throwsAsync(inflate(join([packed, packed]), { backend }), { code: 'ERR_ZLIB_TRAILING' })
    await t.throwsAsync(collect(inflating(each([packed, Uint8Array.of(0)]), { backend })), { code: 'ERR_ZLIB_TRAILING' })
    t.is((await collect(inflating(each([packed, new Uint8Array(0)]), { backend }))).byteLength, 400)
  })

  test(`${name}: every flipped bit is noticed, but for those that pad the last byte`, async t => {
    const bytes = text(60)
    const packed = new Uint8Array(deflateSync(bytes))
    let accepted = 0
    for (let bit = 0; bit < packed.byteLength * 8; bit++) {
      const bad = packed.slice()
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ 1 << (bit & 7)
      try {
        t.deepEqual(await inflate(bad, { backend }), bytes)
        accepted++
      } catch (error) {
        t.regex((error as { code: string }).code, /^ERR_ZLIB_(DATA|TRUNCATED|TRAILING|DICTIONARY)$/)
      }
    }
    t.true(accepted < 8)
  })

  test(`${name}: a wrong checksum, a preset dictionary, gzip and raw deflate`, async t => {
    const packed = new Uint8Array(deflateSync(text(400)))
    packed[packed.byteLength - 1] = (packed.at(-1) as number) ^ 1
    await t.throwsAsync(inflate(packed, { backend }), { code: 'ERR_ZLIB_DATA' })
    await t.throwsAsync(inflate(deflateSync(text(400), { dictionary: Buffer.from('user') }), { backend }), { code: 'ERR_ZLIB_DICTIONARY' })
    await t.throwsAsync(inflate(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0), { backend }), { code: 'ERR_ZLIB_DATA' })
    await t.throwsAsync(inflate(deflateRawSync(text(400)), { backend }), { code: 'ERR_ZLIB_DATA' })
  })

  test(`${name}: a match that reaches back before the stream`, async t => {
    // one fixed block: literal "a", then a match of 3 bytes at distance 4 (RFC 1951, 3.2.6)
    const bad = Uint8Array.of(0x78, 0x9c, 0x4b, 0x04, 0x62, 0x00, 0, 0, 0, 0, 0, 0)
    await t.throwsAsync(inflate(bad, { backend }), { code: 'ERR_ZLIB_DATA' })
  })

  test(`${name}: output stops at the limit, to the byte`, async t => {
    const packed = deflateSync(new Uint8Array(LIMIT))
    t.is((await inflate(packed, { maxInflated: LIMIT, backend })).byteLength, LIMIT)
    await t.throwsAsync(inflate(packed, { maxInflated: LIMIT - 1, backend }), { code: 'ERR_ZLIB_OUTPUT_LIMIT' })
  })

  test(`${name}: a ratio above the limit`, async t => {
    const packed = deflateSync(new Uint8Array(1_000_000), { level: 9 })
    t.is((await inflate(packed, { backend })).byteLength, 1_000_000)
    await t.throwsAsync(inflate(packed, { maxRatio: 100, backend }), { code: 'ERR_ZLIB_RATIO' })
  })

  test(`${name}: a limit that is no number lifts nothing`, async t => {
    const packed = deflateSync(new Uint8Array(LIMIT))
    for (const wrong of [NaN, -1, 'ten' as never]) {
      for (const options of [{ maxInflated: wrong }, { maxRatio: wrong }]) {
        await t.throwsAsync(inflate(packed, { ...options, backend }), { code: 'ERR_LIMIT_OPTION' })
        t.throws(() => inflating(each([packed]), { ...options, backend }), { code: 'ERR_LIMIT_OPTION' })
      }
    }
  })

  test(`${name}: what is no bytes is not deflated to nothing`, async t => {
    for (const wrong of ['text', 5, undefined, new ArrayBuffer(4)] as never[]) {
      await t.throwsAsync(deflate(wrong, { backend }), { code: 'ERR_ARGUMENT' })
      await t.throwsAsync(collect(deflating(each([text(10), wrong]), { backend })), { code: 'ERR_ARGUMENT' })
    }
  })

  test(`${name}: a bomb of 1 GiB is refused before it has unfolded`, async t => {
    const bomb = bombOf(1024)
    let given = 0
    await t.throwsAsync(async () => {
      for await (const bytes of inflating(each([bomb]), { maxInflated: 2 ** 20, backend })) given += bytes.byteLength
    }, { code: 'ERR_ZLIB_OUTPUT_LIMIT' })
    t.true(given <= 2 ** 20)
    await t.throwsAsync(inflate(bomb, { backend, maxInflated: 2 ** 20 }), { code: 'ERR_ZLIB_OUTPUT_LIMIT' })
  })

  test(`${name}: a bomb in a bomb is opened one shell at a time, each within the limit`, async t => {
    const inner = deflateSync(new Uint8Array(2 ** 24), { level: 9 })
    const shells = [inner, deflateSync(inner, { level: 9 })]
    const opened = await inflate(shells[1] as Uint8Array, { backend, maxInflated: 2 ** 20 })
    t.deepEqual(opened, new Uint8Array(inner))
    await t.throwsAsync(inflate(opened, { backend, maxInflated: 2 ** 20 }), { code: 'ERR_ZLIB_OUTPUT_LIMIT' })
  })

  test(`${name}: many small bombs at once are refused, each`, async t => {
    const bomb = bombOf(16)
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, () => inflate(bomb, { backend, maxInflated: 65_536 })))
    t.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['rejected']))
    for (const outcome of outcomes) t.is((outcome as PromiseRejectedResult & { reason: { code: string } }).reason.code, 'ERR_ZLIB_OUTPUT_LIMIT')
  })

  test(`${name}: what nobody reads is not unfolded`, async t => {
    const source = inflating(each([bombOf(1024)]), { backend })
    t.true(((await source.next()).value as Uint8Array).byteLength <= 262_144)
    await source.return?.()
    t.true((await source.next()).done)
  })

  test(`${name}: destroyed, also while something is under way`, async t => {
    const deflater = new Deflater(backend, 6)
    const writing = Promise.resolve(deflater.write(noise(100_000))).then(() => 'done', (error: unknown) => (error as { code: string }).code)
    deflater.destroy()
    deflater.destroy()
    t.is(await writing, backend.backend === 'node' ? 'ERR_ZLIB_DESTROYED' : 'done')
    await t.throwsAsync(async () => deflater.write(noise(1)), { code: 'ERR_ZLIB_DESTROYED' })
    const inflater = new Inflater(backend)
    inflater.destroy()
    inflater.destroy()
    await t.throwsAsync(async () => inflater.read(), { code: 'ERR_ZLIB_DESTROYED' })
    t.throws(() => { inflater.write(noise(1)) }, { code: 'ERR_ZLIB_DESTROYED' })
  })
}

test('Adler-32 in any pieces', t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 9000 }), fc.nat(), (bytes, at) => {
    const [one, two] = cut(bytes, [at])
    const packed = deflateSync(bytes)
    t.is(adler32(adler32(1, one as Uint8Array), two as Uint8Array), packed.readUInt32BE(packed.byteLength - 4))
  }))
  t.is(adler32(1, new Uint8Array(100_000).fill(255)), deflateSync(new Uint8Array(100_000).fill(255)).subarray(-4).readUInt32BE())
})

/** So many MiB of zeros, without its end: the same flushed block again and again. */
function bombOf (mebibytes: number): Uint8Array {
  const first = deflateSync(new Uint8Array(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH, level: 9 })
  return join([first, ...Array.from({ length: mebibytes - 1 }, () => first.subarray(2))])
}
