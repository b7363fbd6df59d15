import test from 'ava'
import fc from 'fast-check'
import { randomUuid, toHex } from '../../lib/bytes/index.js'
import { keysUnder, migrate, openMailbox, storeKey, type Store } from '../../lib/store/index.js'
import { join } from '../../lib/stream/index.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, items, pattern } from '../support/sources.js'
import { directoryContract } from './directory.js'
import { mailboxContract } from './mailbox.js'
import type { WithStore } from './with-store.js'

/** What the suite needs of a kind of store. */
export interface StoreKind {
  readonly name: string
  /** A new, empty one. */
  open(): Promise<Store>
  /** The same, closed and opened again; undefined where nothing outlives it. */
  again?(store: Store): Promise<Store>
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** What every store keeps, and the mailbox and the directory over it. */
export function storeContract (kind: StoreKind): void {
  const it = (title: string): string => `${kind.name}: ${title}`
  const withStore: WithStore = async use => {
    let store = await kind.open()
    try {
      await use(store, async () => {
        store = await kind.again?.(store) ?? store
        return store
      })
    } finally {
      await store.close()
    }
  }

  test(it('records against a plain model, in transactions that fail or not, over restarts'), async t => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 })
    const change = fc.oneof(
      fc.record({ type: fc.constant('set' as const), key, value: fc.uint8Array({ maxLength: 40 }) }),
      fc.record({ type: fc.constant('delete' as const), key })
    )
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ type: fc.constant('write' as const), changes: fc.array(change, { maxLength: 6 }), fails: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('again' as const) }) }
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 15 }), key, key, async (steps, from, to) => withStore(async (opened, again) => {
      let store = opened
      let model = new Map<string, Uint8Array>()
      for (const one of steps) {
        if (one.type === 'again') {
          store = await again()
          continue
        }
        const next = new Map(model)
        const writing = store.write(transaction => {
          for (const each of one.changes) {
            const hex = toHex(each.key)
            if (each.type === 'set') transaction.set(each.key, each.value)
            else transaction.delete(each.key)
            if (each.type === 'set') next.set(hex, each.value)
            else next.delete(hex)
            t.deepEqual(transaction.get(each.key), next.get(hex))
          }
          if (one.fails) throw new Error('no')
        })
        t.is(await codeOf(writing), one.fails ? 'no' : 'resolved')
        if (!one.fails) model = next
      }
      const expected = [...model].sort(([one], [other]) => one < other ? -1 : 1)
      const read = await store.read(view => [...view.keys({ from: bytes(0), to: bytes(255) })].map(found => [toHex(found), view.get(found)]))
      t.deepEqual(read, expected)
      const part = await store.read(view => [...view.keys({ from, to })].map(found => toHex(found)))
      t.deepEqual(part, expected.map(([hex]) => hex).filter(hex => hex >= toHex(from) && hex < toHex(to)))
      t.is(store.quarantined, 0)
    })), { numRuns: 40 })
  })

  test(it('writes of one turn: each is kept or not by itself, in order'), async t => withStore(async store => {
    const writes = Array.from({ length: 300 }, (_, index) => codeOf(store.write(transaction => {
      const before = transaction.get(bytes(1))?.[0] ?? 0
      transaction.set(bytes(1), bytes(before + 1 & 255))
      transaction.set(storeKey('n/', index), bytes(before))
      if (index % 3 === 0) throw new Error('no')
    })))
    const outcomes = await Promise.all(writes)
    t.deepEqual(outcomes, outcomes.map((_, index) => index % 3 === 0 ? 'no' : 'resolved'))
    t.is(await store.read(view => view.get(bytes(1))?.[0]), 200)
    t.is(await store.read(view => [...view.keys(keysUnder(storeKey('n/')))].length), 200)
  }))

  test(it('a view is good for its work alone, and limits hold'), async t => withStore(async store => {
    t.is(await codeOf(store.write(transaction => { transaction.set(new Uint8Array(), bytes(1)) })), 'ERR_STORE_KEY')
    t.is(await codeOf(store.write(transaction => { transaction.set(new Uint8Array(513), bytes(1)) })), 'ERR_STORE_KEY')
    t.is(await codeOf(store.write(transaction => { transaction.set(bytes(1), new Uint8Array(1_048_577)) })), 'ERR_STORE_VALUE')
    await store.write(transaction => { transaction.set(new Uint8Array(512).fill(9), new Uint8Array(1_048_576).fill(8)) })
    t.is((await store.read(view => view.get(new Uint8Array(512).fill(9))))?.length, 1_048_576)
    const late = await store.write(transaction => transaction)
    t.throws(() => { late.set(bytes(1), bytes(1)) }, { code: 'ERR_STORE_TRANSACTION' })
    const view = await store.read(view => view)
    t.throws(() => view.get(bytes(1)), { code: 'ERR_STORE_TRANSACTION' })
    t.is(await codeOf(store.read(view => { (view as typeof late).delete(bytes(1)) })), 'ERR_STORE_TRANSACTION')
    await Promise.all([store.close(), store.close()])
    t.is(await codeOf(store.read(() => 1)), 'ERR_STORE_CLOSED')
    t.is(await codeOf(store.write(() => 1)), 'ERR_STORE_CLOSED')
  }))

  test(it('what is given and what is taken share no memory'), async t => withStore(async store => {
    const [key, value] = [bytes(1), bytes(2, 3)]
    await store.write(transaction => {
      transaction.set(key, value)
      value[0] = 9
    })
    const read = await store.read(view => view.get(bytes(1)))
    t.deepEqual(read, bytes(2, 3))
    read?.fill(0)
    t.deepEqual(await store.read(view => view.get(bytes(1))), bytes(2, 3))
  }))

  test(it('migrations: a new name is at the newest version, an old one goes through every step once'), async t => withStore(async (opened, again) => {
    const twice = (transaction: Parameters<Parameters<Store['write']>[0]>[0]): void => {
      const old = transaction.get(storeKey('a/'))
      if (old !== undefined) transaction.set(storeKey('a/'), join([old, old]))
    }
    t.is(await migrate(opened, 'a', []), undefined)
    await opened.write(transaction => { transaction.set(storeKey('a/'), bytes(1)) })
    const store = await again()
    t.is(await migrate(store, 'a', [twice]), 1)
    t.is(await migrate(store, 'a', [twice]), 2)
    t.is(await codeOf(migrate(store, 'a', [twice, () => { throw new Error('half') }])), 'half')
    t.is(await migrate(store, 'a', [twice, twice, twice]), 2)
    t.deepEqual(await store.read(view => view.get(storeKey('a/'))), new Uint8Array(8).fill(1))
    t.is(await codeOf(migrate(store, 'a', [])), 'ERR_STORE_VERSION')
    t.is(await migrate(store, 'b', [() => { throw new Error('not for a new one') }]), undefined)
  }))

  mailboxContract(it, withStore)
  directoryContract(it, withStore)

  test.serial(it('nothing is left behind'), async t => {
    const leaks = await leaksOf(async () => {
      for (let round = 0; round < 10; round++) {
        const store = await kind.open()
        const mailbox = await openMailbox(store)
        const [alice, bob] = [randomUuid(), randomUuid()]
        const follower = mailbox.read(bob, { follow: true })
        const waiting = follower.next().then(() => follower.next())
        await mailbox.put({ id: randomUuid(), sender: alice, recipient: bob, kind: 7n }, items(pattern(10)))
        const writing = store.write(() => { throw new Error('no') }).catch(() => undefined)
        await mailbox.close()
        await Promise.all([waiting, store.close(), writing])
      }
    })
    t.deepEqual(leaks, { rejections: [], handles: {} })
  })
}
