import test from 'ava'
import { listenAdvice } from '../../../lib/cli/terminal/listening.js'
import { reportFailure } from '../../../lib/cli/relay/failure.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { listenError } from '../../../lib/transport/errors.js'

function failed (code: string, host = '127.0.0.1'): Error {
  return listenError(Object.assign(new Error('no'), { code }), { host, port: 80 })
}

test('what cannot be listened at is named, with what to do about just that', t => {
  t.regex(failed('EADDRINUSE').message, /: 127\.0\.0\.1:80, EADDRINUSE$/)
  t.regex(failed('EACCES', '::1').message, /: \[::1\]:80, EACCES$/)
  t.regex(listenAdvice(failed('EADDRINUSE')), /Another program has the port/)
  t.regex(listenAdvice(failed('EACCES')), /below 1024/)
  t.regex(listenAdvice(failed('EADDRNOTAVAIL')), /no address of this machine/)
  t.regex(listenAdvice(failed('EINVAL')), /Choose another/)
  t.regex(listenAdvice(undefined), /Choose another/)
})

test('a relay tells programs the exit code and what to do, as every command does', t => {
  const told: string[] = []
  const output = new Output({ command: 'relay', json: true }, { write: text => told.push(text) })
  const exit = reportFailure(failed('EACCES'), output)
  const unknown = reportFailure(new Error('no'), output)
  t.deepEqual([exit, unknown], [1, 1])
  t.like(JSON.parse(told[0] ?? ''), { event: 'failed', code: 'ERR_TRANSPORT_LISTEN', exit: 1, advice: listenAdvice(failed('EACCES')) })
  t.like(JSON.parse(told[1] ?? ''), { event: 'failed', code: 'ERR_CLI_UNEXPECTED', exit: 1, advice: '' })
})
