import test from 'ava'
import { existsSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../support/root.js'
import { cleanUp, pairOf, TestRelay, User } from './support.js'

test.after.always(cleanUp)

test.serial('a command that goes on ends when nobody reads what it prints', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  for (const args of [['ping', 'bob', '-i', '0.05'], ['ping', 'bob', '-i', '0.05', '--json']]) {
    const run = alice.start(args)
    await run.until(() => run.stdout.split('\n').length > 2, 'two lines')
    run.process.stdout?.destroy()
    t.is(await run.ended, 141, args.join(' '))
    t.is(run.stderr.includes('STOPPED'), false)
  }
  await relay.stop()
})

test('what could not be printed has failed', async t => {
  if (!existsSync('/dev/full')) {
    t.log('left out: this system has no /dev/full')
    t.pass()
    return
  }
  const user = new User()
  for (const command of ['main.js --help', 'main.js completion bash', 'main.js contacts --help', 'main.js id new', 'main.js id show --json', 'main.js relay config', 'main.js bench --seconds 0.1', 'demo.js --size 1000']) {
    const { code, stderr } = await new Promise<{ code: unknown, stderr: string }>(resolve => {
      execFile('sh', ['-c', `"${process.execPath}" ${command} > /dev/full`], { cwd: join(ROOT, 'dist/lib/cli'), env: { ...user.env, PATH: process.env['PATH'] } }, (error, _, stderr) => { resolve({ code: error?.code, stderr }) })
    })
    t.is(code, 1, command)
    t.notRegex(stderr, /\n\s+at /)
    t.regex(stderr, /could not be written \(ENOSPC\), though what else it does may be done/)
  }
})

test('an empty name is not the folder that we are in', async t => {
  const { code, stderr } = await new User().run(['send', '', '--to', 'bob'])
  t.is(code, 2)
  t.regex(stderr, /ERR_CLI_FILE: .*a name is empty/)
})
