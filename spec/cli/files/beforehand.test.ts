import test from 'ava'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FolderDestination } from '../../../lib/cli/files/folder-destination.js'
import { sourceTree } from '../../../lib/cli/files/source-tree.js'
import { whyOf } from '../../../lib/cli/files/why.js'
import { filesError, type Transfer } from '../../../lib/files/index.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { ROOT } from '../../support/root.js'
import { cleanUp, temporaryFolder } from '../support.js'

test.after.always(cleanUp)

test('a folder into which nothing can be put is told before anything comes; one that can is left as it was', async t => {
  // nobody makes folders there
  if (process.platform === 'linux') await t.throwsAsync(FolderDestination.at('/proc', 'refuse'), { code: 'ERR_CLI_FILE', message: /nothing can be put into \/proc: / })
  await t.throwsAsync(FolderDestination.at('', 'refuse'), { code: 'ERR_CLI_FILE', message: /is empty, perhaps an unset variable/ })
  const folder = temporaryFolder()
  await FolderDestination.at(folder, 'refuse')
  t.deepEqual(readdirSync(folder), [])
  mkdirSync(join(folder, '.hushwire-part'))
  await FolderDestination.at(folder, 'refuse')
  t.deepEqual(readdirSync(folder), ['.hushwire-part'])
})

test('commands that begin at once on one folder do not disturb each other', async t => {
  const folder = temporaryFolder()
  await t.notThrowsAsync(Promise.all(Array.from({ length: 50 }, () => FolderDestination.at(folder, 'refuse'))))
  t.deepEqual(readdirSync(folder), [])
})

test('a folder that was removed under who sends from it is told as such', t => {
  const script = join(temporaryFolder(), 'removed.mjs')
  writeFileSync(script, `import { sourceTree } from '${join(ROOT, 'dist/lib/cli/files/source-tree.js')}'
    await sourceTree(['x']).catch(error => { console.log(error.code, error.message) })`)
  // where folders in use stay, there is nothing to tell
  const { stdout } = spawnSync('sh', ['-c', 'rmdir "$PWD" && exec "$0" "$1"', process.execPath, script], { cwd: temporaryFolder(), encoding: 'utf8' })
  if (process.platform === 'linux') t.regex(stdout, /^ERR_CLI_FILE .*the folder that this runs in cannot be read/)
  else t.pass()
})

test('what cannot be written later names path and reason', async t => {
  const folder = realpathSync(temporaryFolder())
  const destination = await FolderDestination.at(folder, 'refuse')
  rmSync(folder, { recursive: true })
  writeFileSync(folder, '')
  const { id, publicKey } = createIdentity()
  const transfer: Transfer = { id: 'ab'.repeat(32), from: { id, publicKey } as Transfer['from'], manifest: { entries: [{ type: 'file', path: 'a', size: 1, modified: 0, executable: false }], files: 1, bytes: 1 } }
  const error = await t.throwsAsync(async () => destination.open(transfer), { code: 'ERR_FILES_WRITE' })
  t.true(error.message.endsWith(`${join(folder, '.hushwire-part')}: something on the way is no folder`), error.message)
  t.is(whyOf(error), `${error.message} (ERR_FILES_WRITE)`)
  t.is(whyOf(filesError('ERR_FILES_READ', 'a', Object.assign(new Error('x'), { code: 'EACCES' }))), 'a file cannot be read where it is sent from: a: this user may not do that (ERR_FILES_READ)')
})

test('a file that cannot be read is told before the other side is asked, with what to do', async t => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'closed'), 'x', { mode: 0 })
  // the system's administrator may read all files but such
  const closed = process.getuid?.() === 0 ? '/proc/sys/vm/compact_memory' : join(folder, 'closed')
  if (process.platform === 'linux') await t.throwsAsync(sourceTree([closed]), { code: 'ERR_CLI_FILE', message: new RegExp(`${closed} cannot be read: this user may not do that; make it readable, or send without it`) })
})

test('a name that not every system takes is told with its path, unless any name is taken', async t => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a:b'), 'x')
  await t.throwsAsync(sourceTree([folder]), { code: 'ERR_FILES_PATH', message: new RegExp(`: a character that Windows does not take in a name: ${basename(folder)}/a:b$`) })
  t.is((await sourceTree([folder], { names: 'any' })).length, 1)
})

test('a name that is no text is told as such, also where it is named', async t => {
  await t.throwsAsync(sourceTree([join(temporaryFolder(), 'bad\ufffd')]), { code: 'ERR_FILES_PATH', message: /is not UTF-8$/ })
})

test('what is in the way of tidying up is no reason to take nothing', async t => {
  const folder = temporaryFolder()
  const stray = join(folder, '.hushwire-part', '11'.repeat(32))
  mkdirSync(join(folder, '.hushwire-part'))
  writeFileSync(stray, '')
  utimesSync(stray, 1, 1)
  const destination = await FolderDestination.at(folder, 'refuse')
  const { id, publicKey } = createIdentity()
  const place = await destination.open({ id: 'ab'.repeat(32), from: { id, publicKey } as Transfer['from'], manifest: { entries: [{ type: 'file', path: 'a', size: 1, modified: 0, executable: false }], files: 1, bytes: 1 } })
  await place.close(true)
  t.deepEqual(readdirSync(join(folder, '.hushwire-part')), ['11'.repeat(32)])
})
