import test from 'ava'
import { readdirSync } from 'node:fs'
import { cleanUp, User } from './support.js'

test.after.always(cleanUp)

test('an offer where the folder belongs makes no folder of its secret', async t => {
  const user = new User()
  for (const args of [['hushwire:AkbG'], ['hushwire:AkbG', 'downloads'], ['http://127.0.0.1:8080/#hushwire:AkbG', '--yes']]) {
    const run = await user.run(['receive', ...args])
    t.is(run.code, 2)
    t.regex(run.stderr, /ERR_CLI_OPTION: .*DIR is missing: hushwire receive DIR OFFER/)
    t.notRegex(run.stderr, /AkbG/)
  }
  t.deepEqual(readdirSync(user.folder), [])
})
