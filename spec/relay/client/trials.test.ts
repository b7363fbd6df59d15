import test from 'ava'
import { formatUuid, type Uuid } from '../../../lib/bytes/index.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { Trials } from '../../../lib/relay/client/pairing/trials.js'
import { deferred, type Deferred } from '../../../lib/stream/index.js'
import { codeOf } from '../../support/sources.js'

const { id, publicKey } = createIdentity()

/** Contacts that are written down when the test says so. */
function slowContacts (): { trials: Trials, known: Set<string>, writes: Array<Deferred<void>> } {
  const known = new Set<string>()
  const writes: Array<Deferred<void>> = []
  const written = (): Promise<void> => {
    const write = deferred<undefined>() as Deferred<void>
    writes.push(write)
    return write.promise
  }
  const trials = new Trials({
    has: (id: Uuid) => known.has(formatUuid(id)),
    trust: async publicKey => {
      await written()
      known.add(formatUuid(id))
      return { id, publicKey }
    },
    forget: async id => {
      await written()
      known.delete(formatUuid(id))
    }
  })
  return { trials, known, writes }
}

test('who begins while the last one is being forgotten waits for that', async t => {
  const { trials, known, writes } = slowContacts()
  const first = trials.begin(id, publicKey)
  writes[0]?.resolve()
  await first
  const ended = trials.end(id, false)
  const second = trials.begin(id, publicKey)
  t.is(writes.length, 2)
  writes[1]?.resolve()
  await ended
  t.is(known.size, 0)
  while (writes.length < 3) await Promise.resolve()
  writes[2]?.resolve()
  await second
  await trials.end(id, true)
  t.is(known.size, 1)
})

test('what cannot be written down is told, and the next one begins anew', async t => {
  const { trials, known, writes } = slowContacts()
  const failing = trials.begin(id, publicKey)
  writes[0]?.reject(new Error('no room'))
  while (writes.length < 2) await Promise.resolve()
  writes[1]?.resolve()
  t.is(await codeOf(failing), 'no room')
  const again = trials.begin(id, publicKey)
  while (writes.length < 3) await Promise.resolve()
  writes[2]?.resolve()
  await again
  const ended = trials.end(id, false)
  writes[3]?.reject(new Error('no disk'))
  t.is(await codeOf(ended), 'no disk')
  t.is(known.size, 1)
  // a contact by now, and so it stays
  const last = trials.begin(id, publicKey)
  while (writes.length < 5) await Promise.resolve()
  writes[4]?.resolve()
  await last
  await trials.end(id, false)
  t.is(known.size, 1)
  await trials.end(id, false)
})

test('who was met meanwhile stays, though nothing came of the answer', async t => {
  const { trials, known, writes } = slowContacts()
  const begun = trials.begin(id, publicKey)
  writes[0]?.resolve()
  await begun
  trials.keep(id)
  await trials.end(id, false)
  t.is(known.size, 1)
  trials.keep(id)
})
