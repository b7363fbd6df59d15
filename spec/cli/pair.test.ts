import test from 'ava'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseOffer } from '../../lib/relay/index.js'
import { formatOffer } from '../../lib/relay/client/pairing/offer.js'
import { cleanUp, TestRelay, User, type Run } from './support.js'

test.after.always(cleanUp)

/** Whom somebody has met. */
function bobId ({ lines }: Run): string { return String(lines.find(({ event }) => event === 'paired')?.['id']) }

test.serial('two who do not know each other pair: keys, names, a profile for who has none', async t => {
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
  // each sees the fingerprint that the other has
  t.true(shows.stdout.includes(String(shown.lines[0]?.['fingerprint'])))
  // an offer is good once
  const chat = alice.start(['chat', 'Bob B.', '--json'])
  await chat.event('connection')
  const carol = new User()
  const changed = formatOffer({ ...parseOffer(offer), fingerprint: new Uint8Array(32) })
  for (const [text, words] of [[offer, /ERR_OFFER_REFUSED: .*makes another one with: hushwire pair/], [changed, /ERR_OFFER_PEER: /]] as const) {
    const again = await carol.run(['pair', text])
    t.is(again.code, 4)
    t.regex(again.stderr, words)
    // nobody trusts the new identity: nothing is left of it
    t.notRegex(again.stderr, /made the profile/)
    t.false(existsSync(join(carol.folder, 'config/hushwire/default')))
    t.false(existsSync(join(carol.folder, 'data/hushwire/default')))
  }
  // who has answered an offer already is told so
  const twice = bob.start(['pair', offer])
  await twice.until(() => /Alice is a contact already, by this offer or another one; waiting for their answer/.test(twice.stderr), 'that they know each other')
  t.is(await twice.stop('SIGINT'), 130)
  await chat.stop()
  // and one whose identity may be trusted by now keeps it
  const dave = new User()
  const third = alice.start(['pair', '--json'])
  const late = String((await third.event('offer'))['offer'])
  await third.stop('SIGKILL')
  const waits = dave.start(['pair', late])
  await waits.until(() => waits.stderr.includes('waiting for their answer'), 'that it waits')
  t.is(await waits.stop('SIGINT'), 130)
  t.regex(waits.stderr, /made the profile default in /)
  t.true(existsSync(join(dave.folder, 'config/hushwire/default/identity')))
  await relay.stop()
})

