import test from 'ava'
import { offeredLines, shownPath } from '../../../lib/cli/files/offered.js'
import type { Entry } from '../../../lib/files/index.js'

const file = (path: string, more: Partial<Entry> = {}): Entry => ({ type: 'file', path, size: 10, modified: 0, executable: false, ...more })
const folder = (path: string): Entry => file(path, { type: 'folder', size: 0 })
const lines = (entries: readonly Entry[]): readonly string[] => {
  const files = entries.filter(({ type }) => type === 'file')
  return offeredLines({ entries, files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) })
}

test('what is offered is counted as what it is, and programs and hidden names come first', t => {
  t.deepEqual(lines([file('a')]), ['1 file, 10 B', 'a, 10 B'])
  t.deepEqual(lines([file('a'), folder('empty'), file('b/.ssh/config'), file('run', { executable: true })]), [
    '3 files, 30 B, and 1 empty folder', 'b/.ssh/config, 10 B', 'run, 10 B, a program', 'a, 10 B', 'empty/'
  ])
})

test('what is not listed is counted, with what one would not expect among it', t => {
  const photos = Array.from({ length: 20 }, (_, index) => file(`photos/${index}.jpg`))
  t.deepEqual(lines([...photos, folder('one'), folder('two')]).slice(-2), ['photos/9.jpg, 10 B', 'and 10 files and 2 folders more'])
  t.is(lines([...photos, file('hidden/.profile')])[1], 'hidden/.profile, 10 B')
  const programs = Array.from({ length: 11 }, (_, index) => file(`${index}`, { executable: true }))
  t.is(lines([...photos, ...programs]).at(-1), 'and 21 files more, 1 of them programs or hidden')
  t.is(lines(photos.slice(0, 11)).at(-1), 'and 1 file more')
})

test('what some system runs by its name is a program, too', t => {
  for (const path of ['setup.exe', 'a/b.LNK', 'photo.jpg.desktop', 'x.scr', 'x.bat. ', 'run.sh', 'x.js', 'x.msi', 'Tool.app/Contents/a']) t.is(lines([file('a.txt'), file(path)])[1], `${path}, 10 B, a program`)
  for (const path of ['setup.exe.txt', 'exe', 'a.sh/b.txt', 'x.app.zip']) t.is(lines([file(path)])[1], `${path}, 10 B`)
})

test('a path that is cut shows what is hidden in it, or its last part', t => {
  const long = 'a'.repeat(70)
  t.is(shownPath(`photos/${long}/.ssh/authorized_keys`), `photos/${'a'.repeat(31)}…/.ssh/authorized_keys`)
  t.is(shownPath(`photos/${long}/report.pdf`), `photos/${'a'.repeat(41)}…/report.pdf`)
  t.is(shownPath(`photos/${long}/.${'b'.repeat(80)}.txt`), `photos/${'a'.repeat(27)}…/.${'b'.repeat(18)}….txt`)
  t.is(shownPath(`photos/${long}/.ssh/${long}/config`), `photos/${'a'.repeat(31)}…/.ssh/${'a'.repeat(14)}…`)
  t.true(shownPath(`.ssh/${long}/authorized_keys`).startsWith('.ssh/aaa'))
  t.is(shownPath(`x/.a/${long}/${long}`), `x/.a/${'a'.repeat(16)}…`)
})

test('a long path keeps what says of which kind the file is, and nobody\'s text does anything to a terminal', t => {
  t.is(shownPath('short.pdf'), 'short.pdf')
  const shown = shownPath(`invoice.pdf${' '.repeat(200)}.exe`)
  t.true(shown.startsWith('invoice.pdf'))
  t.true(shown.endsWith('….exe'))
  t.is(Array.from(shown).length, 60)
  t.is(Array.from(shownPath(`a.${'b'.repeat(200)}`)).length, 60)
  t.true(shownPath(`x/${'y'.repeat(100)}`).endsWith('y…'))
  t.is(shownPath('a\u001b[2Jb\u202ec'), 'abc')
})
