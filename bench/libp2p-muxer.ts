import { NOVA_MUXER, pairOf, transfer, type Trial, YAMUX } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { PeerClient } from './peers/peer.js'

const CHUNK = 65_536
const IN_FLIGHT = 64

const both: Trial<PeerClient> = async (pair, scale) => {
  const bytes = amount(scale, 2 ** 30, 2 ** 25)
  const { seconds, clientCpu, serverCpu } = await transfer(pair, { shape: 'one', count: bytes / CHUNK, size: CHUNK })
  const streams = amount(scale, 20_000, 500)
  const opened = await transfer(pair, { shape: 'each', count: streams, size: 256 }, IN_FLIGHT)
  return {
    bulk: bytes / seconds / 1e6,
    'processor of both': (clientCpu + serverCpu) / bytes * 2 ** 30,
    streams: streams / opened.seconds
  }
}

/** Our stream muxer for libp2p beside theirs. */
export const libp2pMuxer: Benchmark = {
  name: 'libp2p-muxer',
  work: 'Stream muxers on libp2p\'s TCP, client to server, without an encrypter: 1 GiB on one stream in writes of 64 KiB, then 20,000 streams of 256 B, each opened, written to and ended, 64 at a time',
  measures: [
    { name: 'bulk', unit: 'MB/s', better: 'higher' },
    { name: 'processor of both', unit: 's/GiB', better: 'lower' },
    { name: 'streams', unit: 'streams/s', better: 'higher' }
  ],
  contenders: [NOVA_MUXER, YAMUX].map(name => pairOf(name, both)),
  aims: [
    { measure: 'bulk', of: NOVA_MUXER, against: YAMUX, atLeast: 0.8 },
    { measure: 'streams', of: NOVA_MUXER, against: YAMUX, atLeast: 1 }
  ]
}
