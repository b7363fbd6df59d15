import test from 'ava'
import { cleanUp, TestRelay, User } from './support.js'

test.after.always(cleanUp)

test('two who do not know each other pair: keys, names, a profile for who has none', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = [new User(), new User()]
  t.is((await alice.run(['id', 'new', '--relay', relay.address, '--name', 'Alice'])).code, 0)
  const shows = alice.start(['pair'])
  const offer = await shows.until(() => /^hushwire:\S+$/m.exec(shows.stdout)?.[0], 'offer')
  const answers = await bob.run(['pair', offer, '--as', 'Bob B.'])
  t.is(answers.code, 0, answers.stderr)
  t.is(await shows.ended, 0, shows.stderr)
  t.regex(answers.stdout, /^paired with Alice, id [0-9a-f-]{36}\nfingerprint (\d{5} ?){8}; compare/)
  t.regex(answers.stderr, /made the profile default in /)
  t.regex(shows.stdout, /paired with Bob B\., id/)
  t.regex(shows.stderr, /hushwire chat 'Bob B\.'/)
  const shown = await bob.run(['id', 'show', '--json'])
  t.is(shown.lines[0]?.['name'], 'Bob B.')
  t.is(shown.lines[0]?.['relay'], relay.address)
  await relay.stop()
})
