import test from 'ava'
import { HushwireError } from '../../../lib/stream/index.js'
import { cliError } from '../../../lib/cli/errors.js'
import { Output, type OutputOptions } from '../../../lib/cli/terminal/output.js'

function made (options: Partial<OutputOptions> = {}, tty = false): { output: Output, out: () => string, err: () => string } {
  let [out, err] = ['', '']
  const output = new Output({ command: 'chat', ...options }, { isTTY: tty, write: text => { out += text } }, { isTTY: tty, columns: 20, write: text => { err += text } })
  return { output, out: () => out, err: () => err }
}

test('results go to stdout, what goes on to stderr', t => {
  const { output, out, err } = made()
  output.line('a result')
  output.note('a note')
  output.status('going on')
  output.status()
  output.warn('look')
  output.event('nothing', {})
  t.is(out(), 'a result\n')
  t.is(err(), 'a note\ngoing on\nhushwire chat: look\n')
  t.false(output.interactive)
  output.progress('file', 10).update(5)
  t.is(err().length, 'a note\ngoing on\nhushwire chat: look\n'.length)
})

test('what is written for programs does nothing to a terminal either, and is what it was', t => {
  const { output, out } = made({ json: true })
  const text = 'a\u009b2J\u007f\u202eb\u2066\u061c\u200e\u2028é'
  output.event('chat', { text })
  t.notRegex(out().trimEnd(), /[\p{Cc}\p{Bidi_Control}\u2028]/u)
  t.deepEqual(JSON.parse(out()), { event: 'chat', text })
})

test('quiet leaves results and errors', t => {
  const { output, out, err } = made({ quiet: true }, true)
  output.line('a result')
  output.note('a note')
  output.status('going on')
  t.is(output.failed(cliError('ERR_CLI_OPTION')), 2)
  t.is(out(), 'a result\n')
  t.regex(err(), /^hushwire chat: ERR_CLI_OPTION: the command makes no sense\. See hushwire chat --help\.\n$/)
})

test('with --json everything is an object a line, on stdout', t => {
  const { output, out, err } = made({ json: true }, true)
  output.line('a result')
  output.note('a note')
  output.status('going on')
  output.warn('look')
  output.event('ping', { hop: 1 })
  const bar = output.progress('a\u001b[31m', 10)
  for (let done = 1; done <= 10; done++) bar.update(done)
  bar.stop()
  t.is(output.failed(cliError('ERR_CLI_PEER', 'bob')), 4)
  t.is(err(), '')
  const lines = out().trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
  t.deepEqual(lines.slice(0, 3), [{ event: 'warning', text: 'look' }, { event: 'ping', hop: 1 }, { event: 'progress', name: 'a', done: 1, total: 10 }])
  t.is(lines.length, 4)
  t.like(lines[3], { event: 'failed', code: 'ERR_CLI_PEER', exit: 4 })
})

test('on a terminal the line of what goes on is under what is written, and is cut', t => {
  const { output, out, err } = made({ color: 'never' }, true)
  output.status('something that goes on for long')
  t.is(err(), '\r\u001b[2Ksomething that goe…')
  output.note('a note')
  t.true(err().endsWith('\r\u001b[2Ka note\nsomething that goe…'))
  output.line('a result')
  t.is(out(), 'a result\n')
  output.end()
  t.true(err().endsWith('\r\u001b[2K'))
  const length = err().length
  output.end()
  t.is(err().length, length)
})

test('who has the screen writes every line', t => {
  const { output, out, err } = made({}, true)
  const lines: string[] = []
  output.status('before')
  output.through(text => { lines.push(text) })
  output.status('connection lost')
  output.status()
  output.note('a note')
  output.line('a result')
  output.through(undefined)
  output.line('after')
  t.deepEqual(lines, ['connection lost', 'a note', 'a result'])
  t.is(out(), 'after\n')
  t.false(err().includes('note'))
})

test('styles are for terminals, unless it is said', t => {
  t.is(made({ color: 'never' }, true).output.paint('bold', 'x'), 'x')
  t.is(made().output.paint('bold', 'x'), 'x')
  t.is(made({ color: 'always' }).output.paint('bold', 'x'), '\u001b[1mx\u001b[22m')
})

test('an error is one sentence, whatever it is, and says nothing that it must not', t => {
  const told = (error: unknown): string => {
    const { output, err } = made()
    output.failed(error)
    return err()
  }
  t.is(told(new Error('with a secret')), 'hushwire chat: ERR_CLI_UNEXPECTED: Error.\n')
  t.is(told('text'), 'hushwire chat: ERR_CLI_UNEXPECTED: string.\n')
  t.is(told(null), 'hushwire chat: ERR_CLI_UNEXPECTED: object.\n')
  t.regex(told(Object.assign(new Error('no space'), { code: 'ENOSPC' })), /^hushwire chat: ENOSPC: there is no room on the disk\. Make room/)
  t.is(told(new HushwireError('ERR_X', 'a\u001b[2Jb', { layer: 'x', origin: 'local', fatal: true })), 'hushwire chat: ERR_X: ab.\n')
  t.is(told(cliError('ERR_CLI_STOPPED', 'SIGINT')), '')
})
