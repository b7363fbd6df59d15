import { HARDENED, LIBP2P, pairOf, SEED, TLS, transfer, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { PeerClient } from './peers/peer.js'

function stream (full: number): Trial<PeerClient> {
  return async (pair, scale) => {
    const count = amount(scale, full, 20_000)
    const { seconds } = await transfer(pair, { shape: 'one', count, size: 256 })
    return { rate: count / seconds }
  }
}

/** Small messages in one open packet. */
export const novaStream: Benchmark = {
  name: 'nova-stream',
  work: '400,000 messages of 256 B, written one by one into one open packet (or connection); 20,000 into libp2p\'s stream, which gets slower the more wait',
  measures: [{ name: 'rate', unit: 'messages/s', better: 'higher' }],
  contenders: [...[SEED, HARDENED, TLS].map(name => pairOf(name, stream(400_000))), pairOf(LIBP2P, stream(20_000))],
  aims: [
    { measure: 'rate', of: SEED, against: TLS, atLeast: 1 },
    { measure: 'rate', of: SEED, against: LIBP2P, atLeast: 20 },
    { measure: 'rate', of: HARDENED, against: TLS, atLeast: 1 }
  ]
}
