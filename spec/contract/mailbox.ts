import test from 'ava'
import fc from 'fast-check'
import { NIL_UUID, randomUuid } from '../../lib/bytes/index.js'
import { keysUnder, openMailbox, storeKey, type Mail, type Mailbox, type MailboxLimits, type Store } from '../../lib/store/index.js'
import { codeOf, collect, items, pattern, silence } from '../support/sources.js'
import type { WithStore } from './with-store.js'

const body = (length: number): AsyncIterable<Uint8Array> => items(pattern(length))
const envelope = (sender: Uint8Array, recipient: Uint8Array, id = randomUuid()) => ({ id, sender, recipient, kind: 7n })

async function all (mails: AsyncIterable<Mail>): Promise<Mail[]> {
  const found: Mail[] = []
  for await (const mail of mails) found.push(mail)
  return found
}

/** The mailbox over a store. */
export function mailboxContract (it: (title: string) => string, withStore: WithStore): void {
  const withMailbox = (limits: MailboxLimits, use: (mailbox: Mailbox, store: Store) => Promise<void>): Promise<void> => withStore(async store => {
    const mailbox = await openMailbox(store, { limits })
    await use(mailbox, store)
    await mailbox.close()
  })

  test(it('mail: in the order of acknowledgement, whole, until the recipient has it'), async t => withStore(async (opened, again) => {
    const [alice, bob, carol] = [randomUuid(), randomUuid(), randomUuid()]
    const lengths = [0, 1, 999, 1000, 1001, 12_345]
    let mailbox = await openMailbox(opened, { limits: { partBytes: 1000 } })
    for (const length of lengths) t.is(await mailbox.put({ ...envelope(alice, bob), kind: 2n ** 64n - 1n }, body(length)), 'stored')
    t.is(await mailbox.put(envelope(alice, carol), body(5)), 'stored')
    t.deepEqual(await mailbox.usage(bob), { bytes: 15_346, messages: 6 })
    await mailbox.close()
    const store = await again()
    mailbox = await openMailbox(store, { limits: { partBytes: 77 } })
    t.deepEqual(await mailbox.usage(), { bytes: 15_351, messages: 7 })
    const mails = await all(mailbox.read(bob))
    t.deepEqual(mails.map(mail => mail.length), lengths)
    for (const mail of mails) {
      t.deepEqual([mail.sender, mail.recipient, mail.kind], [alice, bob, 2n ** 64n - 1n])
      t.deepEqual(await collect(mail.source), pattern(mail.length))
      t.deepEqual(await collect(mail.source), pattern(mail.length), 'and again')
    }
    t.deepEqual((await all(mailbox.read(bob, { after: mails[3]?.position }))).map(mail => mail.length), [1001, 12_345])
    t.false(await mailbox.acknowledge(carol, mails[0]?.position ?? 0), 'another one cannot')
    for (const mail of mails) t.true(await mailbox.acknowledge(bob, mail.position))
    t.false(await mailbox.acknowledge(bob, mails[0]?.position ?? 0))
    t.deepEqual(await all(mailbox.read(bob)), [])
    t.deepEqual(await mailbox.usage(bob), { bytes: 0, messages: 0 })
    t.is((await all(mailbox.read(carol))).length, 1)
    t.is(await store.read(view => [...view.keys(keysUnder(storeKey('mail/part/')))].length), 1)
    await mailbox.close()
  }))

  test(it('mail: a position is never given twice, not after everything was deleted either'), async t => withStore(async (opened, again) => {
    const [alice, bob] = [randomUuid(), randomUuid()]
    const given: number[] = []
    for (let store = opened, run = 0; run < 4; store = await again(), run++) {
      const mailbox = await openMailbox(store)
      for (let index = 0; index < 3; index++) {
        await mailbox.put(envelope(alice, bob), body(10))
        for (const { position } of await all(mailbox.read(bob))) {
          given.push(position)
          await mailbox.acknowledge(bob, position)
        }
      }
      await mailbox.close()
    }
    t.is(given.length, 12)
    t.deepEqual([...new Set(given)].sort((one, other) => one - other), given)
  }))

  test(it('mail: the same id of the same sender is one message, within the window'), async t => withStore(async (opened, again) => {
    const [alice, eve, bob, id] = [randomUuid(), randomUuid(), randomUuid(), randomUuid()]
    const limits = { dedupWindow: 3, dedupSenders: 2 }
    let mailbox = await openMailbox(opened, { limits })
    t.is(await mailbox.put(envelope(alice, bob, id), body(10)), 'stored')
    t.is(await mailbox.put(envelope(alice, bob, id), body(10)), 'duplicate')
    t.is(await mailbox.put(envelope(eve, bob, id), body(10)), 'stored', 'of another sender')
    for (const { position } of await all(mailbox.read(bob))) await mailbox.acknowledge(bob, position)
    await mailbox.close()
    mailbox = await openMailbox(await again(), { limits })
    t.is(await mailbox.put(envelope(alice, bob, id), body(10)), 'duplicate', 'also when it is gone, and after a restart')
    const waiting = silence()
    t.is(await mailbox.put(envelope(alice, bob, id), waiting), 'duplicate', 'without reading it')
    t.true(waiting.returned)
    // at once: one of them is stored
    const twin = randomUuid()
    t.deepEqual((await Promise.all([1, 2, 3].map(() => mailbox.put(envelope(eve, bob, twin), body(10))))).sort(), ['duplicate', 'duplicate', 'stored'])
    t.deepEqual(await mailbox.usage(), { bytes: 10, messages: 1 })
    for (let index = 0; index < 3; index++) await mailbox.put(envelope(alice, bob), body(1))
    t.is(await mailbox.put(envelope(alice, bob, id), body(1)), 'stored', 'beyond the window it is a new one')
    // a third sender: the one that was silent for longest is forgotten
    await mailbox.put(envelope(randomUuid(), bob), body(1))
    t.is(await mailbox.put(envelope(alice, bob, id), body(1)), 'duplicate')
    t.is(await mailbox.put(envelope(eve, bob, twin), body(1)), 'stored')
    await mailbox.close()
  }))

  test(it('mail: quotas of a sender, a recipient and in all count what is on its way, and what failed is nothing'), async t => withMailbox({
    maxMessage: 400, senderBytes: 1000, recipientBytes: 1500, totalBytes: 1700, senderMessages: 5, recipientMessages: 7, totalMessages: 8, partBytes: 64, maxPuts: 2
  }, async (mailbox, store) => {
    const [alice, bob, carol, dave] = [randomUuid(), randomUuid(), randomUuid(), randomUuid()]
    const put = (from: Uint8Array, to: Uint8Array, length: number): Promise<string> => mailbox.put(envelope(from, to), body(length)).catch((error: { code: string }) => error.code)
    t.is(await put(alice, bob, 401), 'ERR_MAIL_LENGTH')
    t.is(await put(alice, bob, 400), 'stored')
    t.is(await put(alice, bob, 400), 'stored')
    t.is(await put(alice, bob, 201), 'ERR_MAIL_SENDER_QUOTA')
    t.is(await put(carol, bob, 400), 'stored')
    t.is(await put(dave, bob, 301), 'ERR_MAIL_RECIPIENT_QUOTA')
    t.is(await put(dave, alice, 400), 'stored')
    t.is(await put(dave, alice, 101), 'ERR_MAIL_QUOTA')
    t.deepEqual(await mailbox.usage(), { bytes: 1600, messages: 4 })
    for (let index = 0; index < 3; index++) t.is(await put(alice, bob, 1), 'stored')
    t.is(await put(alice, carol, 1), 'ERR_MAIL_SENDER_QUOTA', 'by count')
    t.is(await put(carol, bob, 1), 'stored')
    t.is(await put(dave, bob, 0), 'ERR_MAIL_RECIPIENT_QUOTA', 'by count')
    t.is(await put(dave, alice, 0), 'ERR_MAIL_QUOTA', 'by count')
    t.is(await store.read(view => [...view.keys(keysUnder(storeKey('mail/part/')))].length), 32, 'parts of what was refused are gone')
    const [first] = await all(mailbox.read(bob))
    await mailbox.acknowledge(bob, first?.position ?? 0)
    t.is(await put(alice, bob, 1), 'stored')
    const two = [0, 1].map(() => mailbox.put(envelope(dave, alice), items(pattern(10), pattern(10))))
    t.is(await put(dave, alice, 1), 'ERR_MAIL_BUSY')
    await Promise.allSettled(two)
  }))

  test(it('mail: a source that breaks leaves nothing, and what is no envelope is refused'), async t => withMailbox({ partBytes: 100 }, async (mailbox, store) => {
    const [alice, bob] = [randomUuid(), randomUuid()]
    async function * breaking (): AsyncGenerator<Uint8Array> {
      yield pattern(1000)
      throw new Error('broken')
    }
    t.is(await codeOf(mailbox.put(envelope(alice, bob), breaking())), 'broken')
    const source = silence()
    t.is(await codeOf(mailbox.put(envelope(alice, bob, NIL_UUID), source)), 'ERR_MAIL_ID')
    t.true(source.returned)
    t.is(await codeOf(mailbox.put(envelope(alice, bob, new Uint8Array()), body(1))), 'ERR_UUID')
    t.is(await codeOf(mailbox.put(envelope(alice, new Uint8Array(15)), body(1))), 'ERR_UUID')
    t.is(await codeOf(mailbox.put({ ...envelope(alice, bob), kind: -1n }, body(1))), 'ERR_VALUE_RANGE')
    t.is(await codeOf(mailbox.put({ ...envelope(alice, bob), lifetime: NaN }, body(1))), 'ERR_MAIL_LIFETIME')
    t.deepEqual(await mailbox.usage(), { bytes: 0, messages: 0 })
    t.is(await store.read(view => [...view.keys(keysUnder(storeKey('mail/part/')))].length), 0)
    t.is(await codeOf(openMailbox(store, { limits: { partBytes: 0 } })), 'ERR_LIMIT_OPTION')
  }))

  test(it('mail: a part at a time is in memory, and a source may use its buffer again'), async t => withMailbox({ partBytes: 1000 }, async (mailbox, store) => {
    const [alice, bob] = [randomUuid(), randomUuid()]
    const ahead: number[] = []
    async function * reusing (): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(300)
      for (let index = 0; index < 100; index++) {
        yield buffer.fill(index)
        ahead.push((index + 1) * 300 - 1000 * await store.read(view => [...view.keys(keysUnder(storeKey('mail/part/')))].length))
      }
    }
    await mailbox.put(envelope(alice, bob), reusing())
    t.true(Math.max(...ahead) <= 1300)
    const [mail] = await all(mailbox.read(bob))
    const came = await collect(mail?.source ?? items())
    t.true(came.every((byte, index) => byte === Math.floor(index / 300)))
    t.is(came.length, 30_000)
  }))

  test(it('mail: runs out by the wall clock, a skew later, and a clock that is set back keeps it'), async t => withStore(async (opened, again) => {
    const [alice, bob] = [randomUuid(), randomUuid()]
    let now = 1_800_000_000_000
    const options = { now: () => now, limits: { maxLifetime: 10_000, clockSkew: 1000 } }
    let mailbox = await openMailbox(opened, options)
    await mailbox.put({ ...envelope(alice, bob), lifetime: 500 }, body(1))
    await mailbox.put(envelope(alice, bob), body(2))
    await mailbox.put({ ...envelope(alice, bob), lifetime: 1e15 }, body(3))
    now += 1500
    t.is((await all(mailbox.read(bob))).length, 3)
    now += 1
    t.deepEqual((await all(mailbox.read(bob))).map(mail => mail.length), [2, 3])
    t.is(await mailbox.expire(), 1)
    t.deepEqual(await mailbox.usage(alice), { bytes: 0, messages: 0 })
    t.deepEqual(await mailbox.usage(bob), { bytes: 5, messages: 2 })
    await mailbox.close()
    now = 0
    mailbox = await openMailbox(await again(), options)
    t.is(await mailbox.expire(), 0)
    t.is((await all(mailbox.read(bob))).length, 2)
    await mailbox.put(envelope(alice, bob), body(4))
    now = 1_800_000_000_000 + 10_999
    t.is((await all(mailbox.read(bob))).length, 3, 'what was stored while the clock was wrong, too')
    now += 50_000
    t.is(await mailbox.expire(), 3)
    t.deepEqual(await mailbox.usage(), { bytes: 0, messages: 0 })
    await mailbox.close()
  }))

  test(it('mail: much of it runs out together'), async t => withStore(async store => {
    let now = 0
    const mailbox = await openMailbox(store, { now: () => now })
    const [alice, bob] = [randomUuid(), randomUuid()]
    await Promise.all(Array.from({ length: 150 }, () => mailbox.put({ ...envelope(alice, bob), lifetime: 1 }, body(3))))
    now = 86_400_010
    t.is(await mailbox.expire(), 150)
    t.is(await store.read(view => [...view.keys(keysUnder(storeKey('mail/')))].length), 2, 'the window of ids and the counter')
    await mailbox.close()
  }))

  test(it('mail: a follower gets what comes later, whoever puts it, and ends when it is told'), async t => withMailbox({}, async mailbox => {
    const [alice, bob] = [randomUuid(), randomUuid()]
    await mailbox.put(envelope(alice, bob), body(1))
    const [one, two] = [mailbox.read(bob, { follow: true }), mailbox.read(bob, { follow: true })]
    t.is((await one.next()).value?.length, 1)
    const next = one.next()
    const after = one.next()
    await mailbox.put(envelope(alice, randomUuid()), body(9))
    await mailbox.put(envelope(alice, bob), body(2))
    t.is((await next).value?.length, 2)
    await mailbox.put(envelope(alice, bob), body(3))
    t.is((await after).value?.length, 3)
    const pending = one.next()
    await one.return?.()
    t.deepEqual(await pending, { value: undefined, done: true })
    for (const length of [1, 2, 3]) t.is((await two.next()).value?.length, length)
    const waiting = two.next()
    await mailbox.close()
    t.true((await waiting).done)
    t.true((await mailbox.read(bob, { follow: true }).next()).done)
    t.is(await codeOf(mailbox.put(envelope(alice, bob), body(1))), 'ERR_STORE_CLOSED')
  }))

  test(it('mail: a message that is acknowledged while it is read ends with an error'), async t => withMailbox({ partBytes: 10 }, async mailbox => {
    const [alice, bob] = [randomUuid(), randomUuid()]
    await mailbox.put(envelope(alice, bob), body(100))
    const [mail] = await all(mailbox.read(bob))
    const reading = mail?.source[Symbol.asyncIterator]()
    t.is((await reading?.next())?.value?.length, 10)
    await mailbox.acknowledge(bob, mail?.position ?? 0)
    t.is(await codeOf(reading?.next() ?? Promise.resolve()), 'ERR_MAIL_GONE')
  }))

  test(it('mail against a plain model'), async t => {
    const people = [randomUuid(), randomUuid(), randomUuid()]
    const who = fc.nat(2)
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ type: fc.constant('put' as const), from: who, to: who, id: fc.integer({ min: 1, max: 12 }), length: fc.nat(300) }) },
      { weight: 3, arbitrary: fc.record({ type: fc.constant('acknowledge' as const), to: who, at: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('again' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('together' as const), from: who, to: who, ids: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 5 }) }) }
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => withStore(async (opened, again) => {
      let mailbox = await openMailbox(opened, { limits: { partBytes: 100, recipientMessages: 6 } })
      const boxes: number[][] = [[], [], []]
      const seen = people.map(() => new Set<number>())
      const put = async (from: number, to: number, id: number, length: number): Promise<void> => {
        const outcome = await mailbox.put(envelope(people[from] as Uint8Array, people[to] as Uint8Array, new Uint8Array(16).fill(id)), body(length)).catch((error: { code: string }) => error.code)
        if (seen[from]?.has(id) === true) {
          t.is(outcome, 'duplicate')
        } else if ((boxes[to]?.length ?? 0) >= 6) {
          t.is(outcome, 'ERR_MAIL_RECIPIENT_QUOTA')
        } else {
          t.is(outcome, 'stored')
          seen[from]?.add(id)
          boxes[to]?.push(length)
        }
      }
      for (const one of steps) {
        if (one.type === 'put') await put(one.from, one.to, one.id, one.length)
        if (one.type === 'together') for (const id of one.ids) await put(one.from, one.to, id, id)
        if (one.type === 'acknowledge') {
          const mail = (await all(mailbox.read(people[one.to] as Uint8Array)))[one.at]
          t.is(mail === undefined, (boxes[one.to]?.length ?? 0) <= one.at)
          if (mail !== undefined) t.true(await mailbox.acknowledge(mail.recipient, mail.position))
          boxes[one.to]?.splice(one.at, 1)
        }
        if (one.type === 'again') {
          await mailbox.close()
          mailbox = await openMailbox(await again(), { limits: { partBytes: 100, recipientMessages: 6 } })
        }
        for (const [index, box] of boxes.entries()) {
          const mails = await all(mailbox.read(people[index] as Uint8Array))
          t.deepEqual(mails.map(mail => mail.length), box)
          t.deepEqual(await mailbox.usage(people[index]), { bytes: box.reduce((sum, length) => sum + length, 0), messages: box.length })
        }
      }
      for (const person of people) for (const mail of await all(mailbox.read(person))) t.deepEqual(await collect(mail.source), pattern(mail.length))
      await mailbox.close()
    })), { numRuns: 15 })
  })
}
