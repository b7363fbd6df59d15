import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openMailbox, storeKey } from '../../lib/store/index.js'
import { randomUuid } from '../../lib/bytes/index.js'
import { codeOf, collect, items, pattern } from '../support/sources.js'
import { seeded } from './crashes.js'
import { once as test } from './once.js'
import { databaseOf, keptIn, newFolder, open } from './support.js'

const RECORDS = 120
/** Places of a byte that is changed, and of cuts, in each test. */
const PLACES = 80

/** Values of all sizes; some go over several pages. */
const valueOf = (index: number): Uint8Array => {
  const random = seeded(index)
  return Uint8Array.from({ length: 251 + index * 7 % 300 * (index % 10 === 0 ? 40 : 1) }, () => Math.floor(random() * 256))
}
const keyOf = (index: number): Uint8Array => storeKey('record/', index)

/** A folder with records, closed in order, or with its log as a process leaves it that was killed. */
async function filled (killed: boolean): Promise<string> {
  const folder = newFolder()
  const { store } = open(folder)
  for (let index = 0; index < RECORDS; index += 10) {
    await store.write(transaction => {
      for (let at = index; at < index + 10; at++) transaction.set(keyOf(at), valueOf(at))
    })
  }
  if (!killed) {
    await store.close()
    return folder
  }
  const copy = newFolder()
  copyAll(folder, copy)
  await store.close()
  return copy
}

function copyAll (from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(to)) rmSync(join(to, name))
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name))
}

/** Opens a folder and looks at every record. What is there must be what was written. */
async function look (t: { deepEqual(one: unknown, other: unknown, message?: string): unknown, is(one: unknown, other: unknown, message?: string): unknown }, folder: string, what: string): Promise<{ missing: number[], reports: string[] }> {
  const { store, reports } = open(folder)
  const missing: number[] = []
  for (let index = 0; index < RECORDS; index++) {
    const value = await store.read(view => view.get(keyOf(index)))
    if (value === undefined) missing.push(index)
    else t.is(Buffer.compare(value, valueOf(index)), 0, `${what}: record ${index}`)
  }
  // it can be written to
  await store.write(transaction => { transaction.set(storeKey('more/', 1), valueOf(1)) })
  await store.close()
  return { missing, reports: reports.map(report => report.type) }
}

test('a byte of the database is changed, anywhere: the rest is served, and what is missing was reported', async t => {
  const [sound, folder] = [await filled(false), newFolder()]
  const random = seeded(5)
  const bytes = readFileSync(databaseOf(sound))
  let [lost, reported] = [0, 0]
  // the header and the schema, where a change can cost everything, then anywhere
  const places = [...Array.from({ length: 30 }, (_, at) => at * 4), ...Array.from({ length: PLACES }, () => Math.floor(random() * bytes.byteLength))]
  for (const place of places) {
    copyAll(sound, folder)
    const changed = Buffer.from(bytes)
    changed[place] = (changed[place] as number) ^ 1 << Math.floor(random() * 8)
    writeFileSync(databaseOf(folder), changed)
    let result: { missing: number[], reports: string[] }
    try {
      result = await look(t, folder, `byte ${place}`)
    } catch (error) {
      // the number of the tables' version: an honest answer to a newer one
      t.is((error as { code?: string }).code, 'ERR_STORE_VERSION', `byte ${place}: ${(error as Error).stack}`)
      t.true(place >= 60 && place < 64, `byte ${place}`)
      continue
    }
    const { missing, reports } = result
    if (missing.length > 0) t.true(reports.length > 0, `byte ${place}: ${missing.length} are missing and nobody said so`)
    t.true(missing.length <= 40, `byte ${place}: ${missing.length} missing, ${reports.join()}`)
    if (reports.includes('file-damaged')) t.true(keptIn(folder).length > 0)
    lost += missing.length
    reported += reports.length
  }
  t.true(lost > 10 && reported > 30, `${lost} lost, ${reported} reports`)
})

test('a byte of the log is changed, anywhere: what was acknowledged is there, or its loss is reported', async t => {
  const [sound, folder] = [await filled(true), newFolder()]
  const random = seeded(6)
  const log = `${databaseOf(folder)}-wal`
  const bytes = readFileSync(`${databaseOf(sound)}-wal`)
  t.true(bytes.byteLength > 100_000)
  let losses = 0
  for (const place of [...Array.from({ length: 32 }, (_, at) => at), ...Array.from({ length: PLACES }, () => Math.floor(random() * bytes.byteLength))]) {
    copyAll(sound, folder)
    const changed = Buffer.from(bytes)
    changed[place] = (changed[place] as number) ^ 1 << Math.floor(random() * 8)
    writeFileSync(log, changed)
    const { missing, reports } = await look(t, folder, `byte ${place} of the log`)
    if (missing.length > 0) {
      losses++
      t.true(reports.includes('commits-lost'), `byte ${place} of the log: ${missing.length} are missing and nobody said so`)
      t.true(keptIn(folder).some(name => name.endsWith('-wal')))
    }
    t.deepEqual(missing, Array.from({ length: missing.length }, (_, at) => RECORDS - missing.length + at), 'a log is cut from its end')
  }
  t.true(losses > 30, `${losses}`)
})

