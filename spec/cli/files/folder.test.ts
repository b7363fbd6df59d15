import test from 'ava'
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FolderDestination, freeSpace, type WhenThere } from '../../../lib/cli/files/folder-destination.js'
import { TargetTree } from '../../../lib/cli/files/target-tree.js'
import { sourceTree } from '../../../lib/cli/files/source-tree.js'
import { createIdentity } from '../../../lib/nova/index.js'
import type { Entry, Place, SourceFile, Transfer } from '../../../lib/files/index.js'
import { codeOf } from '../../relay/codes.js'
import { cleanUp, temporaryFolder } from '../support.js'

test.after.always(cleanUp)

const ID = 'ab'.repeat(32)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const file = (path: string, size = 1, more: Partial<Entry> = {}): Entry => ({ type: 'file', path, size, modified: 1_000_000, executable: false, ...more })

function transferOf (entries: readonly Entry[], id = ID): Transfer {
  const { id: peer, publicKey } = createIdentity()
  return { id, from: { id: peer, publicKey } as Transfer['from'], manifest: { entries, files: entries.length, bytes: 0 } }
}

async function placeOf (folder: string, entries: readonly Entry[], whenThere: WhenThere = 'refuse', id = ID): Promise<Place> {
  return (await FolderDestination.at(folder, whenThere)).open(transferOf(entries, id))
}

async function whole (place: Place, index: number, text: string): Promise<void> {
  await place.write(index, 0, bytes(text))
  await place.finish(index)
}

test('files come into their place with time and the bit of programs, folders are made, and nothing of parts is left', async t => {
  const folder = join(temporaryFolder(), 'new')
  const place = await placeOf(folder, [file('a/b/c', 5, { executable: true }), { ...file('a/none', 0), type: 'folder' }, file('empty', 0), file('two', 6)])
  t.deepEqual([...place.done], [1])
  t.true((place.space ?? 0) > 0)
  await place.write(0, 0, bytes('hel'))
  await place.write(0, 3, bytes('lo'))
  t.false(existsSync(join(folder, 'a/b/c')))
  await place.finish(0)
  await place.finish(2)
  await place.write(3, 0, bytes('abc'))
  await place.discard(3)
  await whole(place, 3, 'second')
  t.deepEqual([...place.done].sort(), [0, 1, 2, 3])
  await place.close(true)
  t.is(readFileSync(join(folder, 'a/b/c'), 'utf8'), 'hello')
  t.is(readFileSync(join(folder, 'two'), 'utf8'), 'second')
  t.is(statSync(join(folder, 'a/b/c')).mtimeMs, 1_000_000)
  if (process.platform !== 'win32') t.deepEqual([statSync(join(folder, 'a/b/c')).mode & 0o100, statSync(join(folder, 'two')).mode & 0o100], [0o100, 0])
  t.deepEqual(readdirSync(folder).sort(), ['a', 'empty', 'two'])
})

test('what is there of a transfer is found again, and a part that is too long is none', async t => {
  const folder = temporaryFolder()
  const entries = [file('a', 5), file('b', 5), file('c', 2)]
  const place = await placeOf(folder, entries)
  await whole(place, 0, 'first')
  await place.write(1, 0, bytes('sec'))
  await place.write(2, 0, bytes('lo'))
  await place.close(false)
  truncateSync(join(folder, '.hushwire-part', ID, '2.part'), 3)
  writeFileSync(join(folder, '.hushwire-part', ID, '77.part'), 'no such file')
  const again = await placeOf(folder, entries)
  t.deepEqual([[...again.done], [...again.parts], again.conflicts], [[0], [[1, 3]], []])
  const read: Uint8Array[] = []
  for await (const piece of again.read(1, 3)) read.push(piece.slice())
  t.is(Buffer.concat(read).toString(), 'sec')
  await again.write(1, 3, bytes('nd'))
  await again.finish(1)
  await again.close(true)
  t.is(readFileSync(join(folder, 'b'), 'utf8'), 'secnd')
})

test('a process that ends while it puts a file in its place: it is there once, and known to be', async t => {
  const entries = [file('a', 3)]
  const parts = (folder: string): string => {
    mkdirSync(join(folder, '.hushwire-part', ID), { recursive: true })
    return join(folder, '.hushwire-part', ID)
  }
  // said, and not done
  const one = temporaryFolder()
  writeFileSync(join(parts(one), '0.part'), 'abc')
  writeFileSync(join(parts(one), '0.placing'), '')
  const first = await placeOf(one, entries)
  t.deepEqual([[...first.done], [...first.parts]], [[], [[0, 3]]])
  await first.finish(0)
  // linked
  const two = temporaryFolder()
  writeFileSync(join(parts(two), '0.part'), 'abc')
  writeFileSync(join(parts(two), '0.placing'), '')
  linkSync(join(parts(two), '0.part'), join(two, 'a'))
  t.deepEqual([...(await placeOf(two, entries)).done], [0])
  t.deepEqual(readdirSync(parts(two)), ['0.done'])
  // renamed over another one
  const three = temporaryFolder()
  writeFileSync(join(parts(three), '0.placing'), '')
  writeFileSync(join(three, 'a'), 'abc')
  t.deepEqual([...(await placeOf(three, entries, 'overwrite')).done], [0])
  for (const folder of [one, two, three]) t.is(readFileSync(join(folder, 'a'), 'utf8'), 'abc')
})

