import { tuneCollector } from '../../lib/cli/collector.js'
import { createIdentity } from '../../lib/nova/index.js'
import { connect, type Client } from '../../lib/relay/index.js'
import { connectTunnel, expose } from '../../lib/tunnel/index.js'
import type { Place } from './peer.js'

// The two ends of a tunnel through a relay, a process each, with the limits and the collector of the command line.

/** The end that exposes. */
export interface ExposingEnd { id(): Promise<Uint8Array> }

/** The end that listens. */
export interface ListeningEnd { place(): Promise<Place> }

/** The process of the end that exposes a service. */
export async function exposing ({ relay, service }: { relay: Place, service: Place }): Promise<ExposingEnd> {
  const client = await dial(relay)
  expose(client, { services: { service: { port: service.port } }, accept: 'anyone' })
  return { id: async () => client.id }
}

/** The process of the end that listens. */
export async function listening ({ relay, peer }: { relay: Place, peer: Uint8Array }): Promise<ListeningEnd> {
  const client = await dial(relay)
  const { port } = await connectTunnel(client, peer)
  return { place: async () => ({ port }) }
}

async function dial ({ port, proof }: Place): Promise<Client> {
  tuneCollector()
  return connect({ url: `tcp://127.0.0.1:${port}`, relay: proof as Uint8Array, identity: createIdentity(), accept: 'anyone' })
}
