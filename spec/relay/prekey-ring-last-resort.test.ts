import test from 'ava'
import { codeOf } from '../nova/session/support.js'
import { alice, DAY, mailTo, mark, Setting } from './prekey-setting.js'

test('the last resort is renewed after a week and opens for thirty days more', async t => {
  const setting = await new Setting({ limits: { oneTime: 1 } }).open()
  await setting.settle()
  await setting.take()
  const old = await setting.take()
  await setting.settle()
  setting.now += 7 * DAY - 1
  t.is(await setting.missing(), undefined)
  setting.now += 1
  // it is renewed once, however often it is asked
  const publication = await setting.missing()
  t.deepEqual(await setting.missing(), publication)
  t.is(publication?.lastResort.length, 1)
  t.is(await setting.settle(), 1)
  t.notDeepEqual(setting.lastResort, old.id)
  setting.now += 30 * DAY - 1
  t.is(await setting.receive(old), 'accepted')
  setting.now += 1
  t.is(await setting.receive(old), 'ERR_SEALED_MAIL_UNKNOWN_PREKEY')
  t.is(await codeOf(setting.store.write(transaction => setting.ring.used(transaction, old.id, mark(1)))), 'ERR_PREKEY_RING_USED')
  await setting.settle()
  // forgotten for good, and its marks with it
  setting.now -= 20 * DAY
  t.is(await setting.ring.find(old.id), undefined)
  t.deepEqual(await setting.store.read(view => [...view.keys({ from: Buffer.from('prekeys/mark/'), to: Buffer.from('prekeys/mark0') })]), [])
})

test('a last resort that was made under a clock far ahead is renewed', async t => {
  const setting = await new Setting({ limits: { oneTime: 1 } }).open()
  setting.now += 4000 * DAY
  await setting.settle()
  setting.now -= 4000 * DAY
  t.is((await setting.missing())?.lastResort.length, 1)
})

test('a last resort under which much was opened is renewed at half, and full at the whole', async t => {
  const setting = await new Setting({ limits: { oneTime: 1, maxOpened: 4 } }).open()
  await setting.settle()
  await setting.take()
  const prekey = await setting.take()
  await setting.settle()
  const old = setting.lastResort
  const open = (): Promise<unknown> => setting.ring.open(mailTo(prekey), { from: alice.id, kind: 4n })
  const use = (byte: number): Promise<unknown> => setting.store.write(transaction => setting.ring.used(transaction, old, mark(byte)))
  t.deepEqual(await use(1), { oneTime: false, renew: false })
  t.is(await setting.missing(), undefined)
  t.deepEqual(await use(2), { oneTime: false, renew: true })
  t.is(await setting.settle(), 1)
  t.notDeepEqual(setting.lastResort, old)
  t.deepEqual(await use(3), { oneTime: false, renew: false })
  t.is(await codeOf(open()), 'accepted')
  await use(4)
  t.is(await codeOf(use(5)), 'ERR_PREKEY_RING_FULL')
  // nor is it opened: what cannot be noted as read could be given again
  t.is(await codeOf(open()), 'ERR_PREKEY_RING_FULL')
  t.is(await codeOf(use(4)), 'ERR_PREKEY_RING_REPLAYED')
})

test('what is kept is bounded: one-time prekeys that are never used, last resorts, marks', async t => {
  const setting = await new Setting({ limits: { oneTime: 2, maxOneTime: 5, maxLastResorts: 2, maxOpened: 4000 } }).open()
  await setting.settle()
  const taken = []
  for (let index = 0; index < 9; index++) {
    taken.push(await setting.take())
    await setting.settle()
  }
  const known = await Promise.all(taken.map(async ({ id }) => await setting.ring.find(id) !== undefined))
  // two of the five wait at the relay
  t.deepEqual(known, [false, false, false, false, false, false, true, true, true])
  const resorts = [setting.lastResort]
  await setting.store.write(transaction => {
    for (let index = 0; index < 1500; index++) setting.ring.used(transaction, setting.lastResort, new Uint8Array(16).fill(index & 255).fill(index >>> 8, 8))
  })
  for (let renewed = 0; renewed < 2; renewed++) {
    setting.now += 7 * DAY
    await setting.settle()
    resorts.push(setting.lastResort)
  }
  t.deepEqual(await Promise.all(resorts.map(async id => await setting.ring.find(id) !== undefined)), [false, true, true])
  t.deepEqual(await setting.store.read(view => [...view.keys({ from: Buffer.from('prekeys/mark/'), to: Buffer.from('prekeys/mark0') })]), [])
})