test('nothing is overwritten unless that is asked for, also not what came in the meantime', async t => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'photos'))
  writeFileSync(join(folder, 'photos/a'), 'mine')
  mkdirSync(join(folder, 'b'))
  symlinkSync('/nowhere', join(folder, 'c'))
  const entries = [file('photos/a'), file('photos/new'), file('b'), file('c'), { ...file('photos', 0), path: 'photos/a', type: 'folder' as const }]
  const place = await placeOf(folder, entries)
  t.deepEqual(place.conflicts, [0, 2, 3, 4])
  t.false(existsSync(join(folder, '.hushwire-part')))
  const over = await placeOf(folder, entries.slice(0, 4), 'overwrite')
  t.deepEqual(over.conflicts, [2], 'a folder is never overwritten')
  const free = await placeOf(folder, [file('late', 4)])
  writeFileSync(join(folder, 'late'), 'mine')
  await free.write(0, 0, bytes('thei'))
  t.is(await codeOf(Promise.resolve(free.finish(0))), 'ERR_FILES_EXISTS')
  t.is(readFileSync(join(folder, 'late'), 'utf8'), 'mine')
  const wanted = await placeOf(folder, [file('photos/a', 6), file('c', 4)], 'overwrite', 'cd'.repeat(32))
  t.deepEqual(wanted.conflicts, [])
  await whole(wanted, 0, 'theirs')
  await whole(wanted, 1, 'link')
  await wanted.close(true)
  t.is(readFileSync(join(folder, 'photos/a'), 'utf8'), 'theirs')
  t.true(lstatSync(join(folder, 'c')).isFile(), 'the link was replaced, not followed')
  t.false(existsSync('/nowhere'))
})

test('what comes gets another name where something is there, the same one when it goes on', async t => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'photos'))
  writeFileSync(join(folder, 'photos/a'), 'mine')
  writeFileSync(join(folder, 'x.tar.gz'), 'mine')
  writeFileSync(join(folder, 'x.tar (1).gz'), 'mine')
  const entries = [file('photos/a', 6), file('x.tar.gz', 3), file('other', 3)]
  const renamed: string[] = []
  const open = async (): Promise<Place> => (await FolderDestination.at(folder, 'rename', (name, other) => { renamed.push(`${name}: ${other}`) })).open(transferOf(entries))
  const place = await open()
  t.deepEqual([place.conflicts, renamed], [[], ['photos: photos (1)', 'x.tar.gz: x.tar (2).gz']])
  await whole(place, 0, 'theirs')
  await place.close(false)
  const again = await open()
  t.deepEqual([[...again.done], renamed.length], [[0], 2])
  await whole(again, 1, 'abc')
  await whole(again, 2, 'abc')
  await again.close(true)
  t.deepEqual(['photos/a', 'photos (1)/a', 'x.tar.gz', 'x.tar (2).gz', 'other'].map(path => readFileSync(join(folder, path), 'utf8')), ['mine', 'theirs', 'mine', 'abc', 'abc'])
})

test('no link inside of the folder leads what comes out of it', async t => {
  const outside = temporaryFolder()
  const folder = temporaryFolder()
  symlinkSync(outside, join(folder, 'link'))
  writeFileSync(join(folder, 'plain'), '')
  for (const whenThere of ['refuse', 'overwrite'] as const) {
    t.deepEqual((await placeOf(folder, [file('link/a'), file('plain/a'), { ...file('link/b', 0), type: 'folder' }], whenThere)).conflicts, [0, 1, 2])
  }
  // put there after it was looked at
  const place = await placeOf(folder, [file('late/a'), file('ok')])
  symlinkSync(outside, join(folder, 'late'))
  await place.write(0, 0, bytes('x'))
  t.is(await codeOf(Promise.resolve(place.finish(0))), 'ERR_FILES_WRITE')
  t.deepEqual(readdirSync(outside), [])
  // parts
  const other = temporaryFolder()
  symlinkSync(outside, join(other, '.hushwire-part'))
  t.is(await codeOf(placeOf(other, [file('a')])), 'ERR_FILES_WRITE')
  const third = temporaryFolder()
  mkdirSync(join(third, '.hushwire-part', ID), { recursive: true })
  const fresh = await placeOf(third, [file('a')])
  symlinkSync(join(outside, 'made'), join(third, '.hushwire-part', ID, '0.part'))
  await t.throwsAsync(async () => { await fresh.write(0, 0, bytes('x')) }, { code: 'ELOOP' })
  t.deepEqual(readdirSync(outside), [])
  t.is(await codeOf(placeOf(folder, [file('.hushwire-part/x')])), 'ERR_FILES_PATH')
  t.is(await codeOf(placeOf(folder, [file('.HUSHWIRE-PART')])), 'ERR_FILES_PATH')
})

