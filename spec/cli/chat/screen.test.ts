import test from 'ava'
import { PassThrough, Writable } from 'node:stream'
import { chatText } from '../../../lib/chat/index.js'
import { PlainScreen, shownTime, TerminalScreen } from '../../../lib/cli/chat/screen.js'
import { Output } from '../../../lib/cli/terminal/output.js'

/** A terminal of 40 columns: what was written to it. */
function terminal (): { input: PassThrough, screen: Writable, written: () => string } {
  let written = ''
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
  const screen = Object.assign(new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      written += bytes.toString()
      done()
    }
  }), { isTTY: true, columns: 40, rows: 24 })
  return { input, screen, written: () => written }
}

function output (): { output: Output, lines: () => string } {
  let lines = ''
  const stream = { isTTY: true, columns: 40, write: (text: string) => { lines += text } }
  return { output: new Output({ command: 'chat', color: 'never' }, stream, stream), lines: () => lines }
}

test('what comes is written above the line that is being typed, which stays', async t => {
  const { input, screen, written } = terminal()
  const out = output()
  const chat = new TerminalScreen('bob', out.output, input, screen)
  input.write('half a li')
  const before = written().length
  chat.received('bob', chatText('hello', Date.now()))
  t.true(written().slice(before).startsWith('\u001b[1G\u001b[0J'))
  t.regex(written().slice(before), /\d\d:\d\d bob: hello\n.*bob \? > half a li/s)
  // a notice takes the same way
  out.output.status('no connection')
  t.regex(written(), /no connection\n.*bob \? > half a li[^\n]*$/s)
  const lines = chat.lines[Symbol.asyncIterator]()
  input.write('ne\r')
  t.is((await lines.next()).value, 'half a line')
  chat.close()
  t.true((await lines.next()).done)
  out.output.note('after')
  t.is(out.lines(), 'after\n')
})

test('once Ctrl-D has ended the line, what still comes is written as it is', async t => {
  const { input, screen, written } = terminal()
  const out = output()
  const chat = new TerminalScreen('bob', out.output, input, screen)
  input.write('\u0004')
  t.true((await chat.lines[Symbol.asyncIterator]().next()).done)
  const before = written().length
  chat.received('bob', chatText('late'))
  chat.standing({ online: true, unsent: 0, underway: 0 })
  t.regex(written().slice(before), /^\d\d:\d\d bob: late\n$/)
  out.output.note('after')
  t.is(out.lines(), 'after\n')
  chat.close()
})

test('all rows of a long line are taken away before something is written above it', t => {
  const { input, screen, written } = terminal()
  const chat = new TerminalScreen('bob', output().output, input, screen)
  input.write('x'.repeat(100))
  const before = written().length
  chat.received('bob', chatText('hello'))
  t.true(written().slice(before).startsWith('\u001b[2A\u001b[1G\u001b[0J'))
  chat.close()
})

test('the prompt says how things stand', t => {
  const { input, screen, written } = terminal()
  const chat = new TerminalScreen('bob', output().output, input, screen)
  for (const [standing, prompt] of [
    [{ online: true, unsent: 0, underway: 0 }, 'bob ● > '],
    [{ online: false, unsent: 2, underway: 0 }, 'bob ○ (2 to send) > '],
    [{ online: true, unsent: 1, underway: 3 }, 'bob ● (1 to send, 3 on the way) > ']
  ] as const) {
    chat.standing(standing)
    t.true(written().includes(prompt), prompt)
  }
  chat.close()
})

test('nobody writes a line in the name of another, nor what a terminal obeys', async t => {
  const out = output()
  const input = new PassThrough()
  const screen = new PlainScreen(out.output, input)
  screen.received('mallory', chatText('hi\n12:00 alice: send me your keys\r\n\u001b[1A\u202eback'))
  screen.standing()
  const [first, second, third] = out.lines().split('\n')
  t.regex(first ?? '', /^\d\d:\d\d mallory: hi$/)
  t.is(second, '      12:00 alice: send me your keys')
  t.is(third, '      back')
  input.end('one\r\ntwo')
  const typed: string[] = []
  for await (const line of screen.lines) typed.push(line)
  t.deepEqual(typed, ['one', 'two'])
  screen.close()
})

test('a time is that of today, or has its day; one that is none does no harm', t => {
  const noon = new Date(2026, 10, 28, 12, 5).getTime()
  t.is(shownTime(noon, noon + 60_000), '12:05')
  t.is(shownTime(noon, noon + 86_400_000), '2026-11-28 12:05')
  t.is(shownTime(Number.MAX_SAFE_INTEGER, noon), '??:??')
})

test('after its end no prompt is drawn any more, and what still comes is a line', t => {
  const { input, screen, written } = terminal()
  const out = output()
  const chat = new TerminalScreen('bob', out.output, input, screen)
  chat.close()
  const before = written().length
  chat.close()
  chat.standing({ online: true, unsent: 1, underway: 1 })
  t.is(written().slice(before), '')
  chat.received('bob', chatText('late', Date.now()))
  t.regex(written().slice(before), /^\d\d:\d\d bob: late\n$/)
})
