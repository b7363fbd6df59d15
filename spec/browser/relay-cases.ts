import { strict as assert } from 'node:assert'
import { fromHex } from '../../lib/bytes/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import { connect, type Client, type ClientMessage, type IncomingStream } from '../../lib/relay/index.js'
import { qr } from '../../lib/relay/qr.js'
import type { BrowserCase, PageSetup } from './cases.js'

/** Clients in the page over a relay on Node. */
export const relayCases = ({ relay }: PageSetup): readonly BrowserCase[] => [
  { name: 'two clients pair, write to each other, and talk in a stream', run: async (): Promise<void> => { await together(relay) } },
  { name: 'a page dials no TCP', run: async (): Promise<void> => { await assert.rejects(client({ ...relay, url: 'tcp://127.0.0.1:1' }), { code: 'ERR_RELAY_URL' }) } }
]

function client ({ url, key }: PageSetup['relay']): Promise<Client> {
  return connect({ url, relay: fromHex(key), identity: createIdentity(), prekeyLimits: { oneTime: 8 }, limits: { reconnectMin: 10 } })
}

async function together (relay: PageSetup['relay']): Promise<void> {
  const [alice, bob] = await Promise.all([client(relay), client(relay)])
  const offer = await alice.offer()
  assert.ok(qr(offer).svg.startsWith('<svg'))
  await bob.pair(offer)
  const text = new TextEncoder().encode('hello from a page')
  await bob.peer(alice.id).send(1n, text)
  const message = await first<ClientMessage>(alice.messages)
  assert.deepEqual(message.bytes, text)
  await message.taken()
  assert.ok(alice.contacts.has(bob.id))
  const accepting = first<IncomingStream>(bob.streams).then(stream => stream.accept())
  const here = await alice.peer(bob.id).open(2n)
  const there = await accepting
  const echoing = there.sink(there.source)
  const body = new Uint8Array(300_000).map((_, at) => at * 7)
  const writing = here.sink((async function * () { yield body })())
  let length = 0
  for await (const piece of here.source) length += piece.byteLength
  assert.equal(length, body.byteLength)
  await Promise.all([writing, echoing, here.close(), there.close()])
  await Promise.all([alice.close(), bob.close()])
}

async function first<T> (source: AsyncIterable<T>): Promise<T> {
  const { value, done } = await source[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the source has ended')
  return value
}
