import test from 'ava'
import { cleanUp, User } from '../support.js'

test.after.always(cleanUp)

test('what is wrong with the arguments is JSON for those who ask for JSON, with the same exit code', async t => {
  const user = new User()
  for (const [args, words] of [
    [['ping', '--json'], /missing required argument 'peer'$/],
    [['ping', 'bob', '--count', '0', '--json'], /--count.*at least 1$/],
    [['ping', 'bob', '--json', '--nothing'], /unknown option '--nothing'$/],
    [['receive', 'in', '--json', '--overwrite', '--rename'], /cannot be used with/],
    [['nothing', '--json'], /unknown/],
    [['id', '--json'], /unknown option '--json'$/]
  ] as const) {
    const run = await user.run(args)
    t.is(run.code, 2, args.join(' '))
    t.is(run.stderr, '', args.join(' '))
    t.is(run.lines.length, 1, args.join(' '))
    t.like(run.lines[0], { event: 'failed', code: 'ERR_CLI_OPTION', advice: 'See --help.', exit: 2 })
    t.regex(String(run.lines[0]?.['message']), words)
  }
  const plain = await user.run(['ping', '--', '--json', 'more'])
  t.is(plain.code, 2)
  t.is(plain.stdout, '')
  t.regex(plain.stderr, /^error: .*\nSee hushwire ping --help\.\n$/)
  const help = await user.run(['ping', '--help', '--json'])
  t.is(help.code, 0)
  t.regex(help.stdout, /^Usage: hushwire ping/)
})
