import test from 'ava'
import type { TextEntry } from '../../../lib/page/app/model/entry.js'
import { History } from '../../../lib/page/app/model/history.js'
import { APP_LIMITS } from '../../../lib/page/app/model/limits.js'
import { memoryStore } from '../../../lib/store/index.js'

const PEER = '0b'.repeat(16)
const OTHER = '0c'.repeat(16)
const entry = (number: number): TextEntry => ({ type: 'text', id: String(number), peer: PEER, mine: false, time: number, text: `text ${number}`, state: 'read' })
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

test('several entries at once make room for each of them, in memory and in the store', async t => {
  const store = memoryStore()
  const history = await History.load(store)
  await history.put(...numbers(0, APP_LIMITS.maxEntries).map(entry))
  const gone: string[] = []
  history.changes.on(change => { if (change.gone) gone.push(change.entry.id) })
  await history.put(entry(5000), { ...entry(2), text: 'changed' }, entry(5001))
  t.deepEqual(gone, ['0', '1'])
  const kept = [...numbers(2, APP_LIMITS.maxEntries), 5000, 5001].map(String)
  for (const each of [history, await History.load(store)]) t.deepEqual(each.of(PEER).map(({ id }) => id), kept)
})

test('of more than a conversation may have, the newest stay', async t => {
  const store = memoryStore()
  const history = await History.load(store)
  await history.put(...numbers(0, APP_LIMITS.maxEntries + 3).map(entry))
  for (const each of [history, await History.load(store)]) t.deepEqual(each.of(PEER).map(({ id }) => id), numbers(3, APP_LIMITS.maxEntries + 3).map(String))
})

test('of texts that are too long together, the newest stay', async t => {
  const store = memoryStore()
  const history = await History.load(store)
  const long = 'x'.repeat(65_536)
  const most = APP_LIMITS.maxTextLength / long.length
  for (const number of numbers(0, most + 2)) await history.put({ ...entry(number), text: long })
  for (const each of [history, await History.load(store)]) t.deepEqual(each.of(PEER).map(({ id }) => id), numbers(2, most + 2).map(String))
})

test('those who write at the same time make each of the oldest go once, and nothing else', async t => {
  const store = memoryStore()
  const history = await History.load(store)
  await history.put({ ...entry(0), peer: OTHER })
  await history.put(...numbers(0, APP_LIMITS.maxEntries).map(entry))
  const gone: string[] = []
  history.changes.on(change => { if (change.gone) gone.push(change.entry.id) })
  await Promise.all([history.put(entry(5000)), history.put(entry(5001)), history.put(entry(5002))])
  t.deepEqual(gone, ['0', '1', '2'])
  const kept = [...numbers(3, APP_LIMITS.maxEntries), 5000, 5001, 5002].map(String)
  for (const each of [history, await History.load(store)]) t.deepEqual(each.of(PEER).map(({ id }) => id), kept)
})

test('what has made room is told to be gone also when the store fails', async t => {
  const store = memoryStore()
  const history = await History.load(store)
  await history.put(...numbers(0, APP_LIMITS.maxEntries).map(entry))
  const gone: string[] = []
  history.changes.on(change => { if (change.gone) gone.push(change.entry.id) })
  await store.close()
  await t.throwsAsync(history.put(entry(5000)), { code: 'ERR_STORE_CLOSED' })
  t.deepEqual([gone, history.get(PEER, '0')], [['0'], undefined])
})

test('what is removed twice is told once', async t => {
  const store = memoryStore()
  const history = await History.load(store)
  // the first number of all, which an entry without one must not be taken for
  await history.put(entry(0), entry(1))
  const gone: string[] = []
  history.changes.on(change => { if (change.gone) gone.push(change.entry.id) })
  await Promise.all([history.remove(entry(1)), history.remove(entry(1))])
  await history.remove(entry(1))
  await Promise.all([history.forget(OTHER), history.remove(entry(7))])
  t.deepEqual(gone, ['1'])
  for (const each of [history, await History.load(store)]) t.deepEqual(each.of(PEER).map(({ id }) => id), ['0'])
})
