import { strict as assert } from 'node:assert'
import { crypto } from '../../lib/crypto/index.js'
import { createIdentity, type NovaLink, peers, pinned, stack } from '../../lib/nova/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import type { BrowserCase } from './cases.js'

/** Whole stacks and conversations, where AES-GCM answers at once or later depending on the size of what is sealed. */
export const novaCases: readonly BrowserCase[] = [
  { name: 'a hardened stack carries packets of mixed sizes in order and ends cleanly', run: async (): Promise<void> => { await mixedPackets('hardened') } },
  { name: 'a stack on the seed\'s wire does too', run: async (): Promise<void> => { await mixedPackets('seed') } },
  { name: 'two peers talk through a third that routes', run: async (): Promise<void> => { await conversation() } }
]

const SIZES = [0, 1, 300, 5000, 70_000, 100, 1_000_000, 3000, 2]

async function mixedPackets (profile: 'hardened' | 'seed'): Promise<void> {
  const [left, right] = await linked(profile)
  const header = { target: new Uint8Array(16).fill(1), source: new Uint8Array(16).fill(2), kind: 5n }
  const sent = SIZES.map(size => size < 65_536 ? crypto.randomBytes(size) : new Uint8Array(size).fill(size))
  const sending = Promise.all(sent.map(body => left.send(header, body))).then(() => left.close())
  const came: string[] = []
  const bodies: Array<Promise<number>> = []
  for await (const packet of right.source) {
    came.push(`${packet.header.kind}`)
    bodies.push(length(packet.source))
  }
  assert.deepEqual((await Promise.all(bodies)).sort((a, b) => a - b), [...SIZES].sort((a, b) => a - b))
  assert.equal(came.length, SIZES.length)
  await Promise.all([sending, right.close()])
}

async function conversation (): Promise<void> {
  const [alice, bob, relay] = [createIdentity(), createIdentity(), createIdentity()]
  const [toAlice, atAlice] = await linked('hardened', relay, alice)
  const [toBob, atBob] = await linked('hardened', relay, bob)
  void forward(toAlice, toBob)
  void forward(toBob, toAlice)
  const [here, there] = [peers(atAlice, { identity: alice, verify: pinned(bob.publicKey) }), peers(atBob, { identity: bob, verify: pinned(alice.publicKey) })]
  const answering = (async () => {
    for await (const session of there.incoming) {
      for await (const message of session.messages) await session.send(message.kind + 1n, await message.bytes())
    }
  })()
  const session = await here.dial(bob.id)
  const body = new Uint8Array(400_000).map((_, at) => at * 7)
  await session.send(10n, body)
  const { value } = await session.messages[Symbol.asyncIterator]().next() as IteratorYieldResult<{ kind: bigint, bytes: () => Promise<Uint8Array> }>
  assert.equal(value.kind, 11n)
  assert.deepEqual(await value.bytes(), body)
  await Promise.all([here.close(), there.close(), answering])
}

async function linked (profile: 'hardened' | 'seed', identity = createIdentity(), other = createIdentity()): Promise<[NovaLink, NovaLink]> {
  const [a, b] = memoryPair()
  if (profile === 'seed') return Promise.all([stack(a, { profile, hello: { role: 'initiator' } }), stack(b, { profile, hello: { role: 'responder' } })])
  return Promise.all([
    stack(a, { role: 'initiator', identity, verify: pinned(other.publicKey) }),
    stack(b, { role: 'responder', identity: other, verify: pinned(identity.publicKey) })
  ])
}

async function forward (from: NovaLink, to: NovaLink): Promise<void> {
  for await (const packet of from.source) await to.send(packet.header, packet.source, { onSourceError: 'truncate' })
  await to.close()
}

async function length (source: AsyncIterable<Uint8Array>): Promise<number> {
  let total = 0
  for await (const bytes of source) total += bytes.byteLength
  return total
}
