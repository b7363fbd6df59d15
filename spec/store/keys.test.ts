import test from 'ava'
import fc from 'fast-check'
import { storeKey } from '../../lib/store/index.js'

test('a key is its name in ASCII, then its fields, numbers as 8 bytes in the order of their values', t => {
  fc.assert(fc.property(fc.string({ unit: fc.integer({ min: 0, max: 127 }).map(unit => String.fromCharCode(unit)) }), fc.uint8Array({ maxLength: 40 }), fc.maxSafeNat(), (name, bytes, number) => {
    const last = Buffer.alloc(8)
    last.writeBigUInt64BE(BigInt(number))
    t.deepEqual(Buffer.from(storeKey(name, bytes, number)), Buffer.concat([Buffer.from(name), bytes, last]))
  }))
})

test('a name that is not ASCII is refused: two of them could be one key', t => {
  t.throws(() => storeKey('réc/', 1), { code: 'ERR_ARGUMENT' })
})
