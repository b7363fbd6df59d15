import test from 'ava'
import { toHex } from '../../../lib/bytes/index.js'
import { createIdentity, RELAY_CODES } from '../../../lib/nova/index.js'
import { connect } from '../../../lib/relay/index.js'
import { Allowance } from '../../../lib/relay/client/prekeys/allowance.js'
import type { Asked } from '../../../lib/relay/wire/index.js'
import { storeError } from '../../../lib/store/errors.js'
import { memoryStore, type Store } from '../../../lib/store/index.js'
import { FakeRelay } from './fake-relay.js'
import { next, QUICK } from './support.js'

test('so many in an hour, as they come', t => {
  let now = 0
  const allowance = new Allowance(100, () => now)
  t.is(allowance.left, 100)
  allowance.take(130)
  t.is(allowance.left, 0)
  now += 1_800_000
  t.is(allowance.left, 20)
  allowance.give(5)
  t.is(allowance.left, 25)
  now += 36_000_000
  t.is(allowance.left, 100)
  const endless = new Allowance(Infinity, () => now)
  endless.take(1_000_000)
  t.is(endless.left, Infinity)
})

test('a relay that always says that it has no prekeys makes the client make so many and no more, over all connections', async t => {
  const made = new Set<string>()
  const publish = ({ asked }: { asked: Asked<'publish'> }): { prekeys: number } => {
    for (const { id } of asked.oneTime) made.add(toHex(id))
    return { prekeys: 0 }
  }
  const relay = new FakeRelay({ publish })
  const client = await connect({
    url: 'ws://fake/', relay: relay.identity.publicKey, dial: relay.dial, identity: createIdentity(), prekeyLimits: { oneTime: 8 }, limits: { ...QUICK, prekeysHour: 50 }
  })
  for (let connections = 1; connections <= 4; connections++) {
    while ((await next(relay.requests)).name !== 'receive');
    relay.link.abort(new Error('cut'))
    while (relay.links.length === connections) await next(relay.requests)
  }
  t.true(made.size >= 48 && made.size <= 50, `${made.size}`)
  await client.close()
})

test('what was made and not brought to the relay is counted once, however often it is tried', async t => {
  let refusing = true
  const published: number[] = []
  const relay = new FakeRelay({
    publish: ({ asked }) => {
      if (refusing) return RELAY_CODES.unavailable
      published.push(asked.oneTime.length)
      return { prekeys: published.length === 1 ? 0 : 8 }
    }
  })
  const client = await connect({
    url: 'ws://fake/', relay: relay.identity.publicKey, dial: relay.dial, identity: createIdentity(), prekeyLimits: { oneTime: 8 }, limits: { ...QUICK, prekeysHour: 16 }
  })
  for (let tries = 0; tries < 4;) if ((await next(relay.requests)).name === 'publish') tries++
  refusing = false
  while (published.length < 2) await next(relay.requests)
  t.deepEqual(published.slice(0, 2), [8, 8], 'what was refused, and as many again')
  await client.close()
})

test('a store that fails under the prekeys ends the client, which says why', async t => {
  const inner = memoryStore()
  const disk = { full: false }
  const store: Store = {
    quarantined: 0,
    read: work => inner.read(work),
    write: work => disk.full ? Promise.reject(storeError('ERR_STORE_SPACE')) : inner.write(work),
    close: () => inner.close()
  }
  const relay = new FakeRelay()
  const dial = (): ReturnType<typeof relay.dial> => {
    disk.full = true
    return relay.dial()
  }
  const options = { url: 'ws://fake/', relay: relay.identity.publicKey, dial, store, limits: QUICK, prekeyLimits: { oneTime: 8 } }
  await t.throwsAsync(connect({ ...options, identity: createIdentity() }), { code: 'ERR_STORE_SPACE' })
  disk.full = false
  const states: string[] = []
  const client = await connect({ ...options, identity: createIdentity(), wait: false, onState: ({ type }) => { states.push(type) } })
  await t.throwsAsync(client.closed, { code: 'ERR_STORE_SPACE' })
  t.is(states.at(-1), 'closed')
})
