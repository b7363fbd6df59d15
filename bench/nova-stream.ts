import { HARDENED, LIBP2P, pairOf, SEED, TLS, transfer, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { PeerClient } from './peers/peer.js'

const stream: Trial<PeerClient> = async (pair, scale) => {
  const count = amount(scale, 400_000, 20_000)
  const { seconds } = await transfer(pair, { shape: 'one', count, size: 256 })
  return { rate: count / seconds }
}

/** Small messages in one open packet. */
export const novaStream: Benchmark = {
  name: 'nova-stream',
  work: '400,000 messages of 256 B, written one by one into one open packet (or stream, or connection)',
  measures: [{ name: 'rate', unit: 'messages/s', better: 'higher' }],
  contenders: [SEED, HARDENED, TLS, LIBP2P].map(name => pairOf(name, stream)),
  aims: [
    { measure: 'rate', of: SEED, against: TLS, atLeast: 1 },
    { measure: 'rate', of: SEED, against: LIBP2P, atLeast: 20 },
    { measure: 'rate', of: HARDENED, against: TLS, atLeast: 1 }
  ]
}
