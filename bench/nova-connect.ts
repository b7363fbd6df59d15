import { HARDENED, LIBP2P, pairOf, type ConnectingClient, type Trial } from './contenders.js'
import { amount, type Benchmark } from './harness/benchmark.js'

function connect (full: number): Trial<ConnectingClient> {
  return async ({ client }, scale) => {
    const count = amount(scale, full, 20)
    return { rate: count / (await client.connect(count) / 1000) }
  }
}

/** Connections made and closed. */
export const novaConnect: Benchmark = {
  name: 'nova-connect',
  work: 'Connections with an authenticated handshake, then closed, one after another: 500 of ours, 100 of libp2p\'s',
  measures: [{ name: 'rate', unit: 'connections/s', better: 'higher' }],
  contenders: [pairOf(HARDENED, connect(500)), pairOf(LIBP2P, connect(100))],
  aims: [{ measure: 'rate', of: HARDENED, against: LIBP2P, atLeast: 6 }]
}
