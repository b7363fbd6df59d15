import type { Contender, Scale } from './harness/benchmark.js'
import type { Processes, Remote } from './harness/processes.js'
import type { HushwireClient } from './peers/hushwire.js'
import type { Libp2pClient } from './peers/libp2p.js'
import type { PeerClient, PeerServer, ServerOptions, Work } from './peers/peer.js'

/** Both processes of a peer, connected. */
export interface Pair<Client> {
  readonly server: Remote<PeerServer>
  readonly client: Remote<Client>
}

/** What is done once with a pair. */
export type Trial<Client> = (pair: Pair<Client>, scale: Scale) => Promise<Readonly<Record<string, number>>>

/** How a peer is called, and the module that it lives in. */
interface PeerModule {
  readonly name: string
  readonly module: string
  readonly options?: object
}

export const HARDENED = 'hushwire hardened'
export const SEED = 'hushwire seed'
export const TLS = 'node:tls'
export const LIBP2P = 'libp2p'
export const BARE = 'bare AES-GCM loop, 64 KiB'
export const TCP = 'raw TCP'
export const NOISE_AESGCM = 'noise channel, AESGCM'
export const NOISE_CHACHA = 'noise channel, ChaChaPoly'
export const CTR_LAYER = 'ctr, layer'
export const CTR_PEER = 'ctr, send and receive'
export const BARE_CTR = 'bare AES-CTR and SHA-256 loop'
export const NOVA_MUXER = 'hushwire libp2p muxer'
export const YAMUX = '@chainsafe/libp2p-yamux'

const PEERS: Readonly<Record<string, PeerModule>> = {
  [HARDENED]: { name: HARDENED, module: 'peers/hushwire.js', options: { profile: 'hardened' } },
  [SEED]: { name: SEED, module: 'peers/hushwire.js', options: { profile: 'seed' } },
  [TLS]: { name: TLS, module: 'peers/tls.js' },
  [LIBP2P]: { name: LIBP2P, module: 'peers/libp2p.js' },
  [BARE]: { name: BARE, module: 'peers/bare-gcm.js' },
  [TCP]: { name: TCP, module: 'peers/tcp.js' },
  [NOISE_AESGCM]: { name: NOISE_AESGCM, module: 'peers/noise.js', options: { protocol: 'Noise_XX_25519_AESGCM_SHA256' } },
  [NOISE_CHACHA]: { name: NOISE_CHACHA, module: 'peers/noise.js', options: { protocol: 'Noise_XX_25519_ChaChaPoly_SHA256' } },
  [CTR_LAYER]: { name: CTR_LAYER, module: 'peers/ctr.js', options: { face: 'layer' } },
  [CTR_PEER]: { name: CTR_PEER, module: 'peers/ctr.js', options: { face: 'peer' } },
  [BARE_CTR]: { name: BARE_CTR, module: 'peers/bare-ctr.js' },
  [NOVA_MUXER]: { name: NOVA_MUXER, module: 'peers/muxer.js', options: { maker: 'ours' } },
  [YAMUX]: { name: YAMUX, module: 'peers/muxer.js', options: { maker: 'yamux' } }
}

/** A contender of two processes that stay connected. */
export function pairOf<Client = PeerClient> (name: string, trial: Trial<Client>, mode: ServerOptions['mode'] = 'count'): Contender {
  const { module, options = {} } = PEERS[name] as PeerModule
  return {
    name,
    start: async (processes: Processes, scale: Scale) => {
      const server = await processes.spawn<PeerServer>(module, 'server', { ...options, mode })
      const client = await processes.spawn<Client>(module, 'client', { ...options, place: await server.place() })
      return () => trial({ server, client }, scale)
    }
  }
}

/** Sends work from client to server; seconds it took, and of processor time on either side. */
export async function transfer ({ server, client }: Pair<PeerClient>, work: Work, inFlight?: number): Promise<{ seconds: number, clientCpu: number, serverCpu: number }> {
  await server.expect(work)
  const before = await Promise.all([client.cpu(), server.cpu()])
  const [from, to] = await Promise.all([client.send(work, inFlight), server.arrived()])
  const after = await Promise.all([client.cpu(), server.cpu()])
  return { seconds: (to - from) / 1000, clientCpu: after[0] - before[0], serverCpu: after[1] - before[1] }
}

/** Peers whose clients can connect anew. */
export type ConnectingClient = Pick<HushwireClient & Libp2pClient, 'connect'>
