import test from 'ava'
import fc from 'fast-check'
import { constants, createDeflate, inflateSync } from 'node:zlib'
import { join } from '../../lib/stream/index.js'
import { Inflater } from '../../lib/zlib/inflater.js'
import { FLUSH, deflating, inflating, Packer, type Zlib } from '../../lib/zlib/index.js'
import { Deflater } from '../../lib/zlib/deflater.js'
import { backends, collect, cut, each, noise, text } from './support.js'

function native (): never { throw new Error('native') }

const NOTHING_NATIVE: Zlib = { ...backends[0] as Zlib, rawDeflater: native, rawInflater: native }

test('what is stored is a stream of zlib, whatever its pieces are, and shares nothing with them', async t => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), async pieces => {
    const deflater = new Deflater(NOTHING_NATIVE, 0)
    const out: Uint8Array[] = []
    for (const piece of pieces) {
      const own = piece.slice()
      out.push(...await deflater.write(own))
      own.fill(0)
    }
    out.push(...await deflater.finish())
    const whole = join(out)
    t.deepEqual(new Uint8Array(inflateSync(whole)), join(pieces))
    for (const zlib of backends) t.deepEqual(zlib.inflateSync(whole, 10_000), join(pieces))
  }))
})

test('blocks are as long as they may be', async t => {
  for (const length of [65_534, 65_535, 65_536, 131_070, 300_000]) {
    const bytes = noise(length)
    const deflater = new Deflater(NOTHING_NATIVE, 0)
    const out = join([...await deflater.write(bytes), ...await deflater.finish()])
    t.is(out.byteLength, 2 + length + 5 * Math.ceil(length / 65_535) + 5 + 4)
    t.deepEqual(new Uint8Array(inflateSync(out)), bytes)
  }
})

test('at level 0 what was written is out at once, and nothing native is made', async t => {
  const packer = new Packer({ level: 0, backend: NOTHING_NATIVE })
  const out = [...await packer.write(noise(10)), ...await packer.flush()]
  t.is(join(out).byteLength, 2 + 5 + 10)
  t.deepEqual(await packer.flush(), [])
  t.deepEqual(await packer.write(noise(262_144)).then(pieces => join(pieces).byteLength), 262_144 + 5 * 5)
  packer.destroy()
})

test('what is stored is read without anything native, in whatever pieces it comes', async t => {
  const bytes = noise(300_000)
  const packed = await collect(deflating(each([bytes.subarray(0, 10), FLUSH, bytes.subarray(10)]), { level: 0 }))
  await fc.assert(fc.asyncProperty(fc.array(fc.nat()), async places => {
    t.true(Buffer.from(bytes).equals(await collect(inflating(each(cut(packed, places)), { backend: NOTHING_NATIVE }))))
  }), { numRuns: 20 })
  for (const size of [1, 2, 3, 4, 5, 6, 7]) {
    const small = packed.subarray(0, 2 + 5 + 10 + 5 + 20)
    const pieces = Array.from({ length: Math.ceil(small.byteLength / size) }, (_, i) => small.subarray(i * size, (i + 1) * size))
    const out: Uint8Array[] = []
    await t.throwsAsync(async () => { for await (const piece of inflating(each(pieces), { backend: NOTHING_NATIVE })) out.push(piece) }, { code: 'ERR_ZLIB_TRUNCATED' })
    t.deepEqual(join(out), bytes.subarray(0, 30))
  }
})

for (const backend of backends) {
  test(`compressed blocks behind stored ones reach back over them, as zlib itself writes them, ${backend.backend}`, async t => {
    for (const stored of [1, 100, 32_767, 32_768, 32_769, 100_000]) {
      const start = noise(stored)
      const bytes = join([start, start.subarray(-30_000), text(5000), start.subarray(-300)])
      // its matches reach into what was stored: zlib forgets nothing when the level changes
      const whole = await changing(start, bytes.subarray(stored))
      t.true(whole.byteLength < stored + 5000)
      for (const places of [[], [3], [stored], [stored + 7, stored + 8, stored + 9], [whole.byteLength - 5, whole.byteLength - 4, whole.byteLength - 1]]) {
        t.true(Buffer.from(bytes).equals(await collect(inflating(each(cut(whole, places)), { backend }))))
      }
      const bad = whole.slice()
      bad[bad.byteLength - 1] = (bad.at(-1) as number) ^ 1
      await t.throwsAsync(collect(inflating(each([bad]), { backend })), { code: 'ERR_ZLIB_DATA' })
      await t.throwsAsync(collect(inflating(each([whole, Uint8Array.of(0)]), { backend })), { code: 'ERR_ZLIB_TRAILING' })
      await t.throwsAsync(collect(inflating(each([whole.subarray(0, -1)]), { backend })), { code: 'ERR_ZLIB_TRUNCATED' })
    }
  })

  test(`a length that does not fit its complement, and a block of no type, ${backend.backend}`, async t => {
    for (const bad of [[0, 1, 0, 0xff, 0xff, 7], [0, 0, 0, 0, 0], [7, 0, 0]]) {
      await t.throwsAsync(collect(inflating(each([Uint8Array.of(0x78, 0x01, ...bad)]), { backend })), { code: 'ERR_ZLIB_DATA' })
    }
  })
}

test('blocks with next to nothing in them are given out some thousand at a time', async t => {
  const empty = [0, 0, 0, 0xff, 0xff]
  const small = [0, 1, 0, 0xfe, 0xff, 7]
  const packed = Uint8Array.from([0x78, 0x01, ...Array.from({ length: 10_000 }, () => [...empty, ...small]).flat()])
  const out: number[] = []
  await t.throwsAsync(async () => { for await (const piece of inflating(each([packed]), { backend: NOTHING_NATIVE })) out.push(piece.byteLength) }, { code: 'ERR_ZLIB_TRUNCATED' })
  t.deepEqual(out, [4096, 4096, 10_000 - 8192])
})

test('nothing behind what is wrong is read', t => {
  for (const bad of [[0, 0, 0x78, 1, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 1], [0x78, 1, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 2, 0, 0, 0, 1]]) {
    const inflater = new Inflater(NOTHING_NATIVE)
    inflater.write(Uint8Array.from(bad))
    for (const step of [() => inflater.read(), () => inflater.read(), () => { inflater.end() }]) t.throws(step, { code: 'ERR_ZLIB_DATA' })
  }
})

/** A stream of zlib's own, at level 0 and then at 9. */
async function changing (stored: Uint8Array, packed: Uint8Array): Promise<Uint8Array> {
  const stream = createDeflate({ level: 0 })
  const out: Uint8Array[] = []
  stream.on('data', (piece: Uint8Array) => { out.push(piece) })
  stream.write(stored)
  await new Promise<void>(resolve => { stream.params(9, constants.Z_DEFAULT_STRATEGY, () => { resolve() }) })
  await new Promise<void>(resolve => { stream.end(packed).once('end', resolve) })
  return join(out)
}