test.serial('by WebSockets there is a link of the page too, and it is taken as an offer', async t => {
  const relay = await TestRelay.start('websocket')
  const [alice, bob] = [new User(), new User()]
  await alice.run(['id', 'new', '--relay', relay.address])
  const shows = alice.start(['pair', '--json', '--name', 'robert'])
  const { offer, link } = await shows.event('offer')
  t.is(link, `${relay.address.replace(/^ws/, 'http').replace(/#.*/, '')}#${String(offer)}`)
  const answers = await bob.run(['pair', String(link), '--json', '--as', 'Bob', '--name', 'ally'])
  t.is(answers.code, 0, answers.stdout)
  t.like(answers.lines.find(({ event }) => event === 'paired'), { name: 'ally', callsItself: undefined })
  t.is(await shows.ended, 0)
  t.like(shows.lines.find(({ event }) => event === 'paired'), { name: 'robert', callsItself: 'Bob' })
  // the name of another contact is not given twice
  const more = alice.start(['pair', '--json', '--name', 'Robert'])
  t.is((await new User().run(['pair', String((await more.event('offer'))['offer']), '--as', 'Carol'])).code, 0)
  t.is(await more.ended, 0)
  t.regex(String((await more.event('warning'))['text']), /not called Robert: .*another contact's/)
  t.like(await more.event('paired'), { name: 'Carol' })
  await relay.stop()
})

test.serial('an offer that nobody answers, is none, or whose maker is not there', async t => {
  const relay = await TestRelay.start()
  const alice = new User()
  await alice.run(['id', 'new', '--relay', relay.address])
  const late = await alice.run(['pair', '--expires', '0.01'])
  t.is(late.code, 4)
  t.regex(late.stderr, /ERR_CLI_EXPIRED: .*--expires/)
  const shows = alice.start(['pair', '--json'])
  const offer = String((await shows.event('offer'))['offer'])
  for (const [args, exit, words] of [
    [['pair', 'hushwire:AA'], 2, /ERR_OFFER_/],
    [['pair', offer.slice(0, -9)], 2, /ERR_OFFER_TEXT: .*was the offer copied whole\?/],
    [['pair', 'https://example.org/'], 2, /ERR_OFFER_TEXT: .*behind # is missing.*in quotes/],
    [['receive', 'in', 'http://127.0.0.1:18080/'], 2, /ERR_OFFER_TEXT: .*behind # is missing.*in quotes/],
    [['pair', 'nonsense'], 2, /ERR_OFFER_TEXT: .*begins with hushwire:/],
    [['pair', '--name', '\u0007', offer], 2, /ERR_CLI_NAME/],
    [['pair', '--expires', '0'], 2, /0\.01 to 10080/]
  ] as const) {
    const bob = new User()
    const run = await bob.run(args)
    t.is(run.code, exit, run.stderr)
    t.regex(run.stderr, words)
    // nothing is left of a profile that was not to be
    t.false(existsSync(join(bob.folder, 'config')))
    t.false(existsSync(join(bob.folder, 'data/hushwire/default')))
  }
  t.regex((await alice.run(['pair', offer])).stderr, /ERR_CLI_BUSY/)
  // what is at its address is not its relay
  const strange = await new User().run(['pair', formatOffer({ ...parseOffer(offer), relayFingerprint: new Uint8Array(32) })])
  t.is(strange.code, 3)
  t.regex(strange.stderr, /ERR_IDENTITY_REFUSED: .*another key than the one of the offer: .*Ask who made the offer\.\n$/)
  const elsewhere = await TestRelay.start()
  const carol = new User()
  await carol.run(['id', 'new', '--relay', elsewhere.address])
  const wrong = await carol.run(['pair', offer])
  t.is(wrong.code, 2)
  t.regex(wrong.stderr, /ERR_OFFER_RELAY: .*--profile NAME/)
  await elsewhere.stop()
  t.is(await shows.stop('SIGINT'), 130)
  t.regex((await alice.run(['pair', offer])).stderr, /ERR_OFFER_PEER: .*our own/)
  await relay.stop()
  const bob = new User()
  const { host } = new URL(relay.address)
  for (const args of [['pair', offer], ['receive', 'in', offer]]) {
    const run = await bob.run(args)
    t.is(run.code, 3)
    t.true(run.stderr.includes(`The offer is for the relay at tcp://${host}: `), run.stderr)
    t.regex(run.stderr, /ask who made the offer/)
    t.notRegex(run.stderr, /id show/)
    // it would not be heeded: the offer says which relay a new profile has
    const other = await bob.run([...args, '--relay', elsewhere.address])
    t.is(other.code, 2)
    t.regex(other.stderr, /ERR_CLI_OPTION: .*relay of the offer; leave --relay out/)
    t.false(existsSync(join(bob.folder, 'data/hushwire/default')))
  }
})

test.serial('what is to be typed next has the profile that the command was given', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = [new User(), new User()]
  await alice.run(['id', 'new', '--relay', relay.address, '--name', "Al's mate"])
  const shows = alice.start(['pair', '--json'])
  const offer = String((await shows.event('offer'))['offer'])
  const answers = await bob.run(['pair', offer, '--profile', 'bob'])
  t.regex(answers.stderr, /^now: hushwire chat 'Al'\\''s mate' --profile bob$/m)
  await shows.ended
  // whom hushwire send has shown the offer makes another one with that
  const chat = alice.start(['ping', bobId(shows), '--json'])
  await chat.event('connection')
  for (const [args, maker] of [[['pair', offer], 'pair'], [['receive', 'in', offer], 'send FILE']] as const) {
    const used = await new User().run(args)
    t.regex(used.stderr, /ERR_OFFER_REFUSED/)
    t.true(used.stderr.endsWith(`makes another one with: hushwire ${maker}.\n`), used.stderr)
  }
  await chat.stop()
  t.regex((await bob.run(['pair', '--profile', 'none'])).stderr, /hushwire id new --relay ADDRESS --profile none, or hushwire pair OFFER --profile none\./)
  // a variable needs not be typed
  t.regex((await bob.run(['pair'], { env: { HUSHWIRE_PROFILE: 'none' } })).stderr, /hushwire id new --relay ADDRESS, or/)
  await relay.stop()
})

test.serial('a new profile is sealed when there is a passphrase', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = [new User(), new User()]
  await alice.run(['id', 'new', '--relay', relay.address, '--name', 'alice'])
  const shows = alice.start(['pair', '--json'])
  const env = { HUSHWIRE_PASSPHRASE: 'one' }
  t.is((await bob.run(['pair', String((await shows.event('offer'))['offer'])], { env })).code, 0)
  await shows.ended
  t.regex((await bob.run(['ping', 'alice'])).stderr, /ERR_CLI_PASSPHRASE/)
  t.regex((await bob.run(['ping', 'alice', '-c', '1'], { env })).stdout, /nothing came back \(ERR_RELAY_OFFLINE\)/)
  await relay.stop()
})
