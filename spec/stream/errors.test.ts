import test from 'ava'
import { codeOf, streamError } from '../../lib/stream/index.js'

test('an error has the code that it says, ours or the platform\'s; what says none has none', t => {
  t.is(codeOf(streamError('ERR_CLOSED')), 'ERR_CLOSED')
  t.is(codeOf(Object.assign(new Error('no such file'), { code: 'ENOENT' })), 'ENOENT')
  for (const thrown of [new Error('without'), undefined, null, 'text', 5, { code: 5 }, Object.assign(new Error('an old one'), { code: 8 })]) t.is(codeOf(thrown), undefined)
})
