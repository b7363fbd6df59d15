import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { openDirectory, type Prekey, type Store } from '../../lib/store/index.js'
import { codeOf } from '../support/sources.js'

/** What a directory keeps over every store. */
export function directoryContract (it: (title: string) => string, withStore: (use: (store: Store, again: () => Promise<Store>) => Promise<void>) => Promise<void>): void {
  test(it('directory: accounts, once a key, and invites, once a use'), async t => withStore(async (opened, again) => {
    const account = (seed: number) => ({ id: new Uint8Array(16).fill(seed), publicKey: new Uint8Array(32).fill(seed), staticKey: new Uint8Array(32).fill(seed + 1), proof: new Uint8Array(96).fill(seed) })
    let directory = await openDirectory(opened, { limits: { maxAccounts: 3, maxInvites: 2 } })
    t.true(await directory.register(account(1)))
    t.false(await directory.register({ ...account(1), staticKey: new Uint8Array(32).fill(77) }))
    const known = await directory.account(account(1).id)
    t.deepEqual(known, { ...account(1), staticKey: new Uint8Array(32).fill(77), registered: known?.registered ?? -1 })
    t.is(await codeOf(directory.register({ ...account(1), publicKey: new Uint8Array(32) })), 'ERR_DIRECTORY_OTHER_KEY')
    t.is(await codeOf(directory.register({ ...account(2), proof: new Uint8Array(95) })), 'ERR_DIRECTORY_FIELD')
    t.is(await codeOf(directory.register({ ...account(2), id: new Uint8Array(15) })), 'ERR_UUID')
    const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    await directory.invite(one)
    await directory.invite(one)
    await directory.invite(two)
    t.is(await codeOf(directory.invite(new Uint8Array(32))), 'ERR_DIRECTORY_INVITES')
    t.is(await codeOf(directory.invite(new Uint8Array(31))), 'ERR_DIRECTORY_FIELD')
    directory = await openDirectory(await again(), { limits: { maxAccounts: 3, maxInvites: 2 } })
    const both = await Promise.all([codeOf(directory.register(account(2), one)), codeOf(directory.register(account(3), one))])
    t.deepEqual(both.sort(), ['ERR_DIRECTORY_INVITE', 'resolved'])
    t.is(await codeOf(directory.register(account(5), new Uint8Array(32).fill(9))), 'ERR_DIRECTORY_INVITE')
    t.false(await directory.register(account(1), two), 'who is known needs none')
    t.true(await directory.register(account(6), two))
    t.is(await codeOf(directory.register(account(7))), 'ERR_DIRECTORY_FULL')
    t.true(await directory.remove(account(6).id))
    t.false(await directory.remove(account(6).id))
    t.is(await directory.account(account(6).id), undefined)
    t.true(await directory.register(account(7)))
  }))

  test(it('directory: a one-time prekey goes to one caller, and an upload that comes again brings none back'), async t => withStore(async (opened, again) => {
    const id = randomUuid()
    const prekey = (seed: number): Prekey => ({ id: new Uint8Array(8).fill(seed), key: new Uint8Array(32).fill(seed), signature: new Uint8Array(64).fill(seed) })
    const batch = Array.from({ length: 20 }, (_, index) => prekey(index + 1))
    let directory = await openDirectory(opened, { limits: { maxPrekeys: 25, handedWindow: 30 } })
    t.is(await codeOf(directory.addPrekeys(id, batch)), 'ERR_DIRECTORY_UNKNOWN')
    t.is(await codeOf(directory.setLastResort(id, prekey(1))), 'ERR_DIRECTORY_UNKNOWN')
    await directory.register({ id, publicKey: new Uint8Array(32), staticKey: new Uint8Array(32), proof: new Uint8Array(96) })
    t.is(await directory.takePrekey(id), undefined)
    t.is(await directory.addPrekeys(id, batch), 20)
    t.is(await directory.addPrekeys(id, batch), 20)
    t.is(await codeOf(directory.addPrekeys(id, Array.from({ length: 6 }, (_, index) => prekey(100 + index)))), 'ERR_DIRECTORY_PREKEYS')
    t.is(await directory.prekeys(id), 20, 'all or none')
    t.is(await codeOf(directory.addPrekeys(id, [{ ...prekey(1), id: new Uint8Array(9) }])), 'ERR_DIRECTORY_FIELD')
    await directory.setLastResort(id, prekey(200))
    const first = await Promise.all(Array.from({ length: 12 }, () => directory.takePrekey(id)))
    t.deepEqual(first.map(handed => handed?.id[0]), batch.slice(0, 12).map(({ id }) => id[0]), 'each once, in order')
    directory = await openDirectory(await again(), { limits: { maxPrekeys: 25, handedWindow: 30 } })
    t.is(await directory.addPrekeys(id, batch), 8)
    const rest = await Promise.all(Array.from({ length: 10 }, () => directory.takePrekey(id)))
    t.deepEqual(rest.map(handed => [handed?.id[0], handed?.oneTime]), [...batch.slice(12).map(({ id }) => [id[0], true]), [200, false], [200, false]])
    t.deepEqual(rest[0], { ...prekey(13), oneTime: true })
    await directory.remove(id)
    t.is(await directory.takePrekey(id), undefined)
    t.is(await directory.prekeys(id), 0)
  }))
}
