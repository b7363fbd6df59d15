import { BARE_CTR, CTR_LAYER, CTR_PEER, pairOf, transfer, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { PeerClient } from './peers/peer.js'

const FRAME = 65_536

const bulk: Trial<PeerClient> = async (pair, scale) => {
  const bytes = amount(scale, 2 ** 29, 2 ** 24)
  const { seconds, clientCpu, serverCpu } = await transfer(pair, { shape: 'one', count: bytes / FRAME, size: FRAME })
  return { rate: bytes / seconds / 1e6, 'client processor': clientCpu / bytes * 2 ** 30, 'server processor': serverCpu / bytes * 2 ** 30 }
}

/** CTR peer frames over TCP. */
export const ctr: Benchmark = {
  name: 'ctr',
  work: '512 MiB in frames of 64 KiB, client to server over TCP. The bare loop has one SHA-256 a frame and no chain; its SHA-256 is noble\'s, as ours',
  measures: [
    { name: 'rate', unit: 'MB/s', better: 'higher' },
    { name: 'client processor', unit: 's/GiB', better: 'lower' },
    { name: 'server processor', unit: 's/GiB', better: 'lower' }
  ],
  contenders: [CTR_LAYER, CTR_PEER, BARE_CTR].map(name => pairOf(name, bulk)),
  aims: [
    { measure: 'rate', of: CTR_LAYER, against: BARE_CTR, atLeast: 0.9 },
    { measure: 'rate', of: CTR_PEER, against: BARE_CTR, atLeast: 0.9 }
  ]
}