test('files are cut anywhere, or are gone: what is missing was reported', async t => {
  const [closed, killed, folder] = [await filled(false), await filled(true), newFolder()]
  const random = seeded(7)
  for (const [from, name] of [[closed, ''], [killed, '-wal']] as const) {
    const { byteLength } = readFileSync(`${databaseOf(from)}${name}`)
    for (const length of [0, 1, 100, 4095, 4096, 8192, byteLength - 1, byteLength - 4096, ...Array.from({ length: 24 }, () => Math.floor(random() * byteLength))]) {
      copyAll(from, folder)
      truncateSync(`${databaseOf(folder)}${name}`, length)
      const { missing, reports } = await look(t, folder, `cut to ${length}`)
      if (missing.length > 0) t.true(reports.length > 0, `cut to ${length} of ${byteLength}: ${missing.length} are missing and nobody said so`)
    }
  }
  copyAll(closed, folder)
  rmSync(databaseOf(folder))
  t.deepEqual((await look(t, folder, 'gone')).reports, ['commits-lost'])
  copyAll(closed, folder)
  rmSync(join(folder, 'commits'))
  t.deepEqual(await look(t, folder, 'without a mark'), { missing: [], reports: [] })
})

test('a loss is reported once, and the store is as good as new', async t => {
  const folder = await filled(true)
  truncateSync(`${databaseOf(folder)}-wal`, 60_000)
  t.deepEqual((await look(t, folder, 'first')).reports, ['commits-lost'])
  t.deepEqual((await look(t, folder, 'second')).reports, [])
})

test('what is no database is moved aside and reported, never replaced in silence', async t => {
  const folder = await filled(false)
  const garbage = pattern(20_000)
  writeFileSync(databaseOf(folder), garbage)
  const { store, reports } = open(folder)
  t.is(reports.length, 1)
  const [report] = reports
  t.is(report?.type, 'file-damaged')
  if (report?.type === 'file-damaged') {
    t.is(report.records, 0)
    t.deepEqual(new Uint8Array(readFileSync(report.kept)), garbage)
  }
  t.false(existsSync(databaseOf(folder)))
  await store.close()
  t.deepEqual(readdirSync(folder).sort(), ['commits', 'damaged.1.db', 'lock', 'store.2.db'])
  t.deepEqual((await look(t, folder, 'again')).reports, [])
})

test('a lock that is something else is told with its path, and what to do', async t => {
  const folder = await filled(false)
  writeFileSync(join(folder, 'lock'), 'no database at all'.repeat(100))
  t.throws(() => open(folder), { code: 'ERR_STORE_OPEN', message: new RegExp(`${join(folder, 'lock')} is no lock any more: delete it`) })
  rmSync(join(folder, 'lock'))
  const { store } = open(folder)
  await store.close()
})

test('a replacement that was cut short is finished at the next start', async t => {
  const folder = await filled(false)
  copyFileSync(databaseOf(folder), join(folder, 'store.2.db'))
  writeFileSync(join(folder, 'salvage.new.db'), pattern(5000))
  writeFileSync(`${databaseOf(folder)}-wal`, pattern(50))
  t.deepEqual(await look(t, folder, 'half replaced'), { missing: [], reports: ['file-damaged'] })
  t.deepEqual(readdirSync(folder).sort(), ['commits', 'damaged.1.db', 'damaged.1.db-wal', 'lock', 'store.2.db'])
})

test('a record that is damaged while the store is used goes into quarantine when it is read', async t => {
  const folder = await filled(false)
  const bytes = readFileSync(databaseOf(folder))
  const at = bytes.indexOf(Buffer.from(valueOf(50)))
  bytes[at + 3] = (bytes[at + 3] as number) ^ 4
  writeFileSync(databaseOf(folder), bytes)
  const { store, reports } = open(folder, { verify: false })
  t.is(store.quarantined, 0)
  t.is(await store.read(view => view.get(keyOf(50))), undefined)
  t.deepEqual(reports, [{ type: 'record-damaged', key: keyOf(50), bytes: valueOf(50).byteLength }])
  t.is(await store.read(view => view.get(keyOf(50))), undefined)
  t.deepEqual(await store.read(view => view.get(keyOf(51))), valueOf(51))
  t.is(store.quarantined, 1)
  t.is(reports.length, 1)
  await store.close()
})

test('a message with a damaged part is taken out and reported; its neighbours are delivered', async t => {
  const folder = newFolder()
  const [alice, bob] = [randomUuid(), randomUuid()]
  let { store } = open(folder)
  let mailbox = await openMailbox(store, { limits: { partBytes: 5000 } })
  for (let seed = 0; seed < 3; seed++) await mailbox.put({ id: randomUuid(), sender: alice, recipient: bob, kind: BigInt(seed) }, items(new Uint8Array(20_000).fill(65 + seed)))
  await mailbox.close()
  await store.close()
  const bytes = readFileSync(databaseOf(folder))
  // in the middle of a part of the second
  const at = bytes.indexOf('B'.repeat(1000)) + 500
  bytes[at] = 0
  writeFileSync(databaseOf(folder), bytes)
  const opened = open(folder)
  store = opened.store
  t.deepEqual(opened.reports.map(report => report.type), ['record-damaged'])
  const damaged: bigint[] = []
  mailbox = await openMailbox(store, { onDamaged: mail => { damaged.push(mail.kind) } })
  const came: string[] = []
  for await (const mail of mailbox.read(bob)) {
    const code = await codeOf(collect(mail.source))
    came.push(code)
  }
  t.deepEqual(came, ['resolved', 'ERR_MAIL_DAMAGED', 'resolved'])
  t.deepEqual(damaged, [1n])
  t.deepEqual(await mailbox.usage(bob), { bytes: 40_000, messages: 2 })
  await mailbox.close()
  await store.close()
})
