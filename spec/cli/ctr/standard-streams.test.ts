import { Readable, Writable } from 'node:stream'
import test from 'ava'
import { chunksOf, Output } from '../../../lib/cli/ctr/standard-streams.js'
import { failureCode, messageOf } from '../../../lib/cli/errors.js'
import { codeOf, collect } from '../../support/sources.js'

test('an input that cannot be read, and an output that cannot be written, have codes of their own', async t => {
  const failure = Object.assign(new Error('/home/me/secret'), { code: 'EISDIR' })
  const error = await t.throwsAsync(collect(chunksOf(new Readable({ read () { this.destroy(failure) } }))), { code: 'ERR_CLI_INPUT' })
  t.notRegex(error.message, /secret/)
  const output = new Output(new Writable({ write (_chunk, _encoding, done) { done(failure) } }))
  t.is(await codeOf(output.write(new Uint8Array(1))), 'ERR_CLI_OUTPUT')
})

test('what has no code of its own is told as unexpected, and never in its own words', t => {
  for (const unexpected of [new Error('/home/me/secret'), undefined, null, 'text', { code: 5 }]) {
    t.is(failureCode(unexpected), 'ERR_CLI_UNEXPECTED')
    t.notRegex(messageOf(unexpected), /secret|^text/)
  }
})
