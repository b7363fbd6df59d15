import test from 'ava'
import { createIdentity, type Peer } from '../../../lib/nova/index.js'
import { StoredContacts } from '../../../lib/relay/client/contacts.js'
import { OpenOffers } from '../../../lib/relay/client/pairing/open-offers.js'
import { decodePairAnswer } from '../../../lib/relay/client/pairing/pair-answer.js'
import { Pairing } from '../../../lib/relay/client/pairing/pairing.js'
import { memoryStore } from '../../../lib/store/index.js'

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
