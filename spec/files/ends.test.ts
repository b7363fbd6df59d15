import test from 'ava'
import fc from 'fast-check'
import { FILES_LIMITS } from '../../lib/files/index.js'
import { checkManifest, type Entry } from '../../lib/files/manifest.js'
import { Receiving, offeredManifest } from '../../lib/files/receiving.js'
import type { FilesRecord } from '../../lib/files/records.js'
import { Sending } from '../../lib/files/sending.js'

const HASH = new Uint8Array(32)
const manifest = checkManifest([
  { type: 'file', path: 'a', size: 10, modified: 0, executable: false },
  { type: 'folder', path: 'b', size: 0, modified: 0, executable: false },
  { type: 'file', path: 'c', size: 0, modified: 0, executable: false },
  { type: 'file', path: 'd', size: 5, modified: 0, executable: true }
], FILES_LIMITS)
const data = (length: number): FilesRecord => ({ type: 'data', bytes: new Uint8Array(length) })
const sum: FilesRecord = { type: 'sum', hash: HASH }
const end: FilesRecord = { type: 'end' }
const file = (index: number, from = 0): FilesRecord => ({ type: 'file', index, from })
const skip = (index: number, code = 8): FilesRecord => ({ type: 'skip', index, code })

test('a receiver takes what is missing, in order, and nothing else', t => {
  const taken = (...records: FilesRecord[]): Receiving => {
    const receiving = new Receiving(manifest, new Set([1]), new Map([[0, 4]]))
    for (const record of records) receiving.take(record)
    return receiving
  }
  const { over, failures } = taken(file(0, 4), { type: 'alive' }, data(3), data(3), sum, file(2), sum, skip(3), end)
  t.true(over)
  t.deepEqual(failures.map(({ path, error }) => [path, (error as { code?: string }).code]), [['d', 'ERR_FILES_READ']])
  t.true(taken(file(0), data(10), sum, file(2), skip(2), file(3), data(5), sum, end).over)
  t.is((taken(skip(0, 99)).failures[0]?.error as { code?: string }).code, 'ERR_FILES_PROTOCOL')
  for (const [what, ...records] of [
    ['content before a file', data(1)],
    ['a file from where nobody has said', file(0, 3)],
    ['a file beyond its end', file(0, 11)],
    ['a file out of turn', file(2)],
    ['a folder', file(0), data(10), sum, file(1)],
    ['a file that is not there', file(4)],
    ['more content than announced', file(0, 4), data(7)],
    ['content of an empty file', file(0), data(10), sum, file(2), data(1)],
    ['a sum too early', file(0), data(9), sum],
    ['a sum without a file', sum],
    ['a file in a file', file(0), file(2)],
    ['another skipped', skip(2)],
    ['an end too early', end],
    ['an end within a file', file(0), end],
    ['something behind the end', skip(0), skip(2), skip(3), end, end],
    ['a second offer', { type: 'offer', version: 1, manifest: HASH }],
    ['what receivers say', { type: 'done', index: 0 }]
  ] as Array<[string, ...FilesRecord[]]>) t.throws(() => taken(...records), { code: 'ERR_FILES_PROTOCOL' }, what)
})

test('an offer comes first, of a version that is known', t => {
  t.is(offeredManifest({ type: 'offer', version: 1, manifest: HASH }), HASH)
  t.throws(() => offeredManifest({ type: 'offer', version: 2, manifest: HASH }), { code: 'ERR_FILES_VERSION' })
  t.throws(() => offeredManifest(end), { code: 'ERR_FILES_PROTOCOL' })
})

const accept = (done: number, parts: Array<{ index: number, bytes: number }> = []): FilesRecord => ({ type: 'accept', done: Uint8Array.of(done), parts: parts.map(part => ({ ...part, hash: HASH })) })

