import test from 'ava'
import { createIdentity, RELAY_CODES, type Peer } from '../../../lib/nova/index.js'
import { StoredContacts } from '../../../lib/relay/client/contacts.js'
import { fingerprintOf, formatOffer } from '../../../lib/relay/client/pairing/offer.js'
import { OpenOffers } from '../../../lib/relay/client/pairing/open-offers.js'
import { decodePairAnswer } from '../../../lib/relay/client/pairing/pair-answer.js'
import { Pairing } from '../../../lib/relay/client/pairing/pairing.js'
import { memoryStore } from '../../../lib/store/index.js'
import { deferred } from '../../../lib/stream/index.js'
import { codeOf } from '../codes.js'
import { victim, type Victim } from './victim.js'

test('a yes is sent while a no to the same peer is still under way', async t => {
  const store = memoryStore()
  const contacts = await StoredContacts.load(store, { maxContacts: 1 })
  const offers = new OpenOffers(store, { maxOffers: 4 })
  const said: boolean[] = []
  const outbox = { send: (_id: Uint8Array, _kind: bigint, answer: Uint8Array) => {
    said.push(decodePairAnswer(answer).accepted)
    return new Promise<void>(() => {})
  } }
  const pairing = new Pairing({ outbox, contacts, offers, limits: { maxOffers: 4, pairTimeout: 1 }, onPaired: () => {} } as never)
  const token = await offers.add(Date.now() + 60_000)
  const { id: own, publicKey } = createIdentity()
  const sender: Pick<Peer, 'id' | 'publicKey'> = { id: own, publicKey }
  const ask = async (): Promise<void> => {
    const { use, kept } = await pairing.asked({ sender, message: (async function * () { yield token })() } as never)
    await store.write(transaction => { use?.(transaction) })
    kept?.()
  }
  const { id } = await contacts.trust(createIdentity().publicKey)
  await ask()
  await ask()
  t.deepEqual(said, [false], 'one no at a time')
  await contacts.forget(id)
  await ask()
  t.deepEqual(said, [false, true])
})

/** An offer of somebody at the relay that is the test. */
function offerAt ({ relay }: Victim, publicKey: Uint8Array): string {
  return formatOffer({ url: 'ws://fake/', relayFingerprint: fingerprintOf(relay.identity.publicKey), fingerprint: fingerprintOf(publicKey), token: new Uint8Array(16), expires: Date.now() + 60_000 })
}

test('a relay that does not answer who made an offer is not waited for by who gives up, and nobody is trusted', async t => {
  const asked = deferred()
  const lookup = (): undefined => { asked.resolve() }
  const it = await victim({ lookup }, { limits: { requestTimeout: 2 ** 30 } })
  const bob = createIdentity()
  const stop = new AbortController()
  const pairing = codeOf(it.client.pair(offerAt(it, bob.publicKey), { signal: stop.signal }))
  await asked.promise
  stop.abort(new Error('enough'))
  t.is(await pairing, 'Error: enough')
  t.false(it.client.contacts.has(bob.id))
  await it.client.close()
})

test('who answers an offer is told what the relay does not take the answer with', async t => {
  const bob = createIdentity()
  const it = await victim({ lookup: () => ({ staticKey: bob.staticKey.publicKey, proof: bob.proof, online: true }), takePrekey: () => RELAY_CODES.limit })
  const stop = new AbortController()
  const told: string[] = []
  const onRetry = (error: Error): void => {
    told.push((error as { code?: string }).code ?? '')
    if (told.length === 3) stop.abort(new Error('enough'))
  }
  t.is(await codeOf(it.client.pair(offerAt(it, bob.publicKey), { signal: stop.signal, onRetry })), 'Error: enough')
  t.deepEqual(told, ['ERR_RELAY_LIMIT', 'ERR_RELAY_LIMIT', 'ERR_RELAY_LIMIT'])
  t.false(it.client.contacts.has(bob.id), 'it was sent to nobody')
  await it.client.close()
})
