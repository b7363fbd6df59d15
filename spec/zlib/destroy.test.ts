import test from 'ava'
import { zlib as node } from '../../lib/zlib/node.js'
import { zlib as portable } from '../../lib/zlib/portable.js'
import { Deflater } from '../../lib/zlib/deflater.js'
import { leaksOf } from '../support/leaks.js'

for (const backend of [node, portable]) {
  test.serial(`a deflater may be destroyed at any point, also while its level changes: ${backend.backend}`, async t => {
    const leaks = await leaksOf(async () => {
      for (let i = 0; i < 50; i++) {
        const deflater = new Deflater(backend, 6)
        await deflater.write(globalThis.crypto.getRandomValues(new Uint8Array(60_000)))
        const changed = Promise.resolve(deflater.setLevel(0)).then(() => 'changed', (error: unknown) => (error as { code?: string }).code)
        deflater.destroy()
        t.true(['changed', 'ERR_ZLIB_DESTROYED'].includes(await changed ?? ''))
      }
    })
    t.deepEqual(leaks, { rejections: [], handles: {} })
  })
}
