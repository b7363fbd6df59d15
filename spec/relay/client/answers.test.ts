import test from 'ava'
import { randomUuid, type Uuid } from '../../../lib/bytes/index.js'
import { createIdentity, pinned } from '../../../lib/nova/index.js'
import { relayClient, type RelayClient } from '../../../lib/relay/index.js'
import { type RelayOptions, startRelay } from '../../../lib/relay/server/index.js'
import { memoryPair } from '../../../lib/transport/memory.js'
import { codeOf } from '../codes.js'

/** More than a packet may have under way. */
const LENGTH = 400_000

async function client (options: Partial<RelayOptions> = {}): Promise<{ client: RelayClient, id: Uuid, close: () => Promise<void> }> {
  const identity = createIdentity()
  const relay = await startRelay({ identity, ...options })
  const [left, right] = memoryPair()
  void relay.accept(right)
  const own = createIdentity()
  const client = await relayClient(left, { identity: own, verify: pinned(identity.publicKey), verifyPeer: () => true })
  return { client, id: own.id, close: async () => { await Promise.all([client.close(), relay.close()]) } }
}

async function * body (): AsyncGenerator<Uint8Array, void> {
  for (let left = LENGTH; left > 0; left -= 10_000) yield new Uint8Array(10_000)
}

test('long mail that the mailbox has already is answered, though the rest of it is not taken', async t => {
  const { client: { ask }, id, close } = await client()
  t.teardown(close)
  const mail = { id: randomUuid(), recipient: id, kind: 1n, lifetime: 0n }
  t.deepEqual(await ask('mail', mail, body()), { duplicate: false })
  t.deepEqual(await ask('mail', mail, body()), { duplicate: true })
})

test('long mail that is refused fails with what the relay says, not with how its packet ended', async t => {
  const { client: { ask }, id, close } = await client({ limits: { mailbox: { maxMessage: 100_000 } } })
  t.teardown(close)
  t.is(await codeOf(ask('mail', { id: randomUuid(), recipient: id, kind: 1n, lifetime: 0n }, body())), 'ERR_RELAY_TOO_LONG')
})
