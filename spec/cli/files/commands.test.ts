import test from 'ava'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { random } from '../../files/support.js'
import { cleanUp, pairOf, TestRelay, User } from '../support.js'
import { goOn, haltedAt } from './halted.js'

test.after.always(cleanUp)

test('two strangers, one line each: what is sent is there, and both know each other from then on', async t => {
  const relay = await TestRelay.start('websocket')
  const [alice, bob] = [new User(), new User()]
  await alice.run(['id', 'new', '--relay', relay.address, '--name', 'alice'])
  mkdirSync(join(alice.folder, 'photos/none'), { recursive: true })
  const content = random(300_000)
  writeFileSync(join(alice.folder, 'photos/one.jpg'), content)
  writeFileSync(join(alice.folder, 'run.sh'), '#!/bin/sh\n')
  chmodSync(join(alice.folder, 'run.sh'), 0o755)
  symlinkSync('/etc/passwd', join(alice.folder, 'photos/link'))
  const send = alice.start(['send', 'photos', 'run.sh'])
  const offer = await send.until(() => /^hushwire:\S+$/m.exec(send.stdout)?.[0], 'an offer')
  const receive = await bob.run(['receive', 'downloads', offer, '--as', 'bob'])
  t.is(receive.code, 0, receive.stderr)
  t.is(await send.ended, 0, send.stderr)
  t.regex(receive.stdout, /^paired with alice, /m)
  t.regex(receive.stdout, /^received 2 files, 300 KB from alice into downloads in \d+ s$/m)
  t.regex(send.stdout, /^sent 2 files, 300 KB to bob in \d+ s$/m)
  t.regex(send.stderr, /photos\/link is left out: a link/)
  t.regex(send.stderr, /On the other side: hushwire receive DIR 'hushwire:/)
  t.deepEqual(readdirSync(join(bob.folder, 'downloads')).sort(), ['photos', 'run.sh'])
  t.deepEqual(readdirSync(join(bob.folder, 'downloads/photos')).sort(), ['none', 'one.jpg'])
  t.true(readFileSync(join(bob.folder, 'downloads/photos/one.jpg')).equals(content))
  t.is(statSync(join(bob.folder, 'downloads/run.sh')).mode & 0o111, 0o111)
  // and the other way round, as contacts
  const takes = alice.start(['receive', 'in', '--from', 'bob', '--yes', '--once', '--json'])
  const back = await bob.run(['send', 'downloads', '--to', 'alice', '--json'])
  t.is(back.code, 0, back.stderr)
  t.is(await takes.ended, 0, takes.stderr)
  t.like(back.lines.at(-1), { event: 'sent', files: 2, bytes: 300_010, failures: [] })
  t.like(takes.lines.find(({ event }) => event === 'offered'), { name: 'bob', files: 2, bytes: 300_010, entries: 3 })
  t.like(takes.lines.at(-1), { event: 'received', files: 2, failures: [] })
  t.true(back.lines.some(({ event, size }) => event === 'progress' && size === 300_010))
  t.true(existsSync(join(alice.folder, 'in/downloads/photos/none')))
})

test('what is there is not overwritten unless that is asked for; both ends say so and how to go on', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  writeFileSync(join(alice.folder, 'a'), 'new')
  mkdirSync(join(bob.folder, 'in'))
  writeFileSync(join(bob.folder, 'in/a'), 'mine')
  const attempt = async (...flags: string[]): Promise<[number | null, string, number | null, string]> => {
    const receive = bob.start(['receive', 'in', '--yes', '--once', ...flags])
    const send = await alice.run(['send', 'a', '--to', 'bob'])
    return [send.code, send.stderr, await receive.ended, receive.stderr]
  }
  const [sent, sender, received, receiver] = await attempt()
  t.deepEqual([sent, received], [1, 1])
  for (const text of [sender, receiver]) t.regex(text, /ERR_FILES_EXISTS: .*: a\. Who receives can give --overwrite or --rename\./)
  t.deepEqual(readdirSync(join(bob.folder, 'in')), ['a'])
  const [, , code, renaming] = await attempt('--rename')
  t.is(code, 0)
  t.regex(renaming, /a is there already; what comes goes to a \(1\)/)
  t.deepEqual([readFileSync(join(bob.folder, 'in/a'), 'utf8'), readFileSync(join(bob.folder, 'in/a (1)'), 'utf8')], ['mine', 'new'])
  t.deepEqual((await attempt('--overwrite')).filter(each => typeof each === 'number'), [0, 0])
  t.is(readFileSync(join(bob.folder, 'in/a'), 'utf8'), 'new')
  t.deepEqual(readdirSync(join(bob.folder, 'in')).sort(), ['a', 'a (1)'])
})

