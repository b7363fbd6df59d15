import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { zlib } from '../../lib/zlib/index.js'

test('the backends that the run asked for are the ones in use', t => {
  const asked = process.env['HUSHWIRE_TEST_BACKENDS']
  if (asked === undefined) {
    t.is(crypto.backend, zlib.backend)
    return
  }
  t.deepEqual([crypto.backend, zlib.backend], asked === 'portable' ? ['portable', 'portable'] : ['node', 'node'])
})
