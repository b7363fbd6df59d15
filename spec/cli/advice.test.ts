import test from 'ava'
import { failureOf } from '../../lib/cli/terminal/failure.js'
import { clientError } from '../../lib/relay/client/errors.js'
import { cleanUp, User } from './support.js'

test.after.always(cleanUp)

test('a profile that is there is called that, and not an earlier one', async t => {
  const user = new User()
  await user.run(['id', 'new'])
  // with a store too, as after the first command that uses it
  await user.run(['contacts'])
  const again = await user.run(['id', 'new'])
  t.is(again.code, 2)
  t.regex(again.stderr, /ERR_CLI_EXISTS: .*the profile default, .*--profile NAME/)
  t.notRegex(again.stderr, /earlier/)
})

test('what a variable has chosen is said, and where flags belong', async t => {
  const user = new User()
  const chosen = await user.run(['id', 'show'], { env: { HUSHWIRE_PROFILE: 'work' } })
  t.regex(chosen.stderr, /ERR_CLI_PROFILE: .*work, as HUSHWIRE_PROFILE says/)
  const named = await user.run(['id', 'show', '--profile', 'work'], { env: { HUSHWIRE_PROFILE: 'work' } })
  t.notRegex(named.stderr, /HUSHWIRE_PROFILE/)
  const early = await user.run(['--profile', 'work', 'chat', 'bob'])
  t.is(early.code, 2)
  t.regex(early.stderr, /unknown option '--profile'\. Flags follow the command\. See hushwire --help\./)
})

test('an offer that may never be answered is not only to be tried again', t => {
  t.regex(failureOf(clientError('ERR_OFFER_UNANSWERED')).advice, /runs its command again, and you take the new offer/)
})
