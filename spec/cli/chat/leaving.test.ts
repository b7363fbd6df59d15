import test from 'ava'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cleanUp, pairOf, TestRelay } from '../support.js'

test.after.always(cleanUp)

const AS_TERMINAL = { NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'as-terminal.js')).href}` }

test('who leaves a chat at a terminal waits for a relay that is away only so long, and is told what was not sent', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  await relay.stop('SIGKILL')
  const chat = alice.start(['chat', 'bob'], { env: AS_TERMINAL })
  await chat.until(() => (chat.stdout + chat.stderr).includes('no connection to the relay'), 'that it waits')
  chat.type('one\n/quit\n')
  t.is(await chat.ended, 0, chat.stderr)
  t.regex(chat.stdout + chat.stderr, /not sent yet: one\n/)
})
