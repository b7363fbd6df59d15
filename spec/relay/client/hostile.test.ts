import test from 'ava'
import { NIL_UUID, randomUuid } from '../../../lib/bytes/index.js'
import { createIdentity, GOAWAY_CODES, KIND, RELAY_CODES, type Identity, type NovaLink } from '../../../lib/nova/index.js'
import { createPrekey } from '../../../lib/nova/mail/index.js'
import { fingerprintOf, formatOffer } from '../../../lib/relay/client/pairing/offer.js'
import { encodeRefusal, OPERATIONS, type Asked, type WirePrekey } from '../../../lib/relay/wire/index.js'
import { codeOf } from '../codes.js'
import type { Answers } from './fake-relay.js'
import { bytes, next } from './support.js'

import { victim } from './victim.js'

test('a relay that lies about whose key or prekey it is gets no mail', async t => {
  const [bob, other] = [createIdentity(), createIdentity()]
  const about = (identity: Identity, owner: Identity): { staticKey: Uint8Array, proof: Uint8Array, prekey: WirePrekey, oneTime: boolean } => {
    const { id, key, signature } = createPrekey(owner)
    return { staticKey: identity.staticKey.publicKey, proof: identity.proof, prekey: { id, key, signature }, oneTime: true }
  }
  const cases = [[other, other, 'ERR_RELAY_PROOF'], [bob, other, 'ERR_PREKEY_SIGNATURE']] as const
  for (const [identity, owner, code] of cases) {
    const { client, relay } = await victim({ takePrekey: () => about(identity, owner), lookup: () => ({ staticKey: other.staticKey.publicKey, proof: other.proof, online: true }) })
    t.is(await codeOf(client.peer(bob.id).send(1n, bytes('secret'))), code)
    t.is(await codeOf(client.lookup(bob.id)), 'ERR_RELAY_PROOF')
    relay.answers.lookup = () => ({ staticKey: bob.staticKey.publicKey, proof: other.proof, online: true })
    t.is(await codeOf(client.lookup(bob.id)), 'ERR_RELAY_PROOF')
    await client.close()
  }
})

test('an offer whose owner has not signed the prekey that the relay gives is sent no token, and its owner is not trusted who was not before', async t => {
  const [bob, other] = [createIdentity(), createIdentity()]
  const { id, key, signature } = createPrekey(other)
  const record = { staticKey: bob.staticKey.publicKey, proof: bob.proof }
  const { client, relay } = await victim({
    lookup: () => ({ ...record, online: true }),
    takePrekey: () => ({ ...record, prekey: { id, key, signature }, oneTime: true }),
    mail: () => ({ duplicate: false })
  })
  const offer = formatOffer({ url: 'ws://fake/', relayFingerprint: fingerprintOf(relay.identity.publicKey), fingerprint: fingerprintOf(bob.publicKey), expires: Date.now() + 60_000, token: new Uint8Array(16) })
  t.is(await codeOf(client.pair(offer)), 'ERR_PREKEY_SIGNATURE')
  t.deepEqual(client.contacts.list(), [])
  await client.contacts.trust(bob.publicKey)
  t.is(await codeOf(client.pair(offer)), 'ERR_PREKEY_SIGNATURE')
  t.is(client.contacts.list().length, 1)
  await client.close()
  const names: string[] = []
  relay.requests.end()
  for await (const { name } of relay.requests) names.push(name)
  t.false(names.includes('mail'))
})

test('every status of the relay has its code', async t => {
  const expected: Record<string, string> = {
    notYourSource: 'ERR_RELAY_NOT_YOUR_SOURCE', targetGone: 'ERR_RELAY_TARGET_GONE', malformed: 'ERR_RELAY_MALFORMED', limit: 'ERR_RELAY_LIMIT', notRegistered: 'ERR_RELAY_NOT_REGISTERED',
    invite: 'ERR_RELAY_INVITE', quota: 'ERR_RELAY_QUOTA', tooLong: 'ERR_RELAY_TOO_LONG', unavailable: 'ERR_RELAY_UNAVAILABLE', offline: 'ERR_RELAY_OFFLINE', noPrekey: 'ERR_RELAY_NO_PREKEY', shutdown: 'ERR_RELAY_SHUTDOWN'
  }
  const { client, relay } = await victim()
  for (const [name, code] of Object.entries(expected)) {
    relay.answers.lookup = () => RELAY_CODES[name as keyof typeof RELAY_CODES]
    t.is(await codeOf(client.lookup(randomUuid())), code)
  }
  relay.answers.lookup = () => 999
  t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  await client.close()
  t.deepEqual(Object.keys(RELAY_CODES).sort(), [...Object.keys(expected), 'ok', 'unknownTarget'].sort())
})

