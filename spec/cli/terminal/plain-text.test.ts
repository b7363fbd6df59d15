import test from 'ava'
import fc from 'fast-check'
import { cut, plainLine, plainLines } from '../../../lib/cli/terminal/plain-text.js'

test('nothing of a text does something to a terminal', t => {
  for (const [given, shown] of [
    ['a\u001b[31mred\u001b[0m', 'ared'],
    ['title\u001b]0;owned\u0007!', 'title!'],
    ['c1 \u009b31m!', 'c1 !'],
    ['back\u0008\u0008\u0008space', 'backspace'],
    ['tab\tand\r\nline', 'tab and line'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['a\u2066b\u2069c\u200ed', 'abcd'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['tag\u{e0041}', 'tag'],
    ['half \ud800!', 'half !'],
    ['two\u2028lines', 'two lines'],
    ['👩‍💻 grüße שלום', '👩‍💻 grüße שלום']
  ] as const) t.is(plainLine(given), shown, JSON.stringify(given))
})

test('of any text, no control is left', t => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    t.notRegex(plainLine(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    for (const line of plainLines(text)) t.is(plainLine(line), line)
  }))
})

test('lines are told apart, and cut', t => {
  t.deepEqual(plainLines('a\nb\r\nc\rd\u2029e'), ['a', 'b', 'c', 'd', 'e'])
  t.is(cut('abcdef', 6), 'abcdef')
  t.is(cut('abcdefg', 6), 'abcde…')
  t.is(cut('🔑🔑🔑', 2), '🔑…')
})
