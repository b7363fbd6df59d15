import test from 'ava'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatRelayAddress } from '../../lib/relay/index.js'
import { cleanUp, User } from './support.js'

test.after.always(cleanUp)
const ADDRESS = formatRelayAddress({ url: 'tcp://127.0.0.1:7411', relay: new Uint8Array(32).fill(9) })

test.serial('an identity is made once, shown, and kept where only its owner reads it', async t => {
  const user = new User()
  const made = await user.run(['id', 'new', '--name', 'Alice', '--relay', ADDRESS])
  t.is(made.code, 0, made.stderr)
  t.regex(made.stdout, /^profile {5}default\nid {10}[0-9a-f-]{36}\npublic key {2}[\w-]{43}\nfingerprint (\d{5} ){7}\d{5}\nname {8}Alice\nrelay {7}tcp:\S+#\S+\npassphrase {2}no: .*\nfiles {7}\S+ and \S+\n$/)
  const config = join(user.folder, 'config/hushwire/default')
  for (const name of ['identity', 'profile.toml']) t.is((await stat(join(config, name))).mode & 0o777, 0o600)
  t.is((await stat(config)).mode & 0o777, 0o700)
  const before = await readFile(join(config, 'identity'))
  const again = await user.run(['id', 'new'])
  t.is(again.code, 2)
  t.regex(again.stderr, /ERR_CLI_EXISTS.*the profile default/)
  t.deepEqual(await readFile(join(config, 'identity')), before)
  const shown = await user.run(['id', 'show', '--json'])
  t.like(shown.lines[0], { event: 'identity', profile: 'default', name: 'Alice', relay: ADDRESS, sealed: false, config })
  t.is((await user.run(['id', 'new'], { env: { HUSHWIRE_PROFILE: 'work' } })).code, 0)
  t.is((await user.run(['id', 'show', '--profile', 'work', '--quiet'])).code, 0)
  await writeFile(join(config, 'profile.toml'), 'name = "Al\\u001b[2Jice"\n', { mode: 0o600 })
  t.regex((await user.run(['id', 'show'])).stdout, /\nname {8}Alice\n/)
})

test.serial('a passphrase is set, changed, asked for and taken away', async t => {
  const user = new User()
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(user.folder, name), `${text}\n`, { mode: 0o600 })
    return join(user.folder, name)
  }
  const [first, second] = [await file('first', 'one'), await file('second', 'two')]
  t.is((await user.run(['id', 'new', '--passphrase-file', first])).code, 0)
  t.regex((await user.run(['id', 'show'])).stdout, /passphrase {2}yes/)
  // what needs no private key would not look at it, wrong as it may be
  for (const args of [['contacts'], ['id', 'show']]) {
    const refused = await user.run([...args, '--passphrase-file', second])
    t.is(refused.code, 2)
    t.regex(refused.stderr, /unknown option '--passphrase-file'/)
  }
  const without = await user.run(['id', 'passphrase', '--remove'])
  t.is(without.code, 2)
  t.regex(without.stderr, /ERR_CLI_PASSPHRASE: .*no terminal to ask for it, so set HUSHWIRE_PASSPHRASE or give --passphrase-file FILE\.\n$/)
  t.regex((await user.run(['id', 'passphrase', '--passphrase-file', first])).stderr, /so give --new-passphrase-file FILE\.\n$/)
  const changed = await user.run(['id', 'passphrase', '--passphrase-file', first, '--new-passphrase-file', second])
  t.is(changed.code, 0, changed.stderr)
  t.is((await user.run(['id', 'passphrase', '--remove', '--passphrase-file', first])).code, 2)
  const removed = await user.run(['id', 'passphrase', '--remove', '--json'], { env: { HUSHWIRE_PASSPHRASE: 'two' } })
  t.deepEqual(removed.lines, [{ event: 'passphrase', profile: 'default', sealed: false }])
  t.is((await user.run(['id', 'passphrase', '--passphrase-file', second])).code, 0)
  t.regex((await user.run(['id', 'show'])).stdout, /passphrase {2}yes/)
})

test.serial('a copy is sealed, never written over anything, and makes the same identity elsewhere', async t => {
  const [user, other] = [new User(), new User()]
  const env = { HUSHWIRE_PASSPHRASE: 'one' }
  await user.run(['id', 'new', '--name', 'Alice'])
  const copy = join(other.folder, 'copy')
  const exported = await user.run(['id', 'export', copy], { env })
  t.is(exported.code, 0, exported.stderr)
  t.is((await stat(copy)).mode & 0o777, 0o600)
  t.is((await user.run(['id', 'export', copy], { env })).code, 2)
  t.regex((await other.run(['id', 'import', copy], { env: { HUSHWIRE_PASSPHRASE: 'wrong' } })).stderr, /ERR_CLI_PASSPHRASE: .*type the right one.*nobody can open an identity without its passphrase\.\n$/)
  t.regex((await other.run(['id', 'show'])).stderr, /ERR_CLI_PROFILE.*hushwire id new/)
  t.is((await other.run(['id', 'import', copy, '--relay', ADDRESS], { env })).code, 0)
  const ids = await Promise.all([user, other].map(async one => (await one.run(['id', 'show', '--json'])).lines[0]?.['id']))
  t.is(ids[0], ids[1])
  t.is((await other.run(['id', 'import', copy], { env })).code, 2)
  await writeFile(join(other.folder, 'none'), 'nothing of the kind')
  t.regex((await other.run(['id', 'import', join(other.folder, 'none'), '--profile', 'x'])).stderr, /ERR_CLI_IDENTITY/)
  t.regex((await other.run(['id', 'import', other.folder, '--profile', 'x'])).stderr, /ERR_CLI_FILE: .*is a folder/)
  t.regex((await other.run(['id', 'import', join(other.folder, 'gone'), '--profile', 'x'])).stderr, /ERR_CLI_FILE: .*gone cannot be read: there is nothing of that name/)
})

