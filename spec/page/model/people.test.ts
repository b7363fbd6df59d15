import test from 'ava'
import { People } from '../../../lib/page/app/model/people.js'
import { memoryStore } from '../../../lib/store/index.js'

const BOB = '0b'.repeat(16)
const MALLORY = '66'.repeat(16)
const EVE = `${'0b'.repeat(8)}${'ee'.repeat(8)}`

test('somebody who takes the name of another is told apart, and so is a name that looks like it', async t => {
  const people = await People.load(memoryStore())
  await people.call(BOB, { own: 'Bob' })
  await people.call(MALLORY, { own: 'Mallory' })
  t.deepEqual([BOB, MALLORY].map(peer => people.nameOf(peer)), ['Bob', 'Mallory'])
  for (const like of ['Bob', 'BOB', 'B\u043eb', ' Bo\u200bb ']) {
    await people.call(MALLORY, { own: like })
    t.is(people.nameOf(BOB), 'Bob (0b0b0b0b)', like)
    t.regex(people.nameOf(MALLORY), / \(66666666\)$/, like)
  }
  await people.call(MALLORY, { own: 'Mallory' })
  t.is(people.nameOf(BOB), 'Bob')
})

test('who has a name of ours keeps it; the digits of another id help nobody', async t => {
  const store = memoryStore()
  const people = await People.load(store)
  await people.call(BOB, { own: 'Robert' })
  await people.call(BOB, { given: 'Bob' })
  await people.call(MALLORY, { own: 'Bob' })
  await people.call(EVE, { own: 'Bob (0b0b0b0b)' })
  for (const each of [people, await People.load(store)]) {
    t.deepEqual([BOB, MALLORY, EVE].map(peer => each.nameOf(peer)), ['Bob', 'Bob (66666666)', 'Bob (0b0b0b0b) (0b0b0b0b)'])
  }
  await people.call(EVE, { own: 'Bob' })
  t.is(people.nameOf(EVE), `Bob (${EVE})`, 'whose id begins like that of another with the name')
  await people.call(EVE, { own: 'Somebody 66666666' })
  t.is(people.nameOf(EVE), 'Somebody 66666666 (0b0b0b0b)')
  await people.forget(BOB)
  t.deepEqual([people.nameOf(MALLORY), people.nameOf(BOB)], ['Bob', 'Somebody 0b0b0b0b'])
})

test('a name of which nothing is seen is none', async t => {
  const people = await People.load(memoryStore())
  await people.call(BOB, { own: '\u3164\u200b' })
  t.is(people.nameOf(BOB), 'Somebody 0b0b0b0b')
  await people.call(BOB, { own: 'Bob' })
  await people.call(BOB, { given: ' ' })
  t.is(people.nameOf(BOB), 'Bob')
})
