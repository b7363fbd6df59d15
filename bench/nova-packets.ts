import { HARDENED, LIBP2P, pairOf, SEED, transfer, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { PeerClient } from './peers/peer.js'

function packets (full: number): Trial<PeerClient> {
  return async (pair, scale) => {
    const count = amount(scale, full, 1000)
    const { seconds } = await transfer(pair, { shape: 'each', count, size: 256 }, 64)
    return { rate: count / seconds }
  }
}

/** Small packets, each its own. */
export const novaPackets: Benchmark = {
  name: 'nova-packets',
  work: '256 B packets, each its own, 64 in flight: 200,000 of ours, 10,000 of libp2p\'s streams',
  measures: [{ name: 'rate', unit: 'packets/s', better: 'higher' }],
  contenders: [pairOf(SEED, packets(200_000)), pairOf(HARDENED, packets(200_000)), pairOf(LIBP2P, packets(10_000))],
  aims: [
    { measure: 'rate', of: SEED, atLeast: 40_000 },
    { measure: 'rate', of: SEED, against: LIBP2P, atLeast: 15 },
    { measure: 'rate', of: HARDENED, against: SEED, atLeast: 1.4 }
  ]
}
