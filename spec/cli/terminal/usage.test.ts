import test from 'ava'
import { cleanUp, User } from '../support.js'

test.after.always(cleanUp)

test('what is wrong with the arguments is JSON for those who ask for JSON, with the same exit code', async t => {
  const user = new User()
  for (const [args, words, advice] of [
    [['ping', '--json'], /missing required argument 'peer'$/, 'See hushwire ping --help.'],
    [['ping', 'bob', '--count', '0', '--json'], /--count.*invalid\. It must be a whole number of at least 1$/, 'See hushwire ping --help.'],
    [['ping', 'bob', '--json', '--nothing'], /unknown option '--nothing'$/, 'See hushwire ping --help.'],
    [['receive', 'in', '--json', '--overwrite', '--rename'], /cannot be used with/, 'See hushwire receive --help.'],
    [['send', '-dash', '--json'], /unknown option '-dash'$/, 'A file whose name begins with a dash is given as ./-NAME. See hushwire send --help.'],
    [['nothing', '--json'], /unknown/, 'Flags follow the command. See hushwire --help.'],
    [['--json', 'id', 'show'], /unknown option '--json'$/, 'Flags follow the command. See hushwire --help.'],
    [['id', '--json'], /unknown option '--json'$/, 'See hushwire id --help.'],
    [['relay', 'id', '--json', '--nothing'], /unknown option '--nothing'$/, 'See hushwire relay id --help.']
  ] as const) {
    const run = await user.run(args)
    t.is(run.code, 2, args.join(' '))
    t.is(run.stderr, '', args.join(' '))
    t.is(run.lines.length, 1, args.join(' '))
    t.like(run.lines[0], { event: 'failed', code: 'ERR_CLI_OPTION', advice, exit: 2 })
    t.regex(String(run.lines[0]?.['message']), words)
  }
  const plain = await user.run(['ping', '--', '--json', 'more'])
  t.is(plain.code, 2)
  t.is(plain.stdout, '')
  t.is(plain.stderr, "hushwire ping: ERR_CLI_OPTION: the command makes no sense: too many arguments for 'ping'. Expected 1 argument but got 2. See hushwire ping --help.\n")
  const like = await user.run(['ping', 'bob', '--cuont', '1'])
  t.is(like.stderr, "hushwire ping: ERR_CLI_OPTION: the command makes no sense: unknown option '--cuont' (Did you mean --count?). See hushwire ping --help.\n")
  const own = await user.run(['tunnel', 'expose', ''])
  t.regex(own.stderr, /^hushwire tunnel expose: ERR_CLI_OPTION: .*\. See hushwire tunnel expose --help\.\n$/)
  const help = await user.run(['ping', '--help', '--json'])
  t.is(help.code, 0)
  t.regex(help.stdout, /^Usage: hushwire ping/)
})

test('what a command tells on stderr in JSON, it tells there too where it is used wrongly', async t => {
  const user = new User()
  for (const args of [['relay', '--json', '--nothing'], ['ctr', '--json']]) {
    const run = await user.run(args)
    t.is(run.code, 2)
    t.is(run.stdout, '')
    t.like(JSON.parse(run.stderr), { event: 'failed', code: 'ERR_CLI_OPTION', advice: `See hushwire ${args[0]} --help.`, exit: 2 })
  }
})

test('a command that there is not is named, with what is like it or all that there are', async t => {
  const user = new User()
  for (const [args, words] of [
    [['relay', 'bogus'], "hushwire relay: ERR_CLI_OPTION: the command makes no sense: unknown command 'bogus'; there are config, id, invite. See hushwire relay --help.\n"],
    [['relay', '--tcp', '0', 'invit'], "hushwire relay: ERR_CLI_OPTION: the command makes no sense: unknown command 'invit'; is it invite? See hushwire relay --help.\n"],
    [['contacts', 'bogus'], "hushwire contacts: ERR_CLI_OPTION: the command makes no sense: unknown command 'bogus'; there are rename, forget. See hushwire contacts --help.\n"],
    [['contacts', 'renam', 'a', 'b'], "hushwire contacts: ERR_CLI_OPTION: the command makes no sense: unknown command 'renam'; is it rename? See hushwire contacts --help.\n"],
    [['tunnel', 'bogus'], "hushwire tunnel: ERR_CLI_OPTION: the command makes no sense: unknown command 'bogus'; there are expose, connect. See hushwire tunnel --help.\n"],
    [['hcat'], "hushwire: ERR_CLI_OPTION: the command makes no sense: unknown command 'hcat'; is it chat? Flags follow the command. See hushwire --help.\n"],
    [['help', 'tunnel', 'exspose'], "hushwire tunnel: ERR_CLI_OPTION: the command makes no sense: unknown command 'exspose'; is it expose? See hushwire tunnel --help.\n"]
  ] as const) {
    const run = await user.run(args)
    t.is(run.code, 2)
    t.is(run.stdout, '')
    t.is(run.stderr, words)
  }
})
