import test from 'ava'
import { toHex } from '../../../lib/bytes/index.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { connect } from '../../../lib/relay/index.js'
import { Allowance } from '../../../lib/relay/client/prekeys/allowance.js'
import type { Asked } from '../../../lib/relay/wire/index.js'
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
