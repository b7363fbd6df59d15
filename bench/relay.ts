import type { Benchmark, Contender } from './harness/benchmark.js'
import type { PeerClient, PeerServer, Work } from './peers/peer.js'
import { relayed, RELAYED_MEASURES } from './relayed.js'

const RELAY = 'relay of hardened links'
const PROXY = 'TCP proxy'
const TLS_PROXY = 'TLS proxy'
const CHUNK = 262_144

function size (quick: boolean): number {
  return quick ? 2 ** 25 : 2 ** 30
}

/** A proxy of three processes: the server, the client and the proxy of a module of peers. */
function proxy (name: string, module: string): Contender {
  return {
    name,
    start: async (processes, { quick }) => {
      const server = await processes.spawn<PeerServer>(module, 'server', { mode: 'count' })
      const between = await processes.spawn<Pick<PeerServer, 'place'>>(module, 'proxy', { place: await server.place() })
      const client = await processes.spawn<PeerClient>(module, 'client', { place: await between.place() })
      return async () => {
        const work: Work = { shape: 'one', count: size(quick) / CHUNK, size: CHUNK }
        await server.expect(work)
        const before = await between.cpu()
        const [from, to] = await Promise.all([client.send(work), server.arrived()])
        return { rate: size(quick) / (to - from) / 1000, 'relay processor': (await between.cpu() - before) / size(quick) * 2 ** 30 }
      }
    }
  }
}

/** What a relay costs beside moving the bytes. */
export const relay: Benchmark = {
  name: 'relay',
  work: 'One packet of 1 GiB through the relay, decrypted and encrypted again, against a proxy that moves bytes, and beside one that ends TLS on both sides; three processes each',
  measures: RELAYED_MEASURES,
  contenders: [relayed(RELAY, 'hops', 'random', size), proxy(PROXY, 'peers/tcp.js'), proxy(TLS_PROXY, 'peers/tls.js')],
  aims: [{ measure: 'rate', of: RELAY, against: PROXY, atLeast: 0.5 }, { measure: 'rate', of: RELAY, against: TLS_PROXY }]
}
