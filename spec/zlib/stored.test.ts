import test from 'ava'
import fc from 'fast-check'
import { inflateSync } from 'node:zlib'
import { join } from '../../lib/stream/index.js'
import { Packer } from '../../lib/zlib/index.js'
import { StoredDeflater } from '../../lib/zlib/stored.js'
import { backends, noise } from './support.js'

test('what is stored is a stream of zlib, whatever its pieces are, and shares nothing with them', async t => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), async pieces => {
    const deflater = new StoredDeflater()
    const out: Uint8Array[] = []
    for (const piece of pieces) {
      const own = piece.slice()
      out.push(...deflater.write(own))
      own.fill(0)
    }
    out.push(...deflater.finish())
    const whole = join(out)
    t.deepEqual(new Uint8Array(inflateSync(whole)), join(pieces))
    for (const zlib of backends) t.deepEqual(zlib.inflateSync(whole, 10_000), join(pieces))
  }))
})

test('blocks are as long as they may be', t => {
  for (const length of [65_534, 65_535, 65_536, 131_070, 300_000]) {
    const bytes = noise(length)
    const deflater = new StoredDeflater()
    const out = join([...deflater.write(bytes), ...deflater.finish()])
    t.is(out.byteLength, 2 + length + 5 * Math.ceil(length / 65_535) + 5 + 4)
    t.deepEqual(new Uint8Array(inflateSync(out)), bytes)
  }
})

test('at level 0 what was written is out at once, and nothing native is made', async t => {
  const backend = { ...backends[0] as (typeof backends)[0], deflater: () => { throw new Error('native') } }
  const packer = new Packer({ level: 0, backend })
  const out = [...await packer.write(noise(10)), ...await packer.flush()]
  t.is(join(out).byteLength, 2 + 5 + 10)
  t.deepEqual(await packer.flush(), [])
  t.deepEqual(await packer.write(noise(262_144)).then(pieces => join(pieces).byteLength), 262_144 + 5 * 5)
  packer.destroy()
})