test('a sender is told what is there once, of files that there are', t => {
  const sending = new Sending(manifest)
  sending.take(accept(0b0110_0000, [{ index: 0, bytes: 4 }]))
  t.deepEqual([...sending.pending()], [0, 3])
  t.is(sending.had, 4)
  t.is(sending.partOf(0)?.bytes, 4)
  t.is(sending.state, 'sending')
  for (const [what, record] of [
    ['a list that is too long', { type: 'accept', done: new Uint8Array(2), parts: [] }],
    ['no list', { type: 'accept', done: new Uint8Array(0), parts: [] }],
    ['a fifth file', accept(0b0100_1000)],
    ['a folder that is missing', accept(0)],
    ['a part of a folder', accept(0b0100_0000, [{ index: 1, bytes: 1 }])],
    ['a part of what is done', accept(0b1100_0000, [{ index: 0, bytes: 1 }])],
    ['a part without bytes', accept(0b0100_0000, [{ index: 0, bytes: 0 }])],
    ['a part that is too long', accept(0b0100_0000, [{ index: 0, bytes: 11 }])],
    ['a part of an empty file', accept(0b0100_0000, [{ index: 2, bytes: 1 }])],
    ['a part of no file', accept(0b0100_0000, [{ index: 4, bytes: 1 }])],
    ['parts out of order', accept(0b0100_0000, [{ index: 3, bytes: 1 }, { index: 0, bytes: 1 }])],
    ['a part twice', accept(0b0100_0000, [{ index: 0, bytes: 1 }, { index: 0, bytes: 1 }])]
  ] as Array<[string, FilesRecord]>) t.throws(() => { new Sending(manifest).take(record) }, { code: 'ERR_FILES_PROTOCOL' }, what)
  t.throws(() => { sending.take(accept(0b0100_0000)) }, { code: 'ERR_FILES_PROTOCOL' }, 'a second time')
})

test('a sender believes of its files only what it has sent', t => {
  const sent = (...steps: Array<FilesRecord | ((sending: Sending) => void)>): Sending => {
    const sending = new Sending(manifest)
    sending.take(accept(0b0110_0000))
    for (const step of steps) {
      if (typeof step === 'function') step(sending)
      else sending.take(step)
    }
    return sending
  }
  const done = (index: number): FilesRecord => ({ type: 'done', index })
  const failed = (index: number, code = 7): FilesRecord => ({ type: 'failed', index, code })
  const finished: FilesRecord = { type: 'finished' }
  const begin = (index: number) => (sending: Sending): void => { sending.sentFile(index) }
  const whole = (index: number) => (sending: Sending): void => { sending.sentFile(index); sending.sentSum(index) }
  const ended = (sending: Sending): void => { sending.sentEnd() }
  const all = sent(whole(0), { type: 'alive' }, done(0), begin(3), failed(3), ended, finished)
  all.end()
  t.deepEqual(all.failures.map(({ path, error }) => [path, (error as { code?: string, origin?: string }).code, (error as { origin?: string }).origin]), [['d', 'ERR_FILES_WRITE', 'remote']])
  for (const [what, ...steps] of [
    ['done before it was begun', done(0)],
    ['done before all of it was sent', begin(0), done(0)],
    ['done twice', whole(0), done(0), done(0)],
    ['failed before it was begun', failed(0)],
    ['failed after it was done', whole(0), done(0), failed(0)],
    ['a file that is not there', done(9)],
    ['finished before the end', finished],
    ['finished while a file is open', whole(0), ended, finished],
    ['what senders say', end]
  ] as Array<[string, ...Array<FilesRecord | ((sending: Sending) => void)>]>) t.throws(() => sent(...steps), { code: 'ERR_FILES_PROTOCOL' }, what)
  t.throws(() => { sent(whole(0)).end() }, { code: 'ERR_FILES_PROTOCOL' })
  t.throws(() => sent({ type: 'refuse', code: 3, index: 0xffff_ffff }), { code: 'ERR_FILES_SPACE' })
  t.throws(() => sent({ type: 'refuse', code: 2, index: 3 }), { code: 'ERR_FILES_EXISTS', message: /: d$/ })
  t.throws(() => sent({ type: 'refuse', code: 77, index: 0 }), { code: 'ERR_FILES_PROTOCOL' })
})

test('what a sender says that follows the rules is taken whole, for any files', t => {
  const entries = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }).map(sizes => sizes.map((size, index): Entry => ({ type: 'file', path: String(index), size, modified: 0, executable: false })))
  fc.assert(fc.property(entries, fc.infiniteStream(fc.nat(3)), (files, choices) => {
    const choose = (): number => choices.next().value
    const done = new Set([...files.keys()].filter(() => choose() === 0))
    const parts = new Map([...files].flatMap(({ size }, index) => !done.has(index) && size > 0 && choose() === 0 ? [[index, 1 + choose() % size] as const] : []))
    const receiving = new Receiving(checkManifest(files, FILES_LIMITS), done, parts)
    for (const [index, { size }] of files.entries()) {
      if (done.has(index)) continue
      const from = choose() < 2 ? parts.get(index) ?? 0 : 0
      if (choose() === 0) { receiving.take(skip(index)); continue }
      receiving.take(file(index, from))
      if (size > from) receiving.take(data(size - from))
      receiving.take(choose() === 0 ? skip(index) : sum)
    }
    t.is(receiving.over, false)
    receiving.take(end)
    t.true(receiving.over)
  }))
})
