import test from 'ava'
import { formatUuid } from '../../lib/bytes/index.js'
import { cleanName, Names } from '../../lib/cli/names.js'
import { createIdentity } from '../../lib/nova/index.js'
import { openContacts, type Contact } from '../../lib/relay/index.js'
import { memoryStore, storeKey } from '../../lib/store/index.js'

async function book (count: number): Promise<{ names: Names, people: Contact[], again: () => Promise<Names> }> {
  const store = memoryStore()
  const contacts = await openContacts(store)
  const people = await Promise.all(Array.from({ length: count }, () => contacts.trust(createIdentity().publicKey)))
  const again = async (): Promise<Names> => Names.load(store, await openContacts(store))
  return { names: await again(), people, again }
}

test('a contact is meant by its name, its id, or the beginning of its id', async t => {
  const { names, people: [one, other], again } = await book(2)
  if (one === undefined || other === undefined) throw new Error('nobody')
  t.is(await names.propose(one.id, 'Alice'), 'Alice')
  t.is(names.resolve('alice').name, 'Alice')
  t.deepEqual(names.resolve(formatUuid(other.id)).id, other.id)
  t.deepEqual(names.resolve(formatUuid(other.id).slice(0, 6).toUpperCase()).id, other.id)
  t.is(names.of(other.id), formatUuid(other.id).slice(0, 8))
  t.is((await again()).of(one.id), 'Alice')
  t.throws(() => names.resolve('bob'), { code: 'ERR_CLI_PEER', message: new RegExp(`bob; known are .*Alice \\(${formatUuid(one.id).slice(0, 8)}\\)`) })
  t.throws(() => names.resolve(formatUuid(other.id).slice(0, 3)), { code: 'ERR_CLI_PEER' })
  for (const nothing of ['', ' ', '\u200b']) t.throws(() => names.resolve(nothing), { code: 'ERR_CLI_PEER', message: /: an empty name; known are/ })
  t.throws(() => names.resolve('b\u001b[31mb'), { code: 'ERR_CLI_PEER', message: /: bb;/ })
  await names.forget(one.id)
  t.throws(() => names.resolve('alice'), { code: 'ERR_CLI_PEER' })
})

test('nobody takes the name of another', async t => {
  const { names, people: [one, other, third] } = await book(3)
  if (one === undefined || other === undefined || third === undefined) throw new Error('nobody')
  await names.propose(one.id, 'Alice')
  t.is(await names.propose(other.id, 'ALICE'), 'ALICE-2')
  t.is(await names.propose(third.id, 'alice'), 'alice-3')
  // a name that was given once stays, whatever they call themselves later
  t.is(await names.propose(one.id, 'Mallory'), 'Alice')
  await t.throwsAsync(names.set(other.id, 'alice'), { code: 'ERR_CLI_NAME', message: /another contact's/ })
  t.is(await names.set(other.id, 'Bob'), 'Bob')
  t.is(await names.set(one.id, 'ALICE'), 'ALICE')
  for (const none of ['\u0000', 'x'.repeat(65)]) await t.throwsAsync(names.set(one.id, none), { code: 'ERR_CLI_NAME' })
  t.is(names.of(one.id), 'ALICE')
})

test('what they call themselves is cut where it is too long, and what we call them is not', async t => {
  const { names, people: [one] } = await book(1)
  if (one === undefined) throw new Error('nobody')
  t.is(await names.propose(one.id, `${'x'.repeat(63)} y`), 'x'.repeat(63))
})

test('a name with its number is no longer than a name may be', async t => {
  const { names, people } = await book(11)
  const given: string[] = []
  for (const { id } of people) given.push(await names.propose(id, `${'😀'.repeat(61)} xx`))
  t.deepEqual([given[0], given[1], given[10]], [`${'😀'.repeat(61)} xx`, `${'😀'.repeat(61)}-2`, `${'😀'.repeat(61)}-11`])
  for (const name of given) t.is(cleanName(name), name)
})

test('who is called like the beginning of the id of another is not taken for them', async t => {
  const { names, people: [one, other] } = await book(2)
  if (one === undefined || other === undefined) throw new Error('nobody')
  const beginning = formatUuid(one.id).slice(0, 4)
  await names.propose(other.id, beginning)
  t.throws(() => names.resolve(beginning), { code: 'ERR_CLI_PEER', message: /means several of them/ })
  t.deepEqual(names.resolve(formatUuid(one.id)).id, one.id)
})

test('a name that looks like another one is taken', async t => {
  const { names, people: [one, other] } = await book(2)
  if (one === undefined || other === undefined) throw new Error('nobody')
  await names.propose(one.id, 'Alice')
  t.is(await names.propose(other.id, 'Ali\u200dce'), 'Ali\u200dce-2')
  await t.throwsAsync(names.set(other.id, 'Alice\ufe0f'), { code: 'ERR_CLI_NAME' })
  await t.throwsAsync(names.set(other.id, '\uff21lice'), { code: 'ERR_CLI_NAME' })
})

test('the beginning of two ids is nobody', async t => {
  const { people } = await book(1)
  const [one] = people
  if (one === undefined) throw new Error('nobody')
  const twin = { ...one, id: one.id.map((byte, at) => at === 15 ? byte ^ 1 : byte) }
  const names = await Names.load(memoryStore(), { list: () => [one, twin] })
  t.throws(() => names.resolve(formatUuid(one.id).slice(0, 8)), { code: 'ERR_CLI_PEER', message: /means several of them/ })
  t.deepEqual(names.resolve(formatUuid(twin.id)).id, twin.id)
  t.throws(() => { names.resolve('x') }, { code: 'ERR_CLI_PEER' })
  const empty = await Names.load(memoryStore(), { list: () => [] })
  t.throws(() => empty.resolve('x'), { message: /nobody is known yet/ })
})

test('a name is cleaned, and none that looks like an id', t => {
  t.is(cleanName('  Alice \n B.\u202e '), 'Alice B.')
  t.is(cleanName(` ${'😀'.repeat(64)}`), '😀'.repeat(64))
  t.is(cleanName('x'.repeat(65)), undefined)
  t.is(cleanName('\u001b[31m'), undefined)
  t.is(cleanName('\u0301\u0302 \u0301'), undefined)
  t.is(cleanName('Rene\u0301 \u0e01\u0e34'), 'Ren\u00e9 \u0e01\u0e34')
  t.is(cleanName('3f2a11bc'), undefined)
  t.is(cleanName('3f2a11bc-aaaa'), undefined)
  t.is(cleanName('face'), 'face')
})

test('two whose names look alike are each found by their own', async t => {
  const store = memoryStore()
  const contacts = await openContacts(store)
  const [one, other] = [await contacts.trust(createIdentity().publicKey), await contacts.trust(createIdentity().publicKey)]
  // as kept before names like these were told apart
  await store.write(transaction => {
    transaction.set(storeKey('cli/name/', one.id), new TextEncoder().encode('al'))
    transaction.set(storeKey('cli/name/', other.id), new TextEncoder().encode('a1'))
  })
  const names = await Names.load(store, contacts)
  t.deepEqual(names.resolve('al').id, one.id)
  t.deepEqual(names.resolve('a1').id, other.id)
  t.throws(() => names.resolve('ai'), { code: 'ERR_CLI_PEER', message: /means several of them/ })
})
