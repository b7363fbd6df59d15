import test from 'ava'
import fc from 'fast-check'
import { verifyPrekey } from '../../lib/nova/mail/index.js'
import { openPrekeyRing } from '../../lib/relay/client/prekeys/prekey-ring.js'
import type { Publication } from '../../lib/relay/client/prekeys/prekey-ring-options.js'
import { encodeRequest, type WirePrekey } from '../../lib/relay/wire/index.js'
import { memoryStore, type Store, type StoreView } from '../../lib/store/index.js'
import { codeOf } from '../nova/session/support.js'
import { collect } from '../zlib/support.js'
import { alice, bob, idsOf, mailTo, mark, NONE, Setting } from './prekey-setting.js'

test('a new ring publishes, and is content then', async t => {
  const setting = await new Setting().open()
  const publication = await setting.missing()
  t.is(publication?.replace, false)
  t.is(publication?.oneTime.length, 100)
  t.is(publication?.lastResort.length, 1)
  for (const prekey of [...publication?.oneTime ?? [], ...publication?.lastResort ?? []]) t.notThrows(() => verifyPrekey(bob.publicKey, prekey))
  // it goes into one request
  t.true(encodeRequest('publish', 1, publication as Publication).byteLength < 65_536)
  t.is(await setting.settle(), 1)
  t.is(await setting.directory.prekeys(bob.id), 100)
  for (let taken = 0; taken < 30; taken++) await setting.take()
  const more = await setting.missing()
  t.is(more?.oneTime.length, 30)
  t.deepEqual(more?.lastResort, [])
})

test('a one-time prekey opens one mail', async t => {
  const setting = await new Setting({ limits: { oneTime: 2 } }).open()
  await setting.settle()
  const prekey = await setting.take()
  const mail = await setting.ring.open(mailTo(prekey), { from: alice.id, kind: 4n })
  t.deepEqual(await collect(mail.message), Uint8Array.of(1, 2, 3))
  // it is used up by used() alone
  t.is(await setting.receive(prekey), 'accepted')
  t.is(await setting.receive(prekey), 'ERR_SEALED_MAIL_UNKNOWN_PREKEY')
  t.is(await codeOf(setting.store.write(transaction => setting.ring.used(transaction, mail.prekeyId, mail.mark))), 'ERR_PREKEY_RING_USED')
})

test('of two mails to one prekey that are open at once, one is delivered', async t => {
  const setting = await new Setting({ limits: { oneTime: 1 } }).open()
  await setting.settle()
  const prekey = await setting.take()
  const mails = [await setting.ring.open(mailTo(prekey), { from: alice.id, kind: 4n }), await setting.ring.open(mailTo(prekey), { from: alice.id, kind: 4n })]
  const codes = []
  for (const { prekeyId, mark } of mails) codes.push(await codeOf(setting.store.write(transaction => setting.ring.used(transaction, prekeyId, mark))))
  t.deepEqual(codes, ['accepted', 'ERR_PREKEY_RING_USED'])
  for (const { message } of mails) await message.return?.()
})

test('a last resort opens many mails, each once', async t => {
  const setting = await new Setting({ limits: { oneTime: 1 } }).open()
  await setting.settle()
  await setting.take()
  const prekey = await setting.take()
  t.deepEqual(prekey.id, setting.lastResort)
  const pieces: Uint8Array[] = []
  for await (const piece of mailTo(prekey)) pieces.push(piece)
  const again = (): AsyncIterable<Uint8Array> => ({ async * [Symbol.asyncIterator] () { yield * pieces } })
  const { prekeyId, mark, message } = await setting.ring.open(again(), { from: alice.id, kind: 4n })
  t.deepEqual(await setting.store.write(transaction => setting.ring.used(transaction, prekeyId, mark)), { oneTime: false, renew: false })
  t.is((await collect(message)).byteLength, 3)
  t.is(await codeOf(setting.ring.open(again(), { from: alice.id, kind: 4n })), 'ERR_PREKEY_RING_REPLAYED')
  t.is(await codeOf(setting.store.write(transaction => setting.ring.used(transaction, prekeyId, mark))), 'ERR_PREKEY_RING_REPLAYED')
  t.is(await setting.receive(prekey), 'accepted')
  // also after a restart
  await setting.open()
  t.is(await codeOf(setting.ring.open(again(), { from: alice.id, kind: 4n })), 'ERR_PREKEY_RING_REPLAYED')
})

