import test from 'ava'
import fc from 'fast-check'
import { amountOf, durationOf } from '../../lib/files/index.js'

test('bytes are told in powers of a thousand', t => {
  const told = { 0: '0 B', 1: '1 B', 999: '999 B', 1000: '1.0 KB', 1536: '1.5 KB', 99_499: '99.5 KB', 99_500: '100 KB', 999_499: '999 KB', 999_500: '1.0 MB', 118_000_000: '118 MB', 2e12: '2.0 TB', 9e15: '9.0 PB', 5e18: '5000 PB' }
  for (const [bytes, text] of Object.entries(told)) t.is(amountOf(Number(bytes)), text)
})

test('any number of bytes is told in three digits and a unit, near to what it is (property)', t => {
  const units = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 }
  fc.assert(fc.property(fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }), bytes => {
    const [, value = '', unit = 'B'] = /^(\d{1,3}|\d{1,2}\.\d) ([KMGTP]?B)$/.exec(amountOf(bytes)) ?? []
    t.true(Math.abs(Number(value) * units[unit as keyof typeof units] - bytes) <= Math.max(0.5, bytes * 0.051))
  }))
})

test('a time is told in its two largest units, rounded up', t => {
  const told = { 0: '0 s', 0.2: '1 s', 59: '59 s', 59.5: '1 min', 60: '1 min', 124.2: '2 min 5 s', 600: '10 min', 3599: '59 min 59 s', 3600: '1 h', 3660: '1 h 1 min', 359_999: '99 h 59 min', 360_000: 'days' }
  for (const [seconds, text] of Object.entries(told)) t.is(durationOf(Number(seconds)), text)
  t.is(durationOf(Infinity), 'days')
})
