import test from 'ava'
import fc from 'fast-check'
import { fromHex, toHex } from '../../lib/bytes/index.js'

test('any bytes come back from their hex, in either case', t => {
  fc.assert(fc.property(fc.uint8Array(), bytes => {
    const text = toHex(bytes)
    t.is(text, Buffer.from(bytes).toString('hex'))
    t.deepEqual(fromHex(text), bytes)
    t.deepEqual(fromHex(text.toUpperCase()), bytes)
  }))
})

for (const text of ['0', '000', '0g', 'g0', '0x', ' 0', '0 ', '-1', '\u0130a', 'Ａ0', '00\n0', '@0', '`0', '/0', ':0', 'G0']) {
  test(`${JSON.stringify(text)} is no hex`, t => {
    t.throws(() => fromHex(text), { code: 'ERR_HEX' })
  })
}

test('what is neither a text nor bytes is refused, each its own way', t => {
  t.throws(() => fromHex(Uint8Array.of(0, 1) as never), { code: 'ERR_HEX' })
  for (const none of ['00', undefined, [0]]) t.throws(() => toHex(none as never), { code: 'ERR_ARGUMENT' })
})

test('what is refused is not repeated: it may be a key', t => {
  t.false(t.throws(() => fromHex('deadbeefzz')).message.includes('deadbeef'))
})

test('a text is hex exactly when it is pairs of hex digits', t => {
  fc.assert(fc.property(fc.string({ maxLength: 4 }), fc.mixedCase(fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), maxLength: 4 })), (any, digits) => {
    for (const text of [any, digits]) {
      if (/^(?:[0-9a-f]{2})*$/i.test(text) && !text.endsWith('\n')) t.notThrows(() => fromHex(text))
      else t.throws(() => fromHex(text), { code: 'ERR_HEX' })
    }
  }))
})
