import test from 'ava'
import { chmod, lchown, mkdir, open, readFile, readdir, stat, symlink, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOwner, fileError, makeFolders, privateFolder, readAll, readPrivate, replaceFile, writeNew } from '../../../lib/cli/profile/private-file.js'
import { readSettings, writeSettings } from '../../../lib/cli/profile/settings.js'
import { codeOf } from '../../support/sources.js'
import { cleanUp, temporaryFolder } from '../support.js'
import { failing } from './full-disk.js'

const folder = temporaryFolder()
test.after.always(cleanUp)
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('what is private is made so, whatever the umask is, and is read only when it is', async t => {
  const path = join(folder, 'one')
  await writeNew(path, 'secret')
  t.is(await modeOf(path), 0o600)
  t.deepEqual(await readPrivate(path, { limit: 6, others: 'nothing' }), new TextEncoder().encode('secret'))
  t.is(await codeOf(readPrivate(path, { limit: 5, others: 'nothing' })), 'ERR_CLI_FILE')
  await chmod(path, 0o640)
  await t.throwsAsync(readPrivate(path, { limit: 6, others: 'nothing' }), { code: 'ERR_CLI_FILE', message: /chmod 600 / })
  await t.notThrowsAsync(readPrivate(path, { limit: 6, others: 'read' }))
  await chmod(path, 0o620)
  await t.throwsAsync(readPrivate(path, { limit: 6, others: 'read' }), { code: 'ERR_CLI_FILE', message: /chmod go-w / })
  t.is(await readPrivate(join(folder, 'none'), { limit: 6, others: 'nothing' }), undefined)
  t.is(await codeOf(readPrivate(folder, { limit: 6, others: 'read' })), 'ERR_CLI_FILE')
})

test('what is another user\'s is not believed, nor what a link of theirs leads to', async t => {
  t.notThrows(() => { checkOwner('x', 1000, 1000) })
  t.notThrows(() => { checkOwner('x', 0, 1000) })
  t.notThrows(() => { checkOwner('x', 1000, undefined) }, 'where users have no numbers')
  t.throws(() => { checkOwner('x', 1001, 1000) }, { code: 'ERR_CLI_FILE', message: /x belongs to another user/ })
  const path = join(folder, 'owned')
  const link = join(folder, 'link to owned')
  await writeNew(path, 'ours')
  await symlink(path, link)
  t.truthy(await readPrivate(link, { limit: 6, others: 'nothing' }), 'a link of our own is ours')
  if (process.getuid?.() !== 0) return
  await lchown(link, 65_534, 65_534)
  t.is(await codeOf(readPrivate(link, { limit: 6, others: 'nothing' })), 'ERR_CLI_FILE')
  await lchown(path, 65_534, 65_534)
  await t.throwsAsync(readPrivate(path, { limit: 6, others: 'nothing' }), { code: 'ERR_CLI_FILE', message: /belongs to another user/ })
})

test('what the disk says while it is read is told in words, and what was read is wiped', async t => {
  let room = new Uint8Array(0)
  const file = {
    read: async (into: Uint8Array<ArrayBuffer>) => {
      room = into.fill(7)
      throw Object.assign(new Error('with a secret'), { code: 'EIO' })
    }
  }
  await t.throwsAsync(readAll(file as never, 'x', 10), { code: 'ERR_CLI_FILE', message: 'a file or folder cannot be used: x cannot be read: the disk reports an error' })
  t.deepEqual(room, new Uint8Array(11))
})

test('nothing is written over', async t => {
  const path = join(folder, 'two')
  await writeNew(path, 'first')
  t.is(await codeOf(writeNew(path, 'second')), 'ERR_CLI_EXISTS')
  await symlink(path, join(folder, 'link'))
  t.is(await codeOf(writeNew(join(folder, 'link'), 'second')), 'ERR_CLI_EXISTS')
  t.is(await readFile(path, 'utf8'), 'first')
  t.is(await codeOf(writeNew(join(folder, 'nowhere/x'), 'x')), 'ERR_CLI_FILE')
  await replaceFile(path, 'third')
  t.is(await readFile(path, 'utf8'), 'third')
  t.is(await modeOf(path), 0o600)
  t.false((await readdir(folder)).includes('two.new'))
  t.is(await codeOf(replaceFile(join(folder, 'nowhere/x'), 'x')), 'ERR_CLI_FILE')
})