test.serial('what cannot be used is told in one sentence, with what to do', async t => {
  const user = new User()
  await user.run(['id', 'new', '--relay', ADDRESS])
  const config = join(user.folder, 'config/hushwire')
  const spoil = async (name: string, work: (folder: string) => Promise<void>): Promise<void> => {
    await user.run(['id', 'new', '--profile', name])
    await work(join(config, name))
  }
  await spoil('open', folder => chmod(join(folder, 'identity'), 0o644))
  await spoil('changed', async folder => { await writeFile(join(folder, 'identity'), `${(await readFile(join(folder, 'identity'), 'utf8')).slice(0, 60)}\n`) })
  await spoil('settings', folder => writeFile(join(folder, 'profile.toml'), 'relais = "x"\n'))
  await spoil('address', folder => writeFile(join(folder, 'profile.toml'), 'relay = "bad"\n', { mode: 0o600 }))
  await spoil('writable', folder => chmod(join(folder, 'profile.toml'), 0o666))
  await mkdir(join(user.folder, 'data/hushwire/leftover/store'), { recursive: true })
  for (const [args, exit, words] of [
    [['ping', 'bob', '--profile', 'nobody'], 2, /ERR_CLI_PROFILE: .*nobody.*hushwire id new --relay/],
    [['id', 'show', '--profile', '../x'], 2, /ERR_CLI_OPTION: .*name of a profile/],
    [['id', 'show', '--profile', 'open'], 2, /ERR_CLI_FILE: .*chmod 600/],
    [['id', 'show', '--profile', 'changed'], 2, /ERR_CLI_IDENTITY: .*hushwire id import/],
    [['id', 'show', '--profile', 'settings'], 2, /ERR_CLI_CONFIG: .*relais.*hushwire id relay/],
    [['id', 'show', '--profile', 'writable'], 2, /ERR_CLI_FILE: .*chmod go-w/],
    [['id', 'new', '--profile', 'leftover'], 2, /ERR_CLI_EXISTS: .*of an earlier profile leftover/],
    [['id', 'relay', 'tcp://host:1'], 2, /ERR_RELAY_ADDRESS/],
    [['id', 'relay', 'ftp://host:1/#x'], 2, /ERR_RELAY_URL/],
    [['id', 'new', '--profile', 'named', '--name', '\u001b[2J'], 2, /ERR_CLI_NAME/],
    [['id', 'new', '--profile', 'named', '--name', 'x'.repeat(65)], 2, /ERR_CLI_NAME: .*1 to 64 characters/],
    [['ping', 'bob', '--profile', 'address'], 2, /ERR_CLI_CONFIG: .*\/address\/profile\.toml: relay: .*Mend the file, or make it anew with: hushwire id relay ADDRESS --profile address\./],
    [['ping', 'bob', '--profile', 'address', '--relay', 'bad'], 2, /ERR_RELAY_URL/],
    [['ping', 'bob', '--profile', 'changed2'], 2, /ERR_CLI_PROFILE/],
    [['id', 'nonsense'], 2, /unknown command 'nonsense'/],
    [['id', 'show', '--nonsense'], 2, /unknown option '--nonsense'\. See hushwire id show --help\./],
    [['id', 'export'], 2, /missing required argument 'file'/],
    [['nonsense'], 2, /unknown command 'nonsense'/],
    [['id', 'show', '--color', 'blue'], 2, /Allowed choices are auto, always, never/]
  ] as const) {
    const run = await user.run(args)
    t.is(run.code, exit, `${args.join(' ')}: ${run.stderr}`)
    t.regex(run.stderr, words)
    t.notRegex(run.stderr, /\n\s+at /)
  }
  await spoil('norelay', async () => {})
  t.regex((await user.run(['ping', 'bob', '--profile', 'norelay'])).stderr, /ERR_CLI_RELAY: .*give it to --relay/)
  const machine = await user.run(['id', 'show', '--profile', 'nobody', '--json'])
  t.like(machine.lines[0], { event: 'failed', code: 'ERR_CLI_PROFILE', exit: 2 })
})

test.serial('the relay of a profile is set though its settings are damaged, and what is lost by that is said', async t => {
  const user = new User()
  const bare = await user.run(['id', 'new', '--profile', 'work'])
  t.regex(bare.stderr, /No relay yet: hushwire id relay ADDRESS --profile work\.\n$/)
  const settings = join(user.folder, 'config/hushwire/work/profile.toml')
  for (const damaged of ['relay = "x\nname = "Alice"\n', 'relais = "x"\n']) {
    await writeFile(settings, damaged)
    const run = await user.run(['id', 'relay', ADDRESS, '--profile', 'work'])
    t.is(run.code, 0, run.stderr)
    t.regex(run.stderr, /profile\.toml:.*It was written anew: a name that stood in it is gone/)
    t.true((await readFile(settings, 'utf8')).includes(ADDRESS))
  }
  // what can be read is kept
  await writeFile(settings, 'relay = "bad"\nname = "Alice"\n')
  const kept = await user.run(['id', 'relay', ADDRESS, '--profile', 'work', '--json'])
  t.like(kept.lines, [{ event: 'identity', name: 'Alice', relay: ADDRESS }])
  // nor is anything written by an address that cannot be used, or where there is no profile
  await writeFile(settings, 'damaged')
  t.is((await user.run(['id', 'relay', 'bad', '--profile', 'work'])).code, 2)
  t.is(await readFile(settings, 'utf8'), 'damaged')
  t.regex((await user.run(['id', 'relay', ADDRESS])).stderr, /ERR_CLI_PROFILE/)
})
