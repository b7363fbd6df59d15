import test from 'ava'
import fc from 'fast-check'
import { lookOf, shownLine } from '../../lib/chat/index.js'

test('a text of others is one line without what is not seen or turns the direction around', t => {
  t.is(shownLine('a\r\nb\tc\u2028d'), 'a b c d')
  t.is(shownLine('photo\u202egpj.exe\u0007\u200b\u{e0041}\ud800'), 'photogpj.exe')
  t.is(shownLine('👨‍👩‍👧 é نام'), '👨‍👩‍👧 é نام', 'what joins letters and pictures stays')
})

test('names that look alike have one look, others have their own', t => {
  for (const like of ['ALICE', 'Аlice', 'alісе', ' alice ', 'al\u200dice', 'ａｌｉｃｅ', 'al\u3164ice', 'Αlice', 'a1ice', 'aIice', 'a|ice', 'aӏice', 'aӀice', 'alıce', 'ɑlice']) t.is(lookOf(like), lookOf('alice'), like)
  for (const other of ['alicia', 'alice2', 'a lice', 'Алиса', 'álice']) t.not(lookOf(other), lookOf('alice'), other)
  for (const nothing of ['', ' ', '\u3164', '\u2800\u115f', '\u00ad']) t.is(lookOf(nothing), '', JSON.stringify(nothing))
})

test('Greek capitals look like what they look like, not like their small letters', t => {
  t.is(lookOf('ΑΝΝΑ'), lookOf('anna'))
  t.is(lookOf('ΤΟΝΥ'), lookOf('tony'))
  t.is(lookOf('aνa'), lookOf('ava'))
  t.is(lookOf('lυ'), lookOf('lu'))
})

test('what is not seen is not shown, and nought looks like o', t => {
  t.is(shownLine('a\u115f\u1160\u2800\u3164\uffa0\ufff0\ufff8\u180b\u180f\u034f\u17b4\u17b5b'), 'ab')
  t.is(lookOf('B0b'), lookOf('bob'))
})

test('property: a shown line stays as it is, and every name has a look', t => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
    t.is(shownLine(shownLine(text)), shownLine(text))
    t.is(lookOf(`  ${text}`), lookOf(text))
  }), { numRuns: 300 })
})
