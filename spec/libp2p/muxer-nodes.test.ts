import test from 'ava'
import { noise } from '@chainsafe/libp2p-noise'
import type { Libp2p, Libp2pOptions } from 'libp2p'
import { hushNoise, MUXER_PROTOCOL, novaMuxer } from '../../lib/libp2p/index.js'
import { leaksOf } from '../support/leaks.js'
import { closed, length, sendAll } from './muxer-support.js'
import { node, Streams, STREAMS } from './support.js'

const SOME = Uint8Array.of(1, 2, 3, 4, 5)
const OURS: Libp2pOptions = { streamMuxers: [novaMuxer({ limits: { maxInboundStreams: 2048, maxOutboundStreams: 2048 } })] }
const ENCRYPTERS: ReadonlyArray<readonly [string, NonNullable<Libp2pOptions['connectionEncrypters']>]> = [['their noise', [noise()]], ['our noise', [hushNoise()]]]

/** Two nodes that are connected, and what is done with them. */
async function between (options: Libp2pOptions, task: (streams: Streams, dialler: Libp2p, listener: Libp2p) => Promise<void>): Promise<void> {
  const [dialler, listener] = await Promise.all([node({ ...OURS, ...options }), node({ ...OURS, ...options })])
  try {
    await task(await Streams.between(dialler, listener), dialler, listener)
  } finally {
    await Promise.all([dialler.stop(), listener.stop()])
  }
}

for (const [title, connectionEncrypters] of ENCRYPTERS) {
  test(`two nodes over ${title}: 64 MiB each way beside a stream that nobody reads`, async t => {
    await between({ connectionEncrypters }, async (streams, dialler) => {
      t.is(dialler.getConnections()[0]?.multiplexer, MUXER_PROTOCOL)
      const [stalled] = await streams.open()
      stalled.send(new Uint8Array(1_000_000))
      const [here, there] = await streams.open()
      const large = new Uint8Array(2 ** 26).fill(7)
      const [, , one, two] = await Promise.all([sendAll(here, large), sendAll(there, large), length(here), length(there)])
      t.deepEqual([one, two], [large.byteLength, large.byteLength])
      t.true(stalled.writeBufferLength > 0)
      stalled.abort(new Error('enough'))
    })
  })

  test(`two nodes over ${title}: 1,000 streams at once`, async t => {
    await between({ connectionEncrypters }, async (_streams, dialler, listener) => {
      await listener.handle('/echo/1', async stream => {
        for await (const bytes of stream) stream.send(bytes)
        await stream.close()
      }, STREAMS)
      const answers = await Promise.all(Array.from({ length: 1000 }, async (_, index) => {
        const stream = await dialler.dialProtocol(listener.getMultiaddrs(), '/echo/1', STREAMS)
        const answer = length(stream)
        await sendAll(stream, new Uint8Array(index))
        return answer
      }))
      t.deepEqual(answers, Array.from({ length: 1000 }, (_, index) => index))
    })
  })
}

test('a connection that is cut in the middle fails every stream of it, at both ends', async t => {
  await between({}, async (streams, dialler) => {
    const pairs = await Promise.all(Array.from({ length: 20 }, () => streams.open()))
    const gone = Promise.all(pairs.flat().map(closed))
    for (const [here] of pairs) here.send(new Uint8Array(1_000_000))
    dialler.getConnections()[0]?.abort(new Error('cut'))
    for (const error of await gone) t.true(error instanceof Error)
  })
})

test('a node that closes a connection has sent what its streams had ended with', async t => {
  await between({}, async (streams, dialler) => {
    const [here, there] = await streams.open()
    const bytes = length(there)
    here.send(SOME)
    await here.close()
    await dialler.getConnections()[0]?.close()
    t.is(await bytes, SOME.byteLength)
  })
})

test.serial('nodes leave nothing behind', async t => {
  // what libp2p itself loads at its first use is not ours
  await between({}, async streams => { await streams.open() })
  const leaks = await leaksOf(async () => {
    await between({}, async (streams, dialler) => {
      const [here, there] = await streams.open()
      here.send(SOME)
      there.abort(new Error('enough'))
      const [stalled] = await streams.open()
      stalled.send(new Uint8Array(1_000_000))
      dialler.getConnections()[0]?.abort(new Error('cut'))
    })
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
