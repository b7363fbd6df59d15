import test from 'ava'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { Questions, QUESTION_TIMES } from '../../../lib/cli/files/question.js'
import { deferred } from '../../../lib/stream/index.js'

/** A terminal whose keys are written, and that holds a line that has no end back until it is in raw mode. */
class Terminal extends PassThrough {
  readonly modes: boolean[] = []
  held = ''

  setRawMode (raw: boolean): void {
    this.modes.push(raw)
    if (raw && this.held !== '') this.write(this.held)
    this.held = ''
  }
}

/** Milliseconds that no test sees the end of. */
const NEVER = 1_000_000

/** Resolves when a question stands there. */
async function shown (output: PassThrough, text: string): Promise<void> {
  while (!String(output.read() ?? '').includes(text)) await once(output, 'readable')
}

test('what is asked about is shown when its turn has come, not while another is asked', async t => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const questions = new Questions(input, output)
  const list: string[] = []
  const { signal } = new AbortController()
  const first = questions.ask('one? ', signal, () => { list.push('one') })
  const second = questions.ask('two? ', signal, () => { list.push('two') })
  await shown(output, 'one?')
  t.deepEqual(list, ['one'])
  input.write('y\n')
  t.true(await first)
  await shown(output, 'two?')
  t.deepEqual(list, ['one', 'two'])
  input.write('n\n')
  t.false(await second)
})

test('what was typed before a question stood there is no answer to it, wherever it waits', async t => {
  const [input, output] = [new Terminal(), new PassThrough()]
  const questions = new Questions(input, output)
  const { signal } = new AbortController()
  // in the stream, and in the terminal: a line that lacks its end
  input.write('y\n')
  input.write('yes\n')
  input.held = 'y'
  const first = questions.ask('one? ', signal)
  await shown(output, 'one?')
  input.write('\n')
  t.false(await first)
  // while it is no question's turn, and behind an answer in the same chunk
  input.write('y\n')
  const second = questions.ask('two? ', signal)
  const third = questions.ask('three? ', signal)
  await shown(output, 'two?')
  input.write('y\ny\ny\n')
  t.true(await second)
  await shown(output, 'three?')
  input.write('\n')
  t.false(await third)
  t.false(input.modes.at(-1), 'the terminal is as it was')
  t.true(input.isPaused(), 'nothing is read that keeps the process')
})

test('a question that is taken back, or that nobody can answer, is a no, and the terminal is as it was', async t => {
  const [input, output] = [new Terminal(), new PassThrough()]
  const questions = new Questions(input, output, () => {}, { ...QUESTION_TIMES, takenBack: 2 })
  const early = new AbortController()
  const first = questions.ask('one? ', early.signal, () => { early.abort() })
  t.false(await first)
  const controller = new AbortController()
  const second = questions.ask('two? ', controller.signal)
  await shown(output, 'two?')
  controller.abort()
  t.false(await second)
  const third = questions.ask('three? ', new AbortController().signal)
  await shown(output, 'three?')
  input.end()
  t.false(await third)
  t.false(await questions.ask('four? ', new AbortController().signal))
  t.false(input.modes.at(-1))
})

test('Ctrl-C right before a question is shown is not dropped with what was typed', async t => {
  const input = new Terminal()
  const controller = new AbortController()
  const asked = new Questions(input, new PassThrough(), () => { controller.abort() }).ask('one? ', controller.signal)
  input.write('y\u0003')
  t.false(await asked)
  t.true(controller.signal.aborted)
})

test('keys without a pause do not hold a question back for ever', async t => {
  const [input, output] = [new Terminal(), new PassThrough()]
  const asked = new Questions(input, output, () => {}, { ...QUESTION_TIMES, quiet: NEVER, most: 1 }).ask('one? ', new AbortController().signal)
  input.write('y')
  await shown(output, 'one?')
  input.write('no\n')
  t.false(await asked)
})

test('an answer to a question that was taken back is not taken for one to the next, and that it was taken back is said', async t => {
  const times = { ...QUESTION_TIMES, quiet: 1 }
  const [input, output] = [new Terminal(), new PassThrough()]
  const questions = new Questions(input, output, () => {}, { ...times, takenBack: NEVER })
  const [first, second] = [new AbortController(), new AbortController()]
  const firstAsked = questions.ask('take them? ', first.signal)
  await shown(output, 'take them?')
  const listed = deferred()
  const secondAsked = questions.ask('take them? ', second.signal, listed.resolve)
  first.abort()
  t.false(await firstAsked)
  await shown(output, '\nThat question was taken back.\n')
  await listed.promise
  // who was about to answer needs a moment to see it: longer than a question waits that follows none
  for (let key = 0; key < 3; key++) {
    const other = new PassThrough()
    const closed = new Terminal()
    const asked = new Questions(closed, other, () => {}, times).ask('one? ', new AbortController().signal)
    await shown(other, 'one?')
    closed.end()
    t.false(await asked)
    input.write('y\n')
  }
  t.is(output.read(), null, 'the next one is not asked yet')
  second.abort()
  t.false(await secondAsked)
})

test('after one that was taken back the next one is asked all the same', async t => {
  const [input, output] = [new Terminal(), new PassThrough()]
  const questions = new Questions(input, output, () => {}, { ...QUESTION_TIMES, quiet: 1, takenBack: 2 })
  const controller = new AbortController()
  const first = questions.ask('one? ', controller.signal)
  await shown(output, 'one?')
  controller.abort()
  t.false(await first)
  const second = questions.ask('two? ', new AbortController().signal)
  await shown(output, 'two?')
  input.write('y\n')
  t.true(await second)
})

test('a terminal that cannot be put into raw mode fails its question alone, and is let go', async t => {
  const [input, output] = [new Terminal(), new PassThrough()]
  const questions = new Questions(input, output)
  input.setRawMode = () => { throw new Error('EIO') }
  await t.throwsAsync(questions.ask('one? ', new AbortController().signal), { message: 'EIO' })
  t.true(input.isPaused())
  input.setRawMode = Terminal.prototype.setRawMode.bind(input)
  const second = questions.ask('two? ', new AbortController().signal)
  await shown(output, 'two?')
  input.write('y\n')
  t.true(await second)
})