test.serial('a file that could not be written through is not left, at whichever step that was', async t => {
  const path = join(folder, 'part')
  for (const step of ['writeFile', 'sync', 'the folder'] as const) {
    await failing(step, async () => { t.is(await codeOf(writeNew(path, 'secret')), 'ERR_CLI_SPACE', step) })
    t.is(await codeOf(stat(path)), 'ENOENT', step)
  }
  await writeNew(path, 'secret')
})

test.serial('what a write failed with is told, and not what the closing after it did', async t => {
  const handle = await open(join(folder, 'closing'), 'w')
  const files = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const sync = files.sync
  const failsTwice = async function (this: FileHandle): Promise<void> {
    const close = this.close.bind(this)
    // each handle has a close of its own
    Object.assign(this, { close: async () => {
      await close()
      throw Object.assign(new Error('closing'), { code: 'EIO' })
    } })
    throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  }
  Object.assign(files, { sync: failsTwice })
  try {
    t.is(await codeOf(writeNew(join(folder, 'both'), 'secret')), 'ERR_CLI_SPACE')
  } finally {
    Object.assign(files, { sync })
  }
  t.is(await codeOf(stat(join(folder, 'both'))), 'ENOENT')
})

test('a folder is for its owner alone', async t => {
  const path = join(folder, 'a/b')
  await privateFolder(path)
  t.is(await modeOf(path), 0o700)
  await privateFolder(path)
  await mkdir(join(folder, 'open'), { mode: 0o755 })
  await chmod(join(folder, 'open'), 0o755)
  await t.throwsAsync(privateFolder(join(folder, 'open')), { code: 'ERR_CLI_FILE', message: /chmod 700 / })
  await writeFile(join(folder, 'file'), '')
  t.is(await codeOf(privateFolder(join(folder, 'file/x'))), 'ERR_CLI_FILE')
})

test('folders are made one by one, also where a file system says that what is above is not there', async t => {
  await makeFolders(join(folder, 'c/d/e'))
  t.true((await stat(join(folder, 'c/d/e'))).isDirectory())
  await makeFolders(join(folder, 'c/d/e'))
  await makeFolders('/')
  await writeFile(join(folder, 'in the way'), '')
  t.is(await codeOf(makeFolders(join(folder, 'in the way'))), 'EEXIST')
  t.is(await codeOf(makeFolders(join(folder, 'in the way/x/y'))), 'ENOTDIR')
  if (process.platform === 'linux') t.is(await codeOf(makeFolders('/proc/hushwire/x')), 'ENOENT')
})

test('settings are read back, and what is none is refused', async t => {
  const path = join(folder, 'profile.toml')
  t.deepEqual(await readSettings(path), {})
  await writeSettings(path, { relay: 'tcp://host:1/#key', name: 'A "B"' })
  t.deepEqual(await readSettings(path), { relay: 'tcp://host:1/#key', name: 'A "B"' })
  t.is(await modeOf(path), 0o600)
  await writeSettings(path, { relay: undefined, name: undefined })
  t.deepEqual(await readSettings(path), {})
  for (const [text, words] of [['relay = 5', /relay: it may have/], ['other = "x"', /other: it may have/], ['=', /:1:1 is no TOML/]] as const) {
    await replaceFile(path, text)
    await t.throwsAsync(readSettings(path), { code: 'ERR_CLI_CONFIG', message: words })
  }
  await writeFile(path, new Uint8Array([0xff]))
  t.is(await codeOf(readSettings(path)), 'ERR_CLI_CONFIG')
  await writeSettings(path, {})
  await chmod(path, 0o666)
  t.is(await codeOf(readSettings(path)), 'ERR_CLI_FILE')
})

test('a full disk is told as such', t => {
  for (const code of ['ENOSPC', 'EDQUOT']) t.like(fileError(Object.assign(new Error('full'), { code }), 'x cannot be written'), { code: 'ERR_CLI_SPACE' })
  t.like(fileError(new Error('other'), 'x cannot be written'), { code: 'ERR_CLI_FILE', message: 'a file or folder cannot be used: x cannot be written: unknown' })
})
