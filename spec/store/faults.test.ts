import test from 'ava'
import { spawnSync } from 'node:child_process'
import fs, { fstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { storeKey } from '../../lib/store/index.js'
import { connect, type Connect, type Driver } from '../../lib/store/sqlite/driver.js'
import { openFolder } from '../../lib/store/sqlite/open.js'
import { SCHEMA } from '../../lib/store/sqlite/schema.js'
import { ROOT } from '../support/root.js'
import { codeOf } from '../support/sources.js'
import { databaseOf, newFolder, open } from './support.js'

/** A driver that fails at a statement, as SQLite would. */
function failing (): { connect: Connect, fail: { at: string, code: string, times: number } } {
  const fail = { at: '', code: '', times: 0 }
  const check = (sql: string): void => {
    if (fail.times === 0 || !sql.startsWith(fail.at)) return
    fail.times--
    throw Object.assign(new Error(fail.code), { code: fail.code })
  }
  const wrap = (inner: Driver): Driver => ({
    exec: sql => { check(sql); inner.exec(sql) },
    prepare: sql => {
      const statement = inner.prepare(sql)
      return { ...statement, run: (...parameters) => { check(sql); statement.run(...parameters) }, get: (...parameters) => { check(sql); return statement.get(...parameters) } }
    },
    close: () => {
      inner.close()
      check('close')
    }
  })
  return { connect: path => wrap(connect(path)), fail }
}

/** What becomes of a folder that another process opens; nothing when that does not end. */
function opened (folder: string): string {
  const script = `import { openSqliteStore } from '${join(ROOT, 'dist/lib/store/sqlite/index.js')}'
    await openSqliteStore({ folder: process.argv[1], onReport: () => {} }).then(() => console.log('open'), error => console.log(error.code))`
  return spawnSync(process.execPath, ['--input-type=module', '-e', script, folder], { encoding: 'utf8', timeout: 30_000, killSignal: 'SIGKILL' }).stdout.trim()
}

const put = (index: number) => (transaction: { set(key: Uint8Array, value: Uint8Array): void }): void => { transaction.set(storeKey('k/', index), Uint8Array.of(index)) }

for (const [at, code, expected] of [
  ['COMMIT', 'SQLITE_FULL', 'ERR_STORE_SPACE'], ['INSERT INTO records', 'SQLITE_FULL', 'ERR_STORE_SPACE'], ['BEGIN', 'SQLITE_READONLY', 'ERR_STORE_READ_ONLY'],
  ['COMMIT', 'SQLITE_CANTOPEN', 'ERR_STORE_IO'], ['INSERT INTO records', 'SQLITE_CORRUPT', 'ERR_STORE_DAMAGED'], ['BEGIN', 'SQLITE_BUSY', 'ERR_STORE_IO']
] as const) {
  test(`${code} at ${at}: not acknowledged, ${expected}, and it goes on without a restart`, async t => {
    const { connect, fail } = failing()
    const folder = newFolder()
    const { store } = open(folder, { connect })
    await store.write(put(1))
    Object.assign(fail, { at, code, times: 1 })
    t.is(await codeOf(store.write(put(2))), expected)
    t.is(await store.read(view => view.get(storeKey('k/', 2))), undefined)
    await store.write(put(3))
    // of several that are written together, those that can be are kept
    Object.assign(fail, { at, code, times: 2 })
    const together = await Promise.all([4, 5, 6].map(index => codeOf(store.write(put(index)))))
    t.deepEqual(together, [expected, 'resolved', 'resolved'])
    await store.close()
    const again = open(folder)
    t.deepEqual(again.reports, [])
    t.deepEqual(await again.store.read(view => [1, 2, 3, 4, 5, 6].filter(index => view.get(storeKey('k/', index)) !== undefined)), [1, 3, 5, 6])
    await again.store.close()
  })
}

test('a sync that fails is fatal for the file: nothing more is acknowledged, and what was is there', async t => {
  const { connect, fail } = failing()
  const folder = newFolder()
  const { store } = open(folder, { connect })
  await store.write(put(1))
  Object.assign(fail, { at: 'COMMIT', code: 'SQLITE_IOERR_FSYNC', times: 1 })
  const writing = [2, 3].map(index => codeOf(store.write(put(index))))
  t.deepEqual(await Promise.all(writing), ['ERR_STORE_FAILED', 'ERR_STORE_FAILED'])
  t.is(await codeOf(store.write(put(4))), 'ERR_STORE_FAILED')
  t.is(await codeOf(store.read(() => 1)), 'ERR_STORE_FAILED')
  await store.close()
  const again = open(folder)
  t.deepEqual(await again.store.read(view => view.get(storeKey('k/', 1))), Uint8Array.of(1))
  await again.store.close()
})

test('a store whose files fail to close is closed all the same', async t => {
  const { connect, fail } = failing()
  const folder = newFolder()
  const { store } = open(folder, { connect })
  // of the database and of the lock; after a write, nobody is there to be told but who closes
  Object.assign(fail, { at: 'close', code: 'SQLITE_IOERR_CLOSE', times: 2 })
  const written = store.write(put(1))
  await Promise.all([written, store.close()])
  t.is(fail.times, 0)
  const again = open(folder)
  t.deepEqual(await again.store.read(view => view.get(storeKey('k/', 1))), Uint8Array.of(1))
  await again.store.close()
})

test.serial('nor does the file beside the database, which fails to close, keep it open', async t => {
  const folder = newFolder()
  const { store } = open(folder)
  await store.write(put(1))
  const { ino } = statSync(join(folder, 'commits'))
  const close = fs.closeSync
  let failed = 0
  fs.closeSync = file => {
    const ours = fstatSync(file).ino === ino
    close(file)
    if (!ours) return
    failed++
    throw Object.assign(new Error('close'), { code: 'EIO' })
  }
  syncBuiltinESMExports()
  try {
    await store.close()
  } finally {
    fs.closeSync = close
    syncBuiltinESMExports()
  }
  t.is(failed, 1)
  await open(folder).store.close()
})

test('a store that cannot be opened lets go of its database', async t => {
  const { connect, fail } = failing()
  const folder = newFolder()
  const { store } = open(folder)
  await store.write(put(1))
  await store.close()
  // what was acknowledged is counted elsewhere too, so the count is written once the new database is open
  rmSync(databaseOf(folder))
  Object.assign(fail, { at: 'INSERT INTO commits', code: 'SQLITE_IOERR_WRITE', times: 1 })
  t.throws(() => open(folder, { connect }), { code: 'ERR_STORE_IO' })
  t.is(fail.times, 0)
  const again = open(folder)
  t.like(again.reports, [{ type: 'commits-lost', commits: 1 }])
  await again.store.close()
})

test('an error of a read is told to who reads', async t => {
  const { connect, fail } = failing()
  const { store } = open(newFolder(), { connect })
  Object.assign(fail, { at: 'SELECT id', code: 'SQLITE_IOERR_READ', times: 1 })
  t.is(await codeOf(store.read(view => view.get(storeKey('k/', 1)))), 'ERR_STORE_IO')
  t.is(await codeOf(store.read(view => view.get(storeKey('k/', 1)))), 'resolved')
  await store.close()
})

test('a file that may grow no further: what was acknowledged is there', async t => {
  const folder = newFolder()
  const script = `
    import { openSqliteStore } from '${join(ROOT, 'dist/lib/store/sqlite/index.js')}'
    const store = await openSqliteStore({ folder: process.argv[1], onReport: report => { throw new Error(report.type) } })
    let count = 0
    try {
      for (;; count++) await store.write(transaction => { transaction.set(Uint8Array.of(1, count >> 8, count & 255), new Uint8Array(2000).fill(count)) })
    } catch (error) {
      console.log(JSON.stringify({ count, code: error.code }))
    }
    await store.close()`
  // 512 or 1,024 bytes each; the signal would end the process
  const ended = spawnSync('bash', ['-c', 'trap "" XFSZ; ulimit -f 300; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, script, folder], { encoding: 'utf8' })
  t.is(ended.status, 0, ended.stderr)
  const { count, code } = JSON.parse(ended.stdout) as { count: number, code: string }
  t.is(code, 'ERR_STORE_FAILED')
  t.true(count > 10)
  const { store, reports } = open(folder)
  t.deepEqual(reports, [])
  for (let index = 0; index < count; index++) t.is((await store.read(view => view.get(Uint8Array.of(1, index >> 8, index & 255))))?.[7], index & 255)
  await store.close()
})

test('a folder that is open already, here or elsewhere, and one that cannot be made', async t => {
  const folder = newFolder()
  const { store } = open(folder)
  t.throws(() => open(folder), { code: 'ERR_STORE_BUSY' })
  t.is(opened(folder), 'ERR_STORE_BUSY')
  await store.write(put(1))
  await store.close()
  t.is(opened(folder), 'open', 'a closed one is free at once')
  const file = join(newFolder(), 'file')
  writeFileSync(file, '')
  t.throws(() => open(join(file, 'below')), { code: 'ERR_STORE_OPEN' })
  const blocked = newFolder()
  mkdirSync(join(blocked, 'store.1.db'))
  t.throws(() => open(blocked), { code: 'ERR_STORE_OPEN' })
})

test('a folder is made with those above it; where none can be made, that is told', async t => {
  const deep = join(newFolder(), 'one', 'two')
  await open(deep).store.close()
  await open(deep).store.close()
  // there, making a folder is answered as if the folder above were missing, which has hung before: so that nothing else hangs by it, in a process that can be ended
  if (process.platform === 'linux') t.is(opened('/proc/hushwire/store'), 'ERR_STORE_OPEN')
  else t.pass()
})

test('tables go from one version to the next, a step that fails is not done by half, and a newer version is left alone', async t => {
  const folder = newFolder()
  const first = open(folder)
  await first.store.write(put(1))
  await first.store.close()
  const options = { folder, onReport: () => { t.fail() } }
  const second = (driver: Driver): void => { driver.exec("CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES ('second')") }
  const broken = (driver: Driver): void => {
    driver.exec("INSERT INTO notes VALUES ('third')")
    throw new Error('half')
  }
  t.throws(() => openFolder(options, { connect, schema: [...SCHEMA, second, broken] }), { code: 'ERR_STORE_OPEN', message: /half/ })
  const notes: unknown[] = []
  const third = (driver: Driver): void => { notes.push(...driver.prepare('SELECT text FROM notes').all()) }
  const store = openFolder(options, { connect, schema: [...SCHEMA, second, third] })
  t.deepEqual(notes.map(note => (note as { text: string }).text), ['second'])
  t.deepEqual(await store.read(view => view.get(storeKey('k/', 1))), Uint8Array.of(1))
  await store.close()
  t.throws(() => openFolder(options, { connect }), { code: 'ERR_STORE_VERSION' })
  await openFolder(options, { connect, schema: [...SCHEMA, second, third] }).close()
})

test('what a callback throws is its own affair', async t => {
  const folder = newFolder()
  writeFileSync(join(folder, 'store.1.db'), 'no database, and long enough to be looked at '.repeat(100))
  const store = openFolder({ folder, onReport: () => { throw new Error('mine') } }, { connect })
  await store.write(put(1))
  t.is(store.quarantined, 0)
  await store.close()
})
