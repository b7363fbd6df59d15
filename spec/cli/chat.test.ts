import test from 'ava'
import { cleanUp, pairOf, TestRelay } from './support.js'

test.after.always(cleanUp)

test('messages wait for who is away, are shown with their times, and are confirmed', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const sent = await alice.run(['chat', 'bob'], { input: 'hello bob\nsecond line\n' })
  t.is(sent.code, 0, sent.stderr)
  t.regex(sent.stderr, /2 messages wait at the relay, or on the screen, for bob/)
  const reads = bob.start(['chat', 'alice'])
  await reads.until(() => reads.stdout.includes('second line'), 'the second')
  t.regex(reads.stdout, /^\d\d:\d\d alice: hello bob\n\d\d:\d\d alice: second line\n$/)
  reads.type('thanks\n/quit\n')
  t.is(await reads.ended, 0, reads.stderr)
  const again = alice.start(['chat', 'bob', '--json'])
  t.is((await again.event('message'))['text'], 'thanks')
  again.type('bye\n')
  await again.event('stored')
  const last = bob.start(['chat', 'alice', '--json'])
  await last.event('message')
  await again.event('delivered')
  t.is(await last.stop('SIGINT'), 130)
  t.is(await again.stop('SIGTERM'), 143)
  await relay.stop()
})
