import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { memoryStore, openMailbox, type Mail, type Store } from '../../lib/store/index.js'
import { deferred } from '../../lib/stream/index.js'
import { items, pattern } from '../support/sources.js'

/** A store whose writes wait for the disk while there is something to wait for. */
function slowStore (): Store & { disk: Promise<void> | undefined } {
  const store = memoryStore()
  return {
    disk: undefined,
    quarantined: 0,
    read: work => store.read(work),
    async write (work) {
      await this.disk
      return store.write(work)
    },
    close: () => store.close()
  }
}

test('a mailbox is closed when what it deletes is gone, so that the next one does not count it', async t => {
  const store = slowStore()
  const [alice, bob] = [randomUuid(), randomUuid()]
  const mailbox = await openMailbox(store)
  await mailbox.put({ id: randomUuid(), sender: alice, recipient: bob, kind: 1n }, items(pattern(10)))
  const { value } = await mailbox.read(bob).next() as IteratorYieldResult<Mail>
  const disk = deferred()
  store.disk = disk.promise
  const deleted = mailbox.acknowledge(bob, value.position)
  let closed = false
  const closing = mailbox.close().then(() => { closed = true })
  await Promise.resolve()
  t.false(closed)
  disk.resolve()
  await closing
  t.deepEqual(await (await openMailbox(store)).usage(), { bytes: 0, messages: 0 })
  t.true(await deleted)
})
