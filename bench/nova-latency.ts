import { HARDENED, LIBP2P, pairOf, SEED, TCP, TLS, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'
import type { HushwireClient } from './peers/hushwire.js'
import type { PeerClient } from './peers/peer.js'

const there: Trial<PeerClient> = async ({ client }, scale) => {
  const { p50, p99 } = await client.echo(amount(scale, 10_000, 500), 256)
  return { p50, p99 }
}

const beside: Trial<HushwireClient> = async ({ server, client }, scale) => {
  const size = 262_144
  const bytes = amount(scale, 2 ** 30, 2 ** 26)
  await server.expect({ shape: 'one', count: bytes / size, size })
  const [{ p50, p99, count }] = await Promise.all([client.echoBeside(bytes, 256), server.arrived()])
  return { p50: p50 / 1000, p99: p99 / 1000, count }
}

/** There and back on a link with nothing else on it. */
export const novaLatency: Benchmark = {
  name: 'nova-latency',
  work: '256 B there and back, 10,000 times one after another; with hushwire a packet each way',
  measures: [{ name: 'p50', unit: 'µs', better: 'lower' }, { name: 'p99', unit: 'µs', better: 'lower' }],
  contenders: [HARDENED, SEED, TCP, TLS, LIBP2P].map(name => pairOf(name, there, 'echo')),
  aims: [
    { measure: 'p50', of: HARDENED, against: TCP, atMost: 1.8 },
    { measure: 'p50', of: SEED, against: TCP, atMost: 1.8 },
    { measure: 'p50', of: TLS, against: TCP },
    { measure: 'p99', of: HARDENED, against: TCP }
  ]
}

/** There and back beside a packet that fills the link. */
export const novaLatencyBeside: Benchmark = {
  name: 'nova-latency-beside',
  work: '256 B there and back while a packet of 1 GiB flows on the same link',
  measures: [{ name: 'p50', unit: 'ms', better: 'lower' }, { name: 'p99', unit: 'ms', better: 'lower' }, { name: 'count', unit: 'round trips', better: 'higher' }],
  contenders: [HARDENED, SEED].map(name => pairOf(name, beside)),
  aims: [
    { measure: 'p99', of: HARDENED, atMost: 3 },
    { measure: 'p99', of: SEED }
  ]
}
