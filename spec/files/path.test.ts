import test from 'ava'
import fc from 'fast-check'
import { resolve, sep } from 'node:path'
import { win32 } from 'node:path'
import { checkPath, foldPath } from '../../lib/files/index.js'

const wrong = (path: string, options = {}): string | undefined => {
  try {
    checkPath(path, options)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('names that people have are taken', t => {
  for (const path of ['a', 'a/b/c.txt', '.hidden', '..name', 'a..b', '日本/ファイル.txt', 'naïve.txt', 'photo (1).jpg', '~', '-rf', 'console.log', 'com10', 'a b', '🙂', '👨‍👩‍👧', '葛\u{e0100}.txt', '葛\u{e0100}', '❤\ufe0f', 'I ❤\ufe0f.txt', '🏴\u200d☠\ufe0f', '1\ufe0f\u20e3', 'അവന\u0d4d\u200d.pdf', 'PDF\u200cها', 'x'.repeat(255)]) t.is(wrong(path), undefined, path)
})

test('nothing leads out of a folder, or is something else on another system', t => {
  for (const path of [
    '', '/', '/etc/passwd', '..', '.', 'a/..', 'a/../b', '../a', 'a/./b', 'a//b', 'a/', '\\', 'a\\b', '..\\a', 'C:', 'C:/a', 'c:a', '\0', 'a\0b', 'a\nb', 'a\u001b[2J', 'a\u007f', 'a\u0085', 'a\u2028',
    'gpj\u202eexe.txt', 'a\u2066', 'a\u200b', 'a\u3164', 'a\u2800.exe', 'a\u{e0041}', '\u200d', 'x/\u200d\ufe0f', ' ', '\u00a0', '\ufff0', 'report.pdf\ufff0', 'report\u180b.pdf', 'report.pdf\u200d', 'report.pdf\ufe0f', 'report\u200d.pdf', 'report.\u200cpdf', '\u200dreport', 'x/a\u{e0100}/y', 'x'.repeat(256), '\ud800', 'é'.repeat(128), 'x/'.repeat(32) + 'x', ('x'.repeat(200) + '/').repeat(6) + 'x'
  ]) {
    t.is(wrong(path), 'ERR_FILES_PATH', JSON.stringify(path))
    t.is(wrong(path, { names: 'any' }), 'ERR_FILES_PATH', JSON.stringify(path))
  }
  for (const path of ['con', 'CON', 'Con.txt', 'nul', 'NUL .txt', 'aux.c', 'prn', 'com1', 'COM9.x', 'lpt1', 'com¹', 'conin$', 'a/nul/b', 'a.', 'a ', 'ab:c', 'a?', 'a*', 'a<b', 'a>b', 'a|b', 'a"b', 'a./b']) {
    t.is(wrong(path), 'ERR_FILES_PATH', path)
    t.is(wrong(path, { names: 'any' }), undefined, path)
  }
})

test('whatever is let through stays below the folder, on POSIX and on Windows, and is no text that a terminal obeys', t => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '\\', 'C:', 'nul', '/', '...', '. .', '.. '), fc.string({ maxLength: 4, unit: 'binary' }))
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }).map(parts => parts.join('/')), fc.constantFrom('portable' as const, 'any' as const), (path, names) => {
    if (wrong(path, { names }) !== undefined) return
    t.true(resolve('/folder', path).startsWith(`/folder${sep}`), JSON.stringify(path))
    t.true(win32.resolve('C:\\folder', path).toLowerCase().startsWith('c:\\folder\\'), JSON.stringify(path))
    t.notRegex(path, /[\p{Cc}\\]/u)
  }), { numRuns: 2000 })
})

test('paths that some system takes for one are folded into one', t => {
  for (const [one, other] of [['A', 'a'], ['É', 'é'], ['é', 'e\u0301'], ['Straße', 'STRAßE'], ['ΑΣ', 'ας'], ['ﬀ', 'ﬀ'], ['\u212b', '\u00e5']] as const) t.is(foldPath(one), foldPath(other))
  for (const [one, other] of [['a', 'b'], ['ß', 'ss'], ['ﬀ', 'ff'], ['a', 'á']] as const) t.not(foldPath(one), foldPath(other))
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => { t.is(foldPath(foldPath(text)), foldPath(text)) }))
})
