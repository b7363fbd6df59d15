import test from 'ava'
import { createIdentity, pinned } from '../../lib/nova/index.js'
import { relayClient } from '../../lib/relay/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'

/** Connections of one run; that of ten minutes at 1,000 a second is in bench/. */
const ROUNDS = 60
const AT_ONCE = 5

test.serial('case 46: connections come and go in every way, and nothing of them stays', async t => {
  const leaks = await leaksOf(async () => {
    const identity = createIdentity()
    const relay = await startRelay({ identity })
    const people = Array.from({ length: AT_ONCE }, () => createIdentity())
    const come = async (round: number, index: number): Promise<void> => {
      // every fourth breaks off in its handshake
      const [left, right] = memoryPair(round % 4 === 3 ? { toRight: { faults: { cutAfter: round * 7 } } } : {})
      const accepted = relay.accept(right)
      const own = people[index] as (typeof people)[number]
      try {
        const client = await relayClient(left, { identity: own, verify: pinned(identity.publicKey), verifyPeer: () => true })
        await client.ask('receive', { after: 0n, maxUntaken: 1 })
        if (round % 4 === 0) await client.close()
        else if (round % 4 === 1) left.abort(new Error('cut'))
        else client.link.abort(new Error('given up'))
        await client.closed
      } catch (error) {
        t.regex((error as { code?: string }).code ?? (error as Error).message, /^(ERR_|cut|given up)/)
      }
      await accepted
    }
    for (let round = 0; round < ROUNDS; round++) await Promise.all(people.map((_, index) => come(round, index)))
    await relay.close()
    t.is(relay.connections, 0)
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
