import test from 'ava'
import { Keyring, type DirectionKeys } from '../../../lib/nova/session/keyring.js'
import { ReceivingKey, SendingKey } from '../../../lib/nova/session/hardened-keys.js'

const MINUTES = 60_000

function pair (fill: number): DirectionKeys & { id: Uint8Array, sealId: Uint8Array } {
  const [seal, open] = [new Uint8Array(32).fill(fill), new Uint8Array(32).fill(fill + 100)]
  return { seal, open, id: new ReceivingKey(open).id, sealId: new SendingKey(seal).id }
}

const [A, B, C] = [pair(1), pair(2), pair(3)]

test('no key, then one', t => {
  const ring = new Keyring()
  t.false(ring.ready)
  t.throws(() => ring.sending, { code: 'ERR_SESSION_NO_KEY' })
  t.is(ring.find(A.id), undefined)
  ring.replace(A)
  t.true(ring.ready && ring.confirmed)
  t.deepEqual(ring.sending.id, A.sealId)
  t.deepEqual(ring.find(A.id)?.id, A.id)
  t.is(ring.find(B.id), undefined)
  t.throws(() => { ring.replace({ seal: A.seal, open: new Uint8Array(31) }) }, { code: 'ERR_SESSION_KEY' })
  t.deepEqual(ring.sending.id, A.sealId)
})

test('a pair that was replaced opens for five minutes more, and is wiped then', t => {
  let now = 0
  const ring = new Keyring({ clock: () => now })
  ring.replace(A)
  const [sealing, opening] = [ring.sending, ring.find(A.id)]
  now = MINUTES
  ring.replace(B)
  t.true(sealing.destroyed)
  t.deepEqual(ring.sending.id, B.sealId)
  now = 6 * MINUTES - 1
  t.is(ring.find(A.id), opening)
  t.false(opening?.destroyed)
  now = 6 * MINUTES
  t.is(ring.find(A.id), undefined)
  t.true(opening?.destroyed)
  t.deepEqual(ring.find(B.id)?.id, B.id)
  now = 1e9
  t.deepEqual(ring.find(B.id)?.id, B.id)
})

test('grace counts from when a pair was replaced, for each on its own', t => {
  let now = 0
  const ring = new Keyring({ clock: () => now, grace: 10 })
  ring.replace(A)
  ring.replace(B)
  now = 5
  ring.replace(C)
  now = 10
  t.is(ring.find(A.id), undefined)
  t.truthy(ring.find(B.id))
  now = 15
  t.is(ring.find(B.id), undefined)
})

test('an offered pair opens, and is put in place by a message alone', async t => {
  const ring = new Keyring()
  ring.replace(A)
  ring.offer(B)
  t.deepEqual(ring.sending.id, A.sealId)
  const offered = ring.find(B.id)
  t.deepEqual(offered?.id, B.id)
  t.deepEqual(ring.sending.id, A.sealId)
  // a message under the old pair proves nothing about the new one
  await ring.find(A.id)?.use(0)
  t.deepEqual(ring.sending.id, A.sealId)
  await offered?.use(0)
  t.deepEqual(ring.sending.id, B.sealId)
  t.is(ring.find(B.id), offered)
  t.truthy(ring.find(A.id))
  await t.throwsAsync(async () => offered?.use(0), { code: 'ERR_SESSION_REPLAYED' })
})

test('where nothing is confirmed an offered pair is in place at once, the newest first', async t => {
  let told = 0
  const ring = new Keyring({ onConfirmed: () => { told++ } })
  ring.offer(A)
  t.true(ring.ready)
  t.false(ring.confirmed)
  ring.offer(B)
  t.deepEqual(ring.sending.id, B.sealId)
  // a message under the older one says nothing about the newer
  await ring.find(A.id)?.use(0)
  t.false(ring.confirmed)
  t.is(told, 0)
  await ring.find(B.id)?.use(0)
  t.true(ring.confirmed)
  await ring.find(B.id)?.use(1)
  t.is(told, 1)
  ring.offer(C)
  t.deepEqual(ring.sending.id, B.sealId)
})

test('of offered pairs the last one counts, and none that is older than an authenticated pair comes back', async t => {
  const ring = new Keyring()
  ring.replace(A)
  ring.offer(B)
  const first = ring.find(B.id)
  ring.offer(C)
  t.true(first?.destroyed)
  t.is(ring.find(B.id), undefined)
  await first?.use(0)
  t.deepEqual(ring.sending.id, A.sealId)
  const second = ring.find(C.id)
  const D = pair(4)
  ring.replace(D)
  await second?.use(0)
  t.deepEqual(ring.sending.id, D.sealId)
  t.is(ring.find(C.id), second)
})

test('so many keys are kept, the others wiped', t => {
  const ring = new Keyring()
  const pairs = Array.from({ length: 20 }, (_, i) => pair(i + 10))
  const keys = pairs.map(keys => {
    ring.replace(keys)
    return ring.find(keys.id)
  })
  t.deepEqual(pairs.map(({ id }) => ring.find(id) !== undefined), pairs.map((_, i) => i >= 12))
  t.deepEqual(keys.map(key => key?.destroyed), pairs.map((_, i) => i < 12))
})

test('offers do not push out the pair that is in place', t => {
  const ring = new Keyring()
  ring.replace(A)
  for (let i = 0; i < 50; i++) ring.offer(pair(i + 10))
  t.deepEqual(ring.sending.id, A.sealId)
  t.truthy(ring.find(A.id))
})

test('all is wiped at the end', t => {
  const ring = new Keyring()
  ring.replace(A)
  ring.replace(B)
  ring.offer(C)
  const keys = [ring.sending, ring.find(A.id), ring.find(B.id), ring.find(C.id)]
  ring.destroy()
  t.deepEqual(keys.map(key => key?.destroyed), [true, true, true, true])
  t.false(ring.ready || ring.confirmed)
  t.is(ring.find(B.id), undefined)
})
