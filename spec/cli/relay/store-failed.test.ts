import test from 'ava'
import { codeOf } from '../../relay/codes.js'
import { fresh, Run } from './run.js'

test('a relay whose store cannot write says so in its log, and where its health is asked for', async t => {
  // no file of it may grow beyond 512 KiB; the signal would end it
  const run = new Run([...fresh(), '--tcp', '0', '--metrics', '0'], { first: 'trap "" XFSZ; ulimit -f 512' })
  const [alice, bob] = [await run.join('tcp'), await run.join('tcp')]
  const mail = new Uint8Array(100_000)
  const put = (): Promise<string> => codeOf(alice.mail(bob.id, mail))
  let code = await put()
  for (let count = 1; code === 'resolved' && count < 20; count++) code = await put()
  t.not(code, 'resolved')
  const failed = await run.event('store-failed')
  t.is(failed.level, 'error')
  t.regex(failed.code ?? '', /^ERR_STORE_(FAILED|SPACE)$/)
  for (const path of ['/health', '/ready']) t.is((await run.page(path))[0], 503)
  for (let count = 0; count < 3; count++) t.not(await put(), 'resolved')
  await run.stop()
  t.is(run.told.filter(({ event }) => event === 'store-failed').length, 1)
})