test('mail that was opened before, or cannot be looked up, is let go of', async t => {
  const setting = await new Setting({ limits: { oneTime: 1 } }).open()
  await setting.settle()
  await setting.take()
  const prekey = await setting.take()
  const pieces: Uint8Array[] = []
  for await (const piece of mailTo(prekey)) pieces.push(piece)
  let returned = 0
  const source = (): AsyncIterable<Uint8Array> => {
    const left = [...pieces]
    return { [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = left.shift()
        return value === undefined ? { value, done: true } : { value, done: false }
      },
      return: async () => {
        returned++
        return { value: undefined, done: true }
      }
    }) }
  }
  const { prekeyId, mark, message } = await setting.ring.open(source(), { from: alice.id, kind: 4n })
  await setting.store.write(transaction => setting.ring.used(transaction, prekeyId, mark))
  await message.return?.()
  t.is(returned, 1)
  t.is(await codeOf(setting.ring.open(source(), { from: alice.id, kind: 4n })), 'ERR_PREKEY_RING_REPLAYED')
  t.is(returned, 2)
  await setting.store.close()
  t.is(await codeOf(setting.ring.open(source(), { from: alice.id, kind: 4n })), 'ERR_STORE_CLOSED')
  t.is(returned, 3)
})

test('what the caller writes in the transaction is kept together with the use, or not at all', async t => {
  const setting = await new Setting({ limits: { oneTime: 1 } }).open()
  await setting.settle()
  const { id } = await setting.take()
  const record = Uint8Array.of(7)
  await t.throwsAsync(setting.store.write(transaction => {
    setting.ring.used(transaction, id, mark(1))
    transaction.set(record, record)
    throw new Error('disk')
  }), { message: 'disk' })
  t.not(await setting.ring.find(id), undefined)
  await setting.store.write(transaction => {
    t.deepEqual(setting.ring.used(transaction, id, mark(1)), { oneTime: true, renew: false })
    transaction.set(record, record)
  })
  t.is(await setting.ring.find(id), undefined)
  t.is(await codeOf(setting.store.write(transaction => {
    transaction.set(record, mark(9))
    setting.ring.used(transaction, id, mark(1))
  })), 'ERR_PREKEY_RING_USED')
  t.deepEqual(await setting.store.read(view => view.get(record)), record)
})

test('a publication that was cut off is made again with the same prekeys, and does no harm where it had come through', async t => {
  const setting = await new Setting({ limits: { oneTime: 5 } }).open()
  const cut = await setting.missing()
  await setting.open()
  const again = await setting.missing()
  t.deepEqual({ ...again, made: 5 }, cut)
  t.is(again?.made, 0)
  // the relay has it, and the answer was lost; two are handed out meanwhile
  await setting.send(again as Publication)
  const taken = [await setting.take(), await setting.take()]
  await setting.open()
  await setting.settle()
  t.is(await setting.directory.prekeys(bob.id), 5)
  for (const prekey of taken) t.is(await setting.receive(prekey), 'accepted')
  const rest = []
  for (let index = 0; index < 5; index++) rest.push(await setting.take())
  t.is(new Set(idsOf([...taken, ...rest])).size, 7)
  for (const prekey of rest) t.is(await setting.receive(prekey), 'accepted')
})

test('a ring that is new, or that lost some, replaces what the relay has', async t => {
  const ring = await openPrekeyRing(memoryStore(), bob, { limits: { oneTime: 3 } })
  for (const [waiting, last] of [[1, NONE], [0, new Uint8Array(8).fill(5)], [9, new Uint8Array(8).fill(5)]] as const) {
    const fresh = await openPrekeyRing(memoryStore(), bob, { limits: { oneTime: 3 } })
    const publication = await fresh.missing(waiting, last)
    t.is(publication?.replace, true)
    t.is(publication?.oneTime.length, 3)
    t.is(publication?.lastResort.length, 1)
  }
  const first = await ring.missing(0, NONE) as Publication
  await ring.published(first)
  const [last] = first.lastResort
  t.is(await ring.missing(3, last?.id as Uint8Array), undefined)
  const replaced = await ring.missing(4, last?.id as Uint8Array)
  t.is(replaced?.replace, true)
  t.is(replaced?.oneTime.length, 3)
  t.deepEqual(replaced?.lastResort, first.lastResort)
})

test('mail that was opened since hello does not look like a loss', async t => {
  const setting = await new Setting({ limits: { oneTime: 3 } }).open()
  await setting.settle()
  for (let index = 0; index < 2; index++) t.is(await setting.receive(await setting.take()), 'accepted')
  t.is(await setting.ring.missing(3, setting.lastResort), undefined)
})

test('a relay that has forgotten everything gets everything again', async t => {
  const setting = await new Setting({ limits: { oneTime: 3 } }).open()
  await setting.settle()
  const publication = await setting.ring.missing(0, NONE)
  t.is(publication?.replace, false)
  t.is(publication?.oneTime.length, 3)
  t.deepEqual(idsOf(publication?.lastResort ?? []), [Buffer.from(setting.lastResort).toString('hex')])
})