test('what takes long to open ends when it is not wanted any more, and leaves no place for parts', async t => {
  const folder = temporaryFolder()
  const entries = Array.from({ length: 2000 }, (_, index) => ({ ...file(`${index}/a/b`, 0), type: 'folder' as const }))
  const wanted = new AbortController()
  const destination = await FolderDestination.at(folder, 'refuse')
  const opening = destination.open(transferOf(entries), wanted.signal)
  setImmediate(() => { wanted.abort(new Error('not wanted')) })
  await t.throwsAsync(opening, { message: 'not wanted' })
  t.true(readdirSync(folder).length < entries.length)
  t.false(existsSync(join(folder, '.hushwire-part')))
})

test('of many folders in a row, those that they are in are looked at once', async t => {
  const folder = temporaryFolder()
  const tree = new TargetTree(folder)
  const seen = new Set<string>()
  await tree.makeFolder(join(folder, 'a/b/c'), seen)
  t.deepEqual([...seen], ['a', 'a/b', 'a/b/c'].map(path => join(folder, path)))
  // what is not looked at is not made either
  seen.add(join(folder, 'x'))
  t.is(await codeOf(tree.makeFolder(join(folder, 'x/y'), seen)), 'ENOENT')
  await tree.makeFolder(join(folder, 'x/y'))
  t.deepEqual(readdirSync(join(folder, 'x')), ['y'])
})

test('no transfer writes where parts are kept, not in the folder of another transfer either', async t => {
  const folder = temporaryFolder()
  for (const path of ['.hushwire-part/x', 'photos/.hushwire-part/x', 'a/b/.HushWire-Part', 'photos/HUSHWI~1/x']) t.is(await codeOf(placeOf(folder, [file(path)])), 'ERR_FILES_PATH', path)
  t.deepEqual(readdirSync(folder), [])
})

test('names and marks that came with something else lead nowhere', async t => {
  const outer = temporaryFolder()
  const folder = join(outer, 'in')
  const planted = join(folder, '.hushwire-part', ID)
  mkdirSync(planted, { recursive: true })
  for (const names of ['{"a":"../../out"}', '{"a":".."}', '{"a":"b/c"}', '{"a":""}', '{"a":7}', 'null', '{']) {
    writeFileSync(join(planted, 'names.json'), names)
    writeFileSync(join(planted, '0.placing'), '')
    writeFileSync(join(planted, '0.part'), 'x')
    t.is(await codeOf(placeOf(folder, [file('a')])), 'ERR_FILES_WRITE', names)
  }
  t.deepEqual(readdirSync(outer), ['in'])
  t.throws(() => new TargetTree(folder).whole('../out'), { code: 'ERR_FILES_PATH' })
})

test('what senders that never came back have left is taken away, parts apart', async t => {
  const folder = temporaryFolder()
  const [done, part] = ['11'.repeat(32), '22'.repeat(32)]
  for (const id of [done, part]) mkdirSync(join(folder, '.hushwire-part', id), { recursive: true })
  writeFileSync(join(folder, '.hushwire-part', done, '0.done'), '')
  writeFileSync(join(folder, '.hushwire-part', part, '0.part'), 'x')
  for (const id of [done, part]) utimesSync(join(folder, '.hushwire-part', id), 1, 1)
  await (await placeOf(folder, [file('a')])).close(false)
  t.deepEqual(readdirSync(join(folder, '.hushwire-part')), [part])
})

test('of many transfers without parts, the oldest are taken away', async t => {
  const folder = temporaryFolder()
  const idOf = (index: number): string => index.toString(16).padStart(64, '0')
  for (let index = 0; index < 300; index++) {
    const path = join(folder, '.hushwire-part', idOf(index))
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, index === 0 ? '0.part' : 'names.json'), '{}')
    utimesSync(path, Date.now() / 1000 - 1000 + index, Date.now() / 1000 - 1000 + index)
  }
  const place = await placeOf(folder, [file('a')])
  const left = readdirSync(join(folder, '.hushwire-part'))
  t.deepEqual(left.sort(), [idOf(0), ...Array.from({ length: 255 }, (_, index) => idOf(45 + index)), ID].sort())
  await place.close(true)
})

