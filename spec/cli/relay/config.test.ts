import test from 'ava'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { parseConfig, printConfig, readConfig } from '../../../lib/cli/relay/config.js'
import { identityFile, identityToKeep } from '../../../lib/cli/relay/identity-file.js'
import { nearest } from '../../../lib/cli/nearest.js'
import { defaultSettings, SETTINGS, withSettings } from '../../../lib/cli/relay/settings.js'
import { checkLimits, RELAY_LIMITS } from '../../../lib/relay/server/options.js'
import { ROOT } from '../../support/root.js'
import { codeOf } from '../../support/sources.js'
import { failing } from '../profile/full-disk.js'

const folder = await mkdtemp(join(tmpdir(), 'hushwire-config-'))
test.after.always(() => rm(folder, { recursive: true }))

test('what is printed parses back to the defaults, and every setting has its comment', t => {
  const text = printConfig()
  t.deepEqual(withSettings(defaultSettings(), parseConfig(text, 'printed')), defaultSettings())
  for (const [section, settings] of Object.entries(SETTINGS)) {
    for (const [key, { about }] of Object.entries<{ about: string }>(settings)) t.regex(about, /^[A-Z[].+\.$/, `${section} ${key}`)
  }
  t.deepEqual(defaultSettings().limits, { ...RELAY_LIMITS })
  const { maxWaiting, maxIncoming } = defaultSettings()['limits.link']
  t.deepEqual({ maxWaiting, maxIncoming }, checkLimits().link)
})

test('every relay.toml of the guide is one', async t => {
  const page = await readFile(join(ROOT, 'docs/relay.md'), 'utf8')
  const blocks = [...page.matchAll(/```toml\n([^]*?)```/g)].map(([, block = '']) => block)
  t.true(blocks.length > 0)
  for (const block of blocks) t.notThrows(() => parseConfig(block, 'docs/relay.md'))
  // and every limit and metric that it names is there
  for (const [section, settings] of Object.entries(SETTINGS)) {
    if (section === 'limits.admission') for (const [key, { value }] of Object.entries(settings)) t.true(page.includes(`| \`${key}\` | ${Number(value).toLocaleString('en')} |`), key)
  }
})

test('what is wrong is named, with what is nearest to it', t => {
  for (const [text, complaint] of [
    ['[limits]\nmaxConections = 3', 'there is no setting limits.maxConections; is it limits.maxConnections?'],
    ['[limit]', 'there is no setting limit; is it limits?'],
    ['[listen.tpc]', 'there is no setting listen.tpc; is it listen.tcp?'],
    ['[limits.admission]\naddresspending = 3', 'there is no setting limits.admission.addresspending; is it limits.admission.addressPending?'],
    ['something = 3', 'there is no setting something'],
    ['__proto__ = 3', 'there is no setting __proto__'],
    ['[limits]\nmaxPending = "many"', 'limits.maxPending must be number, not "many"'],
    ['[registration]\nrule = "none"', 'registration.rule must be ("open" | "invite" | "allowlist"), not "none"'],
    ['[store]\nmemory = 1', 'store.memory must be boolean, not 1'],
    ['limits = 3', 'limits must be Object, not 3'],
    ...['wire', '', '//wire', '/wi re', '/wire?x', '/wire#x', '/wïre'].map(path => [`[listen.websocket]\npath = "${path}"`, `listen.websocket.path must be / and what may follow it in a URL, without ? and #, not "${path}"`] as const),
    ...['0', '-3', '0.5', 'inf', '2147483648'].map(backlog => [`[listen.tcp]\nbacklog = ${backlog}`, 'listen.tcp.backlog must be a whole number from 1 to 2147483647, not '] as const),
    ['[limits\n', 'relay.toml, line 1, column']
  ] as const) {
    const error = t.throws(() => parseConfig(text, 'relay.toml'), { code: 'ERR_CLI_CONFIG' })
    t.true(error.message.includes(complaint), error.message)
  }
})

test('files are found from the folder of the configuration; what is given later wins', async t => {
  const path = join(folder, 'relay.toml')
  await writeFile(path, 'identity = "keys/identity"\n[store]\nfolder = "/var/lib/data"\n[limits]\nmaxPending = 7\nmaxConnections = inf\n')
  const settings = withSettings(defaultSettings(), await readConfig(path), { limits: { maxPending: 8 } })
  t.is(settings[''].identity, join(folder, 'keys/identity'))
  t.is(settings.store.folder, '/var/lib/data')
  t.is(settings.tls.cert, '')
  t.is(settings.limits.maxPending, 8)
  t.is(settings.limits.maxConnections, Infinity)
  t.is(await codeOf(readConfig(join(folder, 'missing'))), 'ERR_CLI_CONFIG')
})

test('what is allowed at the edges', t => {
  for (const path of ['/', '/wire', '/a/b-c_d.e~%20/']) t.is(parseConfig(`[listen.websocket]\npath = "${path}"`, 'relay.toml')['listen.websocket']?.path, path)
  for (const backlog of [1, 2_147_483_647]) t.is(parseConfig(`[listen.tcp]\nbacklog = ${backlog}`, 'relay.toml')['listen.tcp']?.backlog, backlog)
})

test('the nearest name, if one is near', t => {
  t.is(nearest('colour', ['color', 'flavor']), 'color')
  t.is(nearest('zebra', ['color', 'flavor']), undefined)
  t.is(nearest('x'.repeat(100_000), ['color']), undefined)
  t.is(nearest('a', []), undefined)
})

test('an identity is made once, for its owner alone; another file, or one that others may read, is refused', async t => {
  const path = join(folder, 'identity')
  t.is(await codeOf(identityFile(path)), 'ERR_CLI_IDENTITY')
  const { identity: made, keep } = await identityToKeep(path)
  t.is(await codeOf(identityFile(path)), 'ERR_CLI_IDENTITY')
  const late = await identityToKeep(path)
  await keep()
  t.is(await codeOf(late.keep()), 'ERR_CLI_IDENTITY')
  t.is((await stat(path)).mode & 0o777, 0o600)
  const read = await identityFile(path)
  t.deepEqual(read.publicKey, made.publicKey)
  await chmod(path, 0o640)
  t.is(await codeOf(identityToKeep(path)), 'ERR_CLI_IDENTITY')
  await writeFile(join(folder, 'short'), 'short', { mode: 0o600 })
  await mkdir(join(folder, 'folder'))
  for (const name of ['short', 'folder']) t.is(await codeOf(identityToKeep(join(folder, name))), 'ERR_CLI_IDENTITY')
})

test('its folder is made too, for its owner alone; where none can be made, that is told', async t => {
  const path = join(folder, 'made/below/identity')
  await (await identityToKeep(path)).keep()
  t.is((await stat(path)).mode & 0o777, 0o600)
  for (const made of ['made', 'made/below']) t.is((await stat(join(folder, made))).mode & 0o777, 0o700)
  const late = await identityToKeep(join(folder, 'in the way/identity'))
  await writeFile(join(folder, 'in the way'), '')
  await t.throwsAsync(late.keep(), { code: 'ERR_CLI_FILE', message: /identity cannot be made: / })
})

test.serial('an identity that could not be written whole is not left: the next start makes one', async t => {
  const path = join(folder, 'part')
  const { keep } = await identityToKeep(path)
  for (const step of ['writeFile', 'sync', 'the folder'] as const) {
    await failing(step, async () => { await t.throwsAsync(keep(), { code: 'ERR_CLI_SPACE', message: /there is no room on the disk: .*part cannot be made/ }, step) })
    t.is(await codeOf(stat(path)), 'ENOENT', step)
  }
  await keep()
  await t.notThrowsAsync(identityFile(path))
})

test('the printed file is TOML that others read too', t => {
  t.is((parse(printConfig())['log'] as { level: string }).level, 'info')
})
