import { node, Streams } from './support.js'
import test from 'ava'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Libp2p } from 'libp2p'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { hushNoise, MUXER_PROTOCOL, novaMuxer } from '../../lib/libp2p/index.js'
import { createIdentity, pinned, stack } from '../../lib/nova/index.js'
import { collect as whole } from '../../lib/stream/collect.js'
import { libp2pDuplex } from '../../lib/transport/libp2p.js'
import { collect, items, pattern } from '../support/sources.js'

const ours = { connectionEncrypters: [hushNoise()] }
const theirs = { connectionEncrypters: [noise()] }
const whollyOurs = { connectionEncrypters: [hushNoise()], streamMuxers: [novaMuxer()] }
const CASES = { 'ours and ours': [ours, ours], 'ours to theirs': [ours, theirs], 'theirs to ours': [theirs, ours], 'our encrypter and our muxer': [whollyOurs, whollyOurs] } as const

/** Runs with nodes, which are stopped afterwards whatever happens. */
async function withNodes<T> (options: ReadonlyArray<Parameters<typeof node>[0]>, run: (...nodes: Libp2p[]) => Promise<T>): Promise<T> {
  const nodes = await Promise.all(options.map(each => node(each)))
  try {
    return await run(...nodes)
  } finally {
    await Promise.all(nodes.map(each => each.stop()))
  }
}

for (const [title, options] of Object.entries(CASES)) {
  test(`two nodes, ${title}: streams both ways, and what is large arrives whole`, async t => {
    await withNodes(options, async (dialler, listener) => {
      if (dialler === undefined || listener === undefined) throw new Error('two nodes')
      const streams = await Streams.between(dialler, listener)
      const [connection] = dialler.getConnections()
      t.is(connection?.encryption, '/noise')
      t.is(connection?.multiplexer, options[0] === whollyOurs ? MUXER_PROTOCOL : '/yamux/1.0.0')
      t.true(connection?.remotePeer.equals(listener.peerId))
      const pairs = await Promise.all([streams.open(), streams.open(), streams.open()])
      t.true(listener.getConnections()[0]?.remotePeer.equals(dialler.peerId))
      await Promise.all(pairs.map(async ([near, far], index) => {
        const [left, right] = [libp2pDuplex(near), libp2pDuplex(far)]
        const [there, back] = [pattern(2_000_000 + index), pattern(500_000 + index)]
        const [came, returned] = await Promise.all([collect(right.source), collect(left.source), left.sink(items(there)), right.sink(items(back))])
        t.is(Buffer.compare(came, there), 0)
        t.is(Buffer.compare(returned, back), 0)
      }))
    })
  })

  test(`two nodes, ${title}: a peer that is not the one that was dialled`, async t => {
    await withNodes(options, async (dialler, listener) => {
      const [address] = listener?.getMultiaddrs() ?? []
      const another = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
      const wrong = address?.decapsulate('/p2p').encapsulate(`/p2p/${another.toString()}`)
      if (dialler === undefined || wrong === undefined) throw new Error('two nodes')
      const error = await t.throwsAsync(dialler.dial(wrong))
      t.regex(error.name, /EncryptionFailedError|AggregateError|UnexpectedPeerError/)
      t.is(dialler.getConnections().length, 0)
    })
  })
}

test('a whole nova stack over a stream between two nodes', async t => {
  await withNodes([whollyOurs, whollyOurs], async (dialler, listener) => {
    if (dialler === undefined || listener === undefined) throw new Error('two nodes')
    const [near, far] = await (await Streams.between(dialler, listener)).open()
    const [alice, server] = [createIdentity(), createIdentity()]
    const [client, hop] = await Promise.all([
      stack(libp2pDuplex(near), { role: 'initiator', identity: alice, verify: pinned(server.publicKey) }),
      stack(libp2pDuplex(far), { role: 'responder', identity: server, verify: pinned(alice.publicKey) })
    ])
    const bytes = pattern(1_000_000)
    const sending = client.send({ target: NIL_UUID, source: alice.id, kind: 1n }, bytes)
    for await (const packet of hop.source) {
      t.deepEqual(packet.header.source, alice.id)
      t.deepEqual(await whole(packet.source, 2_000_000), bytes)
      break
    }
    await sending
    await Promise.all([client.close(), hop.close()])
  })
})

test('a node that goes while a stream is read resets it', async t => {
  await withNodes([ours, ours], async (dialler, listener) => {
    if (dialler === undefined || listener === undefined) throw new Error('two nodes')
    const [near, far] = await (await Streams.between(dialler, listener)).open()
    const [left, right] = [libp2pDuplex(near), libp2pDuplex(far)]
    const reading = t.throwsAsync(collect(left.source), { code: 'ERR_TRANSPORT_RESET' })
    for (const connection of listener.getConnections()) connection.abort(new Error('gone'))
    await reading
    await t.throwsAsync(right.closed)
  })
})