test('another name is none that is too long for a file system, and ends with a whole character', async t => {
  const folder = temporaryFolder()
  const names = [`${'a'.repeat(251)}.txt`, `a.${'b'.repeat(253)}`, `${'👨‍👩‍👧'.repeat(14)}aaa`]
  for (const name of names) writeFileSync(join(folder, name), '')
  const others: string[] = []
  const place = await (await FolderDestination.at(folder, 'rename', (_, other) => { others.push(other) })).open(transferOf(names.map(name => file(name))))
  for (const index of names.keys()) await whole(place, index, 'x')
  await place.close(true)
  t.deepEqual(others, [`${'a'.repeat(247)} (1).txt`, `a.${'b'.repeat(249)} (1)`, `${'👨‍👩‍👧'.repeat(13)} (1)`])
  for (const other of others) t.is(readFileSync(join(folder, other), 'utf8'), 'x')
})

test('free space that a file system does not tell is unknown, and ends nothing', async t => {
  t.true((await freeSpace(temporaryFolder()) ?? 0) > 0)
  t.is(await freeSpace(join(temporaryFolder(), 'none')), undefined)
  if (process.platform === 'linux') t.is(await freeSpace('/proc'), undefined, 'one that counts no blocks')
})

test('a folder that cannot be made is told', async t => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  t.is(await codeOf(FolderDestination.at(join(folder, 'file', 'x'), 'refuse')), 'ERR_CLI_FILE')
  if (process.platform === 'linux') t.is(await codeOf(FolderDestination.at('/proc/hushwire', 'refuse')), 'ERR_CLI_FILE')
})

async function read (source: SourceFile, from = 0): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.open(from)) pieces.push(piece.slice())
  return Buffer.concat(pieces).toString()
}

test('a tree as it is sent: by name, with empty folders, without links unless they are wanted', async t => {
  const folder = temporaryFolder()
  const outside = temporaryFolder()
  writeFileSync(join(outside, 'secret'), 'secret')
  mkdirSync(join(folder, 'tree/b/c'), { recursive: true })
  writeFileSync(join(folder, 'tree/a'), 'content of a')
  writeFileSync(join(folder, 'tree/b/program'), 'x', { mode: 0o755 })
  symlinkSync(join(outside, 'secret'), join(folder, 'tree/link'))
  symlinkSync('..', join(folder, 'tree/b/up'))
  symlinkSync('nothing', join(folder, 'tree/dangling'))
  const left: string[] = []
  const found = await sourceTree([join(folder, 'tree')], { onLeftOut: (path, why) => { left.push(`${path}: ${why}`) } })
  t.deepEqual(found.map(({ type, path, executable }) => [type ?? 'file', path, executable ?? false]), [['file', 'tree/a', false], ['folder', 'tree/b/c', false], ['file', 'tree/b/program', process.platform !== 'win32']])
  t.deepEqual(left, ['tree/b/up: a link', 'tree/dangling: a link', 'tree/link: a link'])
  t.deepEqual([await read(found[0] as SourceFile), await read(found[0] as SourceFile, 8)], ['content of a', 'of a'])
  left.length = 0
  const followed = await sourceTree([join(folder, 'tree')], { follow: true, onLeftOut: (path, why) => { left.push(`${path}: ${why}`) } })
  t.deepEqual(followed.map(({ path }) => path), ['tree/a', 'tree/b/c', 'tree/b/program', 'tree/link'])
  t.is(await read(followed[3] as SourceFile), 'secret')
  t.deepEqual(left, ['tree/b/up: a link to a folder that it is in', 'tree/dangling: a link to nothing'])
  t.deepEqual((await sourceTree([join(folder, 'tree/link')])).map(({ path }) => path), ['link'], 'what is named is followed')
})

test('what was changed since it was looked at is known, and what was put in its place is not read', async t => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  writeFileSync(path, 'before')
  const [source] = await sourceTree([folder]) as [SourceFile]
  t.false(await source.changed?.())
  writeFileSync(path, 'after!')
  utimesSync(path, 1, 1)
  t.true(await source.changed?.())
  await t.throwsAsync(read(source), { code: 'ERR_FILES_CHANGED' })
  for (const wrong of [join(folder, 'none'), '/', '/dev/null']) t.is(await codeOf(sourceTree([wrong])), 'ERR_CLI_FILE')
})

test('a name that is no text is told', async t => {
  const folder = temporaryFolder()
  if (process.platform !== 'linux') {
    t.pass()
    return
  }
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff, 0xfe)]), '')
  t.is(await codeOf(sourceTree([folder])), 'ERR_FILES_PATH')
})