test('a relay that takes fewer gets fewer, and one that takes many gets them in several publications', async t => {
  const setting = await new Setting({ limits: { oneTime: 700 } }).open()
  t.is((await setting.ring.missing(0, NONE, 7))?.oneTime.length, 7)
  t.is((await setting.ring.missing(7, NONE, 5))?.oneTime.length, 0)
  const first = await setting.ring.missing(0, NONE) as Publication
  t.is(first.oneTime.length, 500)
  await setting.ring.published(first)
  t.is((await setting.ring.missing(500, first.lastResort[0]?.id as Uint8Array))?.oneTime.length, 200)
})

test('two questions at once have one answer', async t => {
  const setting = await new Setting({ limits: { oneTime: 4 } }).open()
  const [one, two] = await Promise.all([setting.missing(), setting.missing()])
  t.deepEqual(one, { ...two as Publication, made: 4 })
  t.is(two?.made, 0)
})

test('the rings of two identities in one store do not meet', async t => {
  const store = memoryStore()
  const rings = [await openPrekeyRing(store, bob, { limits: { oneTime: 1 } }), await openPrekeyRing(store, alice, { limits: { oneTime: 1 } })] as const
  const mine = await rings[0].missing(0, NONE) as Publication
  await rings[0].published(mine)
  t.is((await rings[1].missing(0, NONE))?.oneTime.length, 1)
  for (const { id } of [...mine.oneTime, ...mine.lastResort]) {
    t.not(await rings[0].find(id), undefined)
    t.is(await rings[1].find(id), undefined)
  }
})

test('limits are checked', async t => {
  for (const name of ['oneTime', 'maxOneTime', 'renewAfter', 'keepFor', 'maxOpened', 'maxLastResorts']) {
    t.is(await codeOf(openPrekeyRing(memoryStore(), bob, { limits: { [name]: 0 } })), 'ERR_LIMIT_OPTION')
  }
})

test('whatever is cut off when: no prekey is handed out twice, every one that was handed out opens its mail once', async t => {
  const steps = fc.array(fc.constantFrom('publish', 'publish, unanswered', 'ask', 'restart', 'take', 'receive'), { maxLength: 30 })
  await fc.assert(fc.asyncProperty(steps, async steps => {
    const setting = await new Setting({ limits: { oneTime: 3, maxOneTime: 1000 } }).open()
    const handed: WirePrekey[] = []
    const seen = new Set<string>()
    for (const step of steps) {
      if (step === 'restart') await setting.open()
      if (step === 'ask') await setting.missing()
      if (step.startsWith('publish')) {
        const publication = await setting.missing()
        if (publication === undefined) continue
        t.false(publication.replace)
        await setting.send(publication)
        if (step === 'publish') await setting.ring.published(publication)
      }
      if (step === 'take' && await setting.directory.prekeys(bob.id) > 0) {
        const prekey = await setting.take()
        const [id = ''] = idsOf([prekey])
        t.false(seen.has(id))
        seen.add(id)
        handed.push(prekey)
      }
      const prekey = step === 'receive' ? handed.shift() : undefined
      if (prekey === undefined) continue
      t.is(await setting.receive(prekey), 'accepted')
      t.is(await setting.receive(prekey), 'ERR_SEALED_MAIL_UNKNOWN_PREKEY')
    }
    await setting.settle()
    t.is(await setting.directory.prekeys(bob.id), 3)
  }), { numRuns: 40 })
})

test('what the store gives of private prekeys is wiped, and what it keeps is not', async t => {
  const inner = memoryStore()
  const given: Uint8Array[] = []
  const spied = (view: StoreView): StoreView => ({
    get: key => {
      const record = view.get(key)
      // those of prekeys are longer than any other
      if (record !== undefined && record.byteLength > 100) given.push(record)
      return record
    },
    keys: range => view.keys(range)
  })
  const store: Store = {
    quarantined: 0,
    read: work => inner.read(view => work(spied(view))),
    write: work => inner.write(transaction => work({
      ...spied(transaction),
      set: (key, value) => {
        transaction.set(key, value)
        if (value.byteLength > 100) given.push(value)
      },
      delete: key => { transaction.delete(key) }
    })),
    close: () => inner.close()
  }
  const setting = await new Setting({ limits: { oneTime: 3 } }, store).open()
  await setting.settle()
  const [one, two] = [await setting.take(), await setting.take()]
  await setting.receive(one)
  for (const id of [two.id, setting.lastResort, one.id]) (await setting.ring.find(id))?.destroy()
  await store.write(transaction => setting.ring.used(transaction, setting.lastResort, mark(9)))
  await setting.missing()
  t.true(given.length > 15, `${given.length}`)
  for (const record of given) t.true(record.subarray(9, 41).every(byte => byte === 0))
})
