import test from 'ava'
import { zlib as node } from '../../lib/zlib/node.js'
import { zlib as portable } from '../../lib/zlib/portable.js'
import { Deflater } from '../../lib/zlib/deflater.js'
import { deflate, Packer, Unpacker } from '../../lib/zlib/index.js'
import { leaksOf } from '../support/leaks.js'
import { text } from './support.js'

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code

for (const backend of [node, portable]) {
  test.serial(`a deflater may be destroyed at any point, also while its level changes: ${backend.backend}`, async t => {
    // what is done at once is over before it can be destroyed
    const expected = backend === node ? 'ERR_ZLIB_DESTROYED' : 'changed'
    const leaks = await leaksOf(async () => {
      for (let i = 0; i < 50; i++) {
        const deflater = new Deflater(backend, 6)
        await deflater.write(globalThis.crypto.getRandomValues(new Uint8Array(60_000)))
        const changed = deflater.setLevel(0).then(() => 'changed', codeOf)
        deflater.destroy()
        t.is(await changed, expected)
        await t.throwsAsync(deflater.write(new Uint8Array(1)), { code: 'ERR_ZLIB_DESTROYED' })
        await t.throwsAsync(deflater.finish(), { code: 'ERR_ZLIB_DESTROYED' })
      }
    })
    t.deepEqual(leaks, { rejections: [], handles: {} })
  })

  test(`nothing goes into a packer that was destroyed, nor comes out of it: ${backend.backend}`, async t => {
    const packer = new Packer({ backend })
    t.deepEqual(await packer.write(text(100)), [])
    packer.destroy()
    for (const call of [() => packer.write(text(1)), () => packer.flush(), () => packer.finish()]) await t.throwsAsync(call, { code: 'ERR_ZLIB_DESTROYED' })
  })

  test(`a backend that fails says so, and does not leave its caller waiting: ${backend.backend}`, async t => {
    const deflater = backend.rawDeflater(6)
    await deflater.finish()
    // nothing but destroy() may follow
    await t.throwsAsync(async () => deflater.write(new Uint8Array(3)), { code: 'ERR_ZLIB_BACKEND' })
    deflater.destroy()
  })

  test(`a stream that was over a limit, or damaged, stays so: ${backend.backend}`, async t => {
    const packed = await deflate(new Uint8Array(300_000), { backend })
    for (const [limit, code] of [[{ maxInflated: 1000 }, 'ERR_ZLIB_OUTPUT_LIMIT'], [{ maxRatio: 2 }, 'ERR_ZLIB_RATIO']] as const) {
      const unpacker = new Unpacker({ ...limit, backend })
      unpacker.write(packed)
      for (let i = 0; i < 2; i++) await t.throwsAsync(unpacker.read(), { code })
      t.throws(() => { unpacker.write(packed) }, { code })
      t.throws(() => { unpacker.end() }, { code })
      unpacker.destroy()
      const short = new Unpacker({ ...limit, backend })
      t.throws(() => short.whole(packed), { code })
      t.throws(() => short.whole(packed), { code })
      short.destroy()
      t.throws(() => short.whole(packed), { code: 'ERR_ZLIB_DESTROYED' })
    }
    const damaged = new Unpacker({ backend })
    t.throws(() => damaged.whole(packed.with(0, 0)), { code: 'ERR_ZLIB_DATA' })
    t.throws(() => { damaged.end() }, { code: 'ERR_ZLIB_DATA' })
    // a block of a kind that there is not, which the backend finds
    const later = new Unpacker({ backend })
    later.write(Uint8Array.of(0x78, 0x9c, 7, 0, 0))
    for (let i = 0; i < 2; i++) await t.throwsAsync(later.read(), { code: 'ERR_ZLIB_DATA' })
    t.throws(() => { later.write(packed) }, { code: 'ERR_ZLIB_DATA' })
    t.throws(() => { later.end() }, { code: 'ERR_ZLIB_DATA' })
    later.destroy()
  })
}
