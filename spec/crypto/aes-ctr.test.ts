import test from 'ava'
import fc from 'fast-check'
import { createCipheriv } from 'node:crypto'
import { fromHex, toHex } from '../../lib/bytes/index.js'
import { join } from '../../lib/stream/index.js'
import * as node from '../../lib/crypto/node.js'
import * as portable from '../../lib/crypto/portable.js'

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at)
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

/** Counter blocks of interest: a carry is near at any byte. */
const counterBlock = fc.oneof(bytes(16), fc.tuple(fc.nat(15), fc.nat(3)).map(([ones, below]) => {
  const block = new Uint8Array(16)
  block.fill(0xff, 15 - ones)
  block[15] = 0xff - below
  return block
}))

for (const { aesCtr, crypto } of [node, portable]) {
  test(`aesCtr of ${crypto.backend}: OpenSSL in one piece, whatever the pieces and the counter`, t => {
    fc.assert(fc.property(bytes(32), counterBlock, fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 12 }), (key, counter, pieces) => {
      const before = join(pieces)
      const cipher = aesCtr(key, counter)
      const updated = pieces.map(piece => cipher.update(piece))
      const reference = createCipheriv('aes-256-ctr', key, counter)
      t.deepEqual(join(updated), new Uint8Array(reference.update(before)))
      t.deepEqual(join(pieces), before, 'inputs are not written to')
      t.true(updated.every(piece => !Buffer.isBuffer(piece)))
    }), { numRuns: 300 })
  })

  test(`aesCtr of ${crypto.backend}: the counter carries over 2^32, 2^64 and 2^128`, t => {
    for (const [from, next] of [
      ['000000000000000000000000ffffffff', '00000000000000000000000100000000'],
      ['0000000000000000ffffffffffffffff', '00000000000000010000000000000000'],
      ['ffffffffffffffffffffffffffffffff', '00000000000000000000000000000000']
    ] as const) {
      const whole = aesCtr(KEY, fromHex(from)).update(new Uint8Array(48))
      const afterwards = aesCtr(KEY, fromHex(next)).update(new Uint8Array(32))
      t.is(toHex(whole.subarray(16)), toHex(afterwards))
      const cipher = aesCtr(KEY, fromHex(from))
      t.is(toHex(join([cipher.update(new Uint8Array(15)), cipher.update(new Uint8Array(18)), cipher.update(new Uint8Array(15))])), toHex(whole), 'in pieces')
    }
  })

  test(`aesCtr of ${crypto.backend}: lengths, copies, and the end of a key`, t => {
    for (const length of [0, 16, 31, 33]) t.throws(() => aesCtr(new Uint8Array(length), new Uint8Array(16)), { code: 'ERR_CRYPTO_KEY' })
    for (const length of [0, 12, 15, 17]) t.throws(() => aesCtr(KEY, new Uint8Array(length)), { code: 'ERR_CRYPTO_COUNTER' })
    const key = KEY.slice()
    const counter = new Uint8Array(16)
    const expected = aesCtr(key, counter).update(new Uint8Array(40))
    const cipher = aesCtr(key, counter)
    key.fill(0)
    counter.fill(1)
    t.deepEqual(cipher.update(new Uint8Array(40)), expected)
    t.deepEqual(cipher.update(new Uint8Array(0)), new Uint8Array(0))
    cipher.destroy()
    cipher.destroy()
    t.throws(() => cipher.update(new Uint8Array(1)), { code: 'ERR_CRYPTO_DESTROYED' })
  })
}
