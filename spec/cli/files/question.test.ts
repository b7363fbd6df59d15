import test from 'ava'
import { PassThrough } from 'node:stream'
import { Questions } from '../../../lib/cli/files/question.js'

test('what is asked about is shown when its turn has come, not while another is asked', async t => {
  const input = new PassThrough()
  const questions = new Questions(input, new PassThrough())
  const shown: string[] = []
  const { signal } = new AbortController()
  const first = questions.ask('one? ', signal, () => { shown.push('one') })
  const second = questions.ask('two? ', signal, () => { shown.push('two') })
  await Promise.resolve()
  t.deepEqual(shown, ['one'])
  input.write('y\n')
  t.true(await first)
  await Promise.resolve()
  t.deepEqual(shown, ['one', 'two'])
  input.write('n\n')
  t.false(await second)
})