test('errors of mail that are final, and those that are tried again', async t => {
  const bob = createIdentity()
  const { id, key, signature } = createPrekey(bob)
  const prekey = { staticKey: bob.staticKey.publicKey, proof: bob.proof, prekey: { id, key, signature }, oneTime: true }
  let taken = 0
  const { client, relay } = await victim({ takePrekey: () => { taken++; return prekey } })
  for (const [status, code] of [[RELAY_CODES.quota, 'ERR_RELAY_QUOTA'], [RELAY_CODES.tooLong, 'ERR_RELAY_TOO_LONG'], [77, 'ERR_RELAY_PROTOCOL']] as const) {
    relay.answers.mail = () => status
    t.is(await codeOf(client.peer(bob.id).send(1n, bytes('x'))), code)
  }
  const ids = new Set<string>()
  const again: number[] = [RELAY_CODES.unavailable, RELAY_CODES.limit, RELAY_CODES.shutdown]
  taken = 0
  relay.answers.mail = ({ asked }) => {
    ids.add(Buffer.from(asked.id).toString('hex'))
    return again.shift() ?? { duplicate: true }
  }
  const told: Array<string | undefined> = []
  await client.peer(bob.id).send(1n, bytes('x'), { onRetry: error => { told.push((error as { code?: string }).code) } })
  t.deepEqual([ids.size, taken], [1, 1])
  t.deepEqual(told, ['ERR_RELAY_UNAVAILABLE', 'ERR_RELAY_LIMIT', 'ERR_RELAY_SHUTDOWN'])
  t.is(await codeOf(client.peer(bob.id).send(1n, bytes('x'), { onRetry: 'me' as never })), 'ERR_ARGUMENT')
  again.push(RELAY_CODES.limit)
  t.is(await codeOf(client.peer(bob.id).send(1n, bytes('x'), { onRetry: () => { throw new Error('mine') } })), 'Error: mine')
  relay.answers.takePrekey = () => RELAY_CODES.noPrekey
  t.is(await codeOf(client.peer(bob.id).send(1n, bytes('x'))), 'ERR_RELAY_NO_PREKEY')
  await client.close()
})

test('a hello with absurd numbers harms nobody', async t => {
  const [bob, most] = [createIdentity(), 2 ** 32 - 1]
  const { id, key, signature } = createPrekey(bob)
  const takePrekey: NonNullable<Answers['takePrekey']> = () => ({ staticKey: bob.staticKey.publicKey, proof: bob.proof, prekey: { id, key, signature }, oneTime: true })
  for (const [prekeys, maxOutstanding, maxPrekeys, maxMail] of [[most, most, most, 2n ** 64n - 1n], [0, 0, 0, 0n], [most, 0, 0, 1n], [0, most, most, 0n], [100, 1, 1, 1n]] as const) {
    const hello: Answers['hello'] = () => ({ prekeys, lastResort: new Uint8Array(8).fill(prekeys === 0 ? 0 : 9), maxMail, maxOutstanding, maxPrekeys })
    const { client, relay } = await victim({ hello, takePrekey, mail: () => ({ duplicate: false }) })
    await Promise.all(Array.from({ length: 5 }, (_, index) => client.peer(bob.id).send(BigInt(index), bytes('x'))))
    t.is(client.state.type, 'connected')
    const published: Array<Asked<'publish'>> = []
    for (let request = await next(relay.requests); request.name !== 'mail'; request = await next(relay.requests)) if (request.name === 'publish') published.push(request.asked as Asked<'publish'>)
    for (const { oneTime } of published) t.true(oneTime.length <= Math.min(8, maxPrekeys))
    await client.close()
  }
})

test('a relay that does not answer, answers something else, or nothing that can be read', async t => {
  const silent = await victim({ lookup: () => undefined }, { limits: { requestTimeout: 500, maxRequests: 3 } })
  const waiting = Array.from({ length: 4 }, () => codeOf(silent.client.lookup(randomUuid())))
  t.is(await waiting[3], 'ERR_RELAY_REQUESTS')
  t.is(await waiting[0], 'ERR_TIMEOUT')
  await silent.client.close()
  const { client, relay } = await victim()
  relay.answers.lookup = ({ requestId }) => encodeRefusal(OPERATIONS.watch.op, requestId, 0)
  t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  relay.answers.lookup = ({ requestId }) => encodeRefusal(OPERATIONS.lookup.op, requestId, 0)
  t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  for (const answer of [new Uint8Array(3), new Uint8Array(70_000)]) {
    relay.answers.lookup = () => answer
    t.is(await codeOf(client.lookup(randomUuid())), 'ERR_RELAY_PROTOCOL')
  }
  // answers to nobody, and packets of kinds that are not known, are nothing to anybody
  for (let id = 0; id < 1000; id++) await relay.push(KIND.request, encodeRefusal(2, 1_000_000 + id, 0))
  await relay.push(KIND.presence, new Uint8Array(3))
  await relay.push(KIND.presence, new Uint8Array(17))
  await relay.push(12_345n, new Uint8Array(3))
  relay.answers.lookup = () => RELAY_CODES.unknownTarget
  t.is(await client.lookup(randomUuid()), undefined)
  await client.close()
})

test('connections that the relay says goaway on and never lets finish do not pile up', async t => {
  const stuck = async function * (link: NovaLink): AsyncGenerator<Uint8Array> {
    // enough that the first of it does not wait to be sent
    yield new Uint8Array(60_000)
    await link.ping()
    link.goaway(GOAWAY_CODES.shutdown)
    await new Promise(() => {})
  }
  const answers: Answers = {
    receive: ({ link }) => {
      link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.request }, stuck(link)).catch(() => {})
      return {}
    }
  }
  const { client, relay } = await victim(answers, { limits: { maxLeaving: 2 } })
  while (relay.links.length < 5) await next(relay.requests)
  const [first, second] = relay.links as [NovaLink, NovaLink]
  t.regex(await codeOf(first.closed), /^ERR_/)
  t.regex(await codeOf(second.closed), /^ERR_/)
  await client.close()
})
