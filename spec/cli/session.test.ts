import test from 'ava'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectionTeller } from '../../lib/cli/session.js'
import { Output } from '../../lib/cli/terminal/output.js'
import { createIdentity } from '../../lib/nova/index.js'
import { formatRelayAddress, parseRelayAddress } from '../../lib/relay/index.js'
import { HushwireError } from '../../lib/stream/index.js'
import { cleanUp, pairOf, temporaryFolder, TestRelay, User } from './support.js'

test.after.always(cleanUp)

test.serial('two commands of one profile: the second is told who has it; one that was killed holds nobody up', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  const chat = alice.start(['chat', 'bob', '--json'])
  await chat.event('connection')
  const second = await alice.run(['ping', 'bob'])
  t.is(second.code, 5)
  t.regex(second.stderr, new RegExp(`ERR_CLI_BUSY: .*hushwire chat \\(process ${chat.process.pid}\\) has the profile default.*--profile NAME`))
  t.is((await alice.run(['contacts'])).code, 5)
  // what reads no store is not held up
  t.is((await alice.run(['id', 'show'])).code, 0)
  await chat.stop('SIGKILL')
  t.is((await alice.run(['contacts'])).code, 0)
  // a note that says nothing is no lock
  const holder = join(alice.folder, 'data/hushwire/default/holder')
  await writeFile(holder, '{"pid":1,"command":"\\u001b[2J"}')
  t.is((await alice.run(['contacts'])).code, 0)
  await t.throwsAsync(readFile(holder), { code: 'ENOENT' })
  await relay.stop()
})

test.serial('a relay that is not reached, is another one, or does not admit us', async t => {
  const relay = await TestRelay.start('tcp', ['--registration', 'invite'])
  const { url } = parseRelayAddress(relay.address)
  const user = new User()
  await user.run(['id', 'new', '--relay', relay.address])
  const refused = await user.run(['pair'])
  t.is(refused.code, 3)
  t.regex(refused.stderr, /ERR_RELAY_INVITE: .*hushwire relay invite.*--invite/)
  t.regex((await user.run(['pair', '--invite', 'x'])).stderr, /ERR_CLI_OPTION: .*43 characters/)
  const other = await user.run(['pair', '--relay', formatRelayAddress({ url, relay: createIdentity().publicKey })])
  t.is(other.code, 3)
  t.regex(other.stderr, /ERR_IDENTITY_REFUSED: .*another key/)
  const invited = user.start(['pair', '--json', '--invite', await relay.ask('invite')])
  await invited.event('offer')
  t.is(await invited.stop('SIGTERM'), 143)
  await relay.stop()
  const gone = await user.run(['pair', '--json'])
  t.is(gone.code, 3)
  t.like(gone.lines.at(-1), { event: 'failed', code: 'ERR_TRANSPORT_REFUSED', exit: 3 })
})

test.serial('who is not on the list of a relay is told so, and does not wait', async t => {
  const relay = await TestRelay.start('tcp', ['--registration', 'allowlist'])
  const user = new User()
  await user.run(['id', 'new', '--relay', relay.address])
  for (const args of [['pair'], ['receive', temporaryFolder(), '--yes']]) {
    const refused = await user.run(args)
    t.is(refused.code, 3)
    t.regex(refused.stderr, /ERR_RELAY_NOT_REGISTERED: .*admit this id: hushwire id show\.$/m)
  }
  await relay.stop()
})

test.serial('a relay that is killed and comes back is found again, and that is told', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const [one, other] = [alice.start(['chat', 'bob', '--json']), bob.start(['chat', 'alice'])]
  // the relay may know of a connection before its client does
  other.type('there\n')
  await one.event('message')
  await relay.stop('SIGKILL')
  await one.event('connection', ({ state }) => state === 'waiting')
  one.type('said without a relay\n')
  await one.event('said')
  await other.until(() => /no connection to the relay \(ERR_\w+: [^)]+\); trying again (at once|in \d+ s)/.test(other.stderr), 'a notice')
  await relay.start()
  await one.event('stored')
  await other.until(() => other.stdout.includes('alice: said without a relay'), 'the message')
  t.regex(other.stderr, /connected to the relay again/)
  await one.event('delivered')
  await Promise.all([one.stop(), other.stop()])
  await relay.stop()
})

test.serial('the same identity elsewhere ends a command, with what to do', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  const env = { HUSHWIRE_PASSPHRASE: 'one' }
  await alice.run(['id', 'export', 'copy'], { env })
  await alice.run(['id', 'import', 'copy', '--relay', relay.address, '--profile', 'twin'], { env })
  const first = alice.start(['chat', 'bob', '--json'])
  await first.event('connection')
  const second = alice.start(['pair', '--json', '--profile', 'twin'], { env })
  await second.event('offer')
  t.is(await first.ended, 5)
  t.like(first.lines.at(-1), { event: 'failed', code: 'ERR_RELAY_TAKEN_OVER', exit: 5 })
  await second.stop()
  await relay.stop()
})