test('what cannot work says what to do next', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  writeFileSync(join(alice.folder, 'a'), 'a')
  writeFileSync(join(alice.folder, 'AUX'), 'a')
  mkdirSync(join(alice.folder, 'other'))
  writeFileSync(join(alice.folder, 'other/a'), 'a')
  for (const [args, code, text] of [
    [['send', 'a', '--to', 'nobody'], 4, /ERR_CLI_PEER: .*known are bob/],
    [['send', 'missing', '--to', 'bob'], 2, /ERR_CLI_FILE: .*missing cannot be read: there is nothing of that name/],
    [['send', 'AUX', '--to', 'bob'], 2, /ERR_FILES_PATH: .*--any-name/],
    [['send', 'a', 'other/a', '--to', 'bob'], 2, /ERR_FILES_DUPLICATE: .*: a, twice/],
    [['send', 'a', '--to', 'bob', '--wait', '0.01'], 4, /bob is not there \(ERR_RELAY_OFFLINE\)[^]*ERR_FILES_UNREACHABLE: /],
    [['send', 'a', '--to', 'bob', '--wait', 'x'], 2, /--wait/],
    [['send'], 2, /missing required argument/],
    [['send', 'a', '--expires', '0.01'], 4, /ERR_CLI_EXPIRED/],
    [['receive', 'in'], 2, /ERR_CLI_OPTION: .*give --yes, or an offer/],
    [['receive', 'a/in', '--yes'], 2, /ERR_CLI_FILE: .*cannot be made: something on the way is no folder/],
    [['receive', 'a', '--yes'], 2, /ERR_CLI_FILE: .*a cannot be made: something else has that name/],
    [['receive', 'in', 'hushwire:AAAA'], 2, /ERR_OFFER_/],
    [['receive', 'in', '--overwrite', '--rename'], 2, /cannot be used with/]
  ] as const) {
    const run = await alice.run([...args])
    t.is(run.code, code, `${args.join(' ')}: ${run.stderr}`)
    t.regex(run.stderr, text, args.join(' '))
  }
  // somebody who runs something else
  const chat = bob.start(['chat', 'alice', '--json', '--listen'])
  await chat.event('connection')
  const refused = await alice.run(['send', 'a', '--to', 'bob'])
  t.is(refused.code, 4, refused.stderr)
  t.regex(refused.stderr, /ERR_RESET_REFUSED: .*run the other side of the command/)
  await chat.stop()
})

test('a sender whose own relay is away says so', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  writeFileSync(join(alice.folder, 'a'), 'a')
  const send = alice.start(['send', 'a', '--to', 'bob', '--wait', '0.1'])
  await send.until(() => send.stderr.includes('bob is not there (ERR_RELAY_OFFLINE)'), 'that bob is away')
  await relay.stop('SIGKILL')
  t.is(await send.ended, 3)
  t.is(send.stderr.match(/bob is not there/g)?.length, 1)
  t.regex(send.stderr, /ERR_TRANSPORT_REFUSED: .*Look whether the relay runs/)
})

test('a file that goes away in the middle is told by both, who count those that are there', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  writeFileSync(join(alice.folder, 'a'), random(2_000_000))
  writeFileSync(join(alice.folder, 'b'), 'b')
  const receive = bob.start(['receive', 'in', '--yes', '--once', '--json'])
  const send = alice.start(['send', 'a', 'b', '--to', 'bob', '--json'], { env: haltedAt(1_000_000) })
  await send.event('progress')
  rmSync(join(alice.folder, 'b'))
  goOn(send)
  t.is(await send.ended, 1, send.stderr)
  t.is(await receive.ended, 1, receive.stderr)
  for (const [run, event] of [[send, 'sent'], [receive, 'received']] as const) {
    const told = run.lines.at(-1)
    t.like(told, { event, files: 1, bytes: 2_000_000 })
    t.deepEqual((told?.['failures'] as Array<{ path: string }>).map(({ path }) => path), ['b'])
  }
  t.deepEqual(readdirSync(join(bob.folder, 'in')), ['a'])
})

test('Ctrl-C on either side says what is kept, and the same commands go on', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  writeFileSync(join(alice.folder, 'a'), random(20_000_000))
  const receive = bob.start(['receive', 'in', '--yes'])
  await receive.until(() => receive.stderr.includes('waiting for files'), 'that it waits')
  const send = alice.start(['send', 'a', '--to', 'bob', '--json'], { env: haltedAt(10_000_000) })
  await send.event('progress')
  t.is(await send.stop('SIGINT'), 130)
  await receive.until(() => receive.stderr.includes('ERR_FILES_STOPPED'), 'that the sender has stopped')
  const again = alice.start(['send', 'a', '--to', 'bob', '--json'], { env: haltedAt(10_000_000) })
  await again.event('progress')
  t.is(await receive.stop('SIGINT'), 130)
  t.regex(receive.stderr, /stopped; what has come of transfers is kept/)
  t.is(await again.ended, 4)
  t.like(again.lines.at(-1), { event: 'failed', code: 'ERR_FILES_STOPPED' })
  const third = bob.start(['receive', 'in', '--yes', '--once'])
  t.is((await alice.run(['send', 'a', '--to', 'bob'])).code, 0)
  t.is(await third.ended, 0)
  t.true(readFileSync(join(bob.folder, 'in/a')).equals(readFileSync(join(alice.folder, 'a'))))
  t.deepEqual(readdirSync(join(bob.folder, 'in')), ['a'])
})
