import { BARE, HARDENED, LIBP2P, pairOf, SEED, TCP, TLS, transfer, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { PeerClient } from './peers/peer.js'

const CHUNK = 262_144

/** Sends 1 GiB once. */
export const bulk: Trial<PeerClient> = async (pair, scale) => {
  const bytes = amount(scale, 2 ** 30, 2 ** 25)
  const { seconds, clientCpu, serverCpu } = await transfer(pair, { shape: 'one', count: bytes / CHUNK, size: CHUNK })
  return { rate: bytes / seconds / 1e6, 'client processor': clientCpu / bytes * 2 ** 30, 'server processor': serverCpu / bytes * 2 ** 30 }
}

/** One large packet over TCP. */
export const novaBulk: Benchmark = {
  name: 'nova-bulk',
  work: 'One packet of 1 GiB, frames, cipher, packets and routing, client to server over TCP, given in chunks of 256 KiB',
  measures: [
    { name: 'rate', unit: 'MB/s', better: 'higher' },
    { name: 'client processor', unit: 's/GiB', better: 'lower' },
    { name: 'server processor', unit: 's/GiB', better: 'lower' }
  ],
  contenders: [SEED, HARDENED, TLS, LIBP2P, BARE, TCP].map(name => pairOf(name, bulk)),
  aims: [
    { measure: 'rate', of: SEED, against: TLS, atLeast: 1 },
    { measure: 'rate', of: SEED, against: LIBP2P, atLeast: 3 },
    { measure: 'rate', of: SEED, against: BARE, atLeast: 1 },
    { measure: 'rate', of: HARDENED, against: TLS, atLeast: 0.95 },
    { measure: 'rate', of: SEED, against: TCP }
  ]
}