test.serial('a signal ends a command in order, a second one at once', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  const holder = join(alice.folder, 'data/hushwire/default/holder')
  for (const [signal, exit] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    const chat = alice.start(['chat', 'bob'])
    await chat.until(() => chat.stderr.includes('/help'), 'its beginning')
    t.is(await chat.stop(signal), exit)
    t.notRegex(chat.stderr, /ERR_/)
    await t.throwsAsync(readFile(holder), { code: 'ENOENT' })
  }
  await relay.stop()
})

test.serial('a folder that others may look into is not used', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  const data = join(alice.folder, 'data/hushwire/default')
  await chmod(data, 0o750)
  const run = await alice.run(['contacts'])
  t.is(run.code, 2)
  t.regex(run.stderr, /ERR_CLI_FILE: .*chmod 700/)
  await chmod(data, 0o700)
  await rm(join(data, 'store'), { recursive: true })
  await writeFile(join(data, 'store'), 'no folder')
  t.regex((await alice.run(['contacts'])).stderr, /ERR_STORE_OPEN: .*Look at the folder of the profile/)
  await relay.stop()
})

test('why there is no connection stands before what to do about it, and nothing stands where nothing can be done', t => {
  for (const [code, words] of [['ERR_TRANSPORT_REFUSED', /^no connection[^\n]*\nLook whether the relay runs[^\n]*\n$/], ['ERR_NOBODY_KNOWS', /^no connection[^\n]*\n$/]] as const) {
    let err = ''
    const output = new Output({ command: 'chat' }, { write: () => {} }, { write: text => { err += text } })
    connectionTeller(output, 'tcp://host:1', () => {})({ type: 'waiting', error: Object.assign(new Error('x'), { code }), delay: 1000 } as never)
    t.regex(err, words)
  }
})

test('a running command says once what a relay with another key means, and goes on trying', t => {
  let err = ''
  const output = new Output({ command: 'chat' }, { write: () => {} }, { write: text => { err += text } })
  const tell = connectionTeller(output, 'tcp://host:1', () => { t.fail() })
  const waiting = { type: 'waiting', error: Object.assign(new Error('x'), { code: 'ERR_IDENTITY_REFUSED' }), delay: 1000 } as const
  tell({ type: 'connected' } as never)
  for (let tries = 0; tries < 3; tries++) tell(waiting)
  t.is(err.split('somebody may stand between').length - 1, 1)
  t.is(err.split('trying again').length - 1, 3)
  // another relay may come again
  tell({ type: 'connected' } as never)
  tell(waiting)
  t.is(err.split('somebody may stand between').length - 1, 2)
})

test('why there is no connection is told in words that do nothing to a terminal, and when it is tried again', t => {
  let err = ''
  const output = new Output({ command: 'chat' }, { write: () => {} }, { write: text => { err += text } })
  const tell = connectionTeller(output, 'tcp://host:1', () => {})
  const error = new HushwireError('ERR_TRANSPORT_CONNECT', 'there is no connection: ENOTFOUND\u001b[2J', { layer: 'transport', origin: 'local', fatal: true })
  for (const delay of [107, 499, 500, 1600]) tell({ type: 'waiting', error, delay } as never)
  t.deepEqual(err.match(/^no connection.*$/gm), ['at once', 'at once', 'in 1 s', 'in 2 s'].map(when => `no connection to the relay (ERR_TRANSPORT_CONNECT: there is no connection: ENOTFOUND); trying again ${when}`))
})

test('programs are told in words as well why there is no connection', t => {
  let out = ''
  const output = new Output({ command: 'chat', json: true }, { write: text => { out += text } })
  const error = new HushwireError('ERR_TRANSPORT_CONNECT', 'there is no connection: ENOTFOUND\u001b[2J', { layer: 'transport', origin: 'local', fatal: true })
  connectionTeller(output, 'tcp://host:1', () => {})({ type: 'waiting', error, delay: 107.4 } as never)
  t.deepEqual(JSON.parse(out), { event: 'connection', state: 'waiting', code: 'ERR_TRANSPORT_CONNECT', message: 'there is no connection: ENOTFOUND', delay: 107 })
})

test('the URL of a relay, which an offer may have brought, does nothing to a terminal', t => {
  let err = ''
  const output = new Output({ command: 'pair' }, { write: () => {} }, { isTTY: true, columns: 80, write: text => { err += text } })
  connectionTeller(output, 'tcp://host:1/\u001b[5m')({ type: 'connecting' } as never)
  t.true(err.endsWith('connecting to tcp://host:1/ …'), JSON.stringify(err))
})
