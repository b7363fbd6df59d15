import test from 'ava'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, decodeLookupRequest, encodeLookupAnswer, KIND, notFound, stack, type NovaLink } from '../../lib/nova/index.js'
import { relayClient, type RelayClient, type RelayClientOptions } from '../../lib/relay/index.js'
import { asError, collect, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf } from './support.js'

/** A relay that answers the first lookups, and leaves the rest without an answer. */
async function answering (duplex: Duplex, answers: number): Promise<NovaLink> {
  const link = await stack(duplex, { role: 'responder', identity: createIdentity(), verify: () => true })
  const serve = async (): Promise<void> => {
    let left = answers
    for await (const { header, source } of link.source) {
      const body = await collect(source, 1000)
      if (body === undefined || left-- <= 0) continue
      const answer = encodeLookupAnswer(notFound(decodeLookupRequest(body).requestId))
      await link.send({ target: NIL_UUID, source: NIL_UUID, kind: header.kind }, answer)
    }
  }
  serve().catch((error: unknown) => { link.abort(asError(error)) })
  return link
}

async function client (answers: number, options: Partial<RelayClientOptions> = {}): Promise<{ client: RelayClient, server: NovaLink }> {
  const [left, right] = memoryPair()
  const server = answering(right, answers)
  const client = await relayClient(left, { identity: createIdentity(), verify: () => true, verifyPeer: () => true, ...options })
  return { client, server: await server }
}

test('limits out of their range are refused, and the link is let go of', async t => {
  const cases: Array<Partial<RelayClientOptions>> = [{ maxLookups: 0 }, { lookupTimeout: 2 ** 31 }, { peerLimits: { maxSessions: 0 } }, { limits: { maxFrame: 0 } }]
  for (const options of cases) {
    const [left, right] = memoryPair()
    const server = answering(right, 1)
    const refused = relayClient(left, { identity: createIdentity(), verify: () => true, verifyPeer: () => true, ...options })
    t.is(await codeOf(refused), 'ERR_LIMIT_OPTION')
    t.is(await codeOf(left.closed), 'ERR_LIMIT_OPTION')
    t.not(await codeOf(server.then(link => link.closed)), 'resolved')
  }
})

test('a relay that does not answer is not waited for beyond the limit', async t => {
  t.is(await codeOf(client(0, { lookupTimeout: 20 })), 'ERR_TIMEOUT')
  const { client: alice } = await client(1, { lookupTimeout: 20 })
  t.is(await codeOf(alice.lookup(createIdentity().id)), 'ERR_TIMEOUT')
  await alice.close()
})

test('no more lookups wait than are allowed, and those that wait end with the link', async t => {
  const { client: alice, server } = await client(1, { maxLookups: 2 })
  const waiting = [createIdentity(), createIdentity()].map(({ id }) => codeOf(alice.lookup(id)))
  t.is(await codeOf(alice.lookup(createIdentity().id)), 'ERR_RELAY_LOOKUPS')
  await alice.close()
  t.deepEqual(await Promise.all(waiting), ['ERR_CLOSED', 'ERR_CLOSED'])
  await server.closed
})

test('an answer that is malformed fails those who wait', async t => {
  const { client: alice, server } = await client(1)
  const waiting = alice.lookup(createIdentity().id)
  await server.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.lookup }, Uint8Array.of(1, 2, 3))
  t.is(await codeOf(waiting), 'ERR_RELAY_PROTOCOL')
  await alice.close()
})
