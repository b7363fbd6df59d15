import './with-resolvers.js'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ConnectionEncrypter, PeerId, Upgrader } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { hushNoise } from '../../lib/libp2p/index.js'
import { now } from '../harness/clock.js'
import type { Handshakes } from './noise.js'

// Encrypters of libp2p over a pair of connections in memory: theirs and ours, with the same payloads and identities.

const MUXERS: Pick<Upgrader, 'getStreamMuxers'> = { getStreamMuxers: () => new Map() }

/** One side: an encrypter with a new identity. */
async function side (maker: 'ours' | 'theirs'): Promise<{ encrypter: ConnectionEncrypter, peerId: PeerId }> {
  const privateKey = await generateKeyPair('Ed25519')
  const peerId = peerIdFromPrivateKey(privateKey)
  const components = { privateKey, peerId, upgrader: MUXERS as Upgrader, logger: defaultLogger() }
  return { peerId, encrypter: maker === 'ours' ? hushNoise()(components) : noise()(components) }
}

/** Both ends in one process. */
export async function both ({ maker }: { readonly maker: 'ours' | 'theirs' }): Promise<Handshakes> {
  const [alice, bob] = await Promise.all([side(maker), side(maker)])
  return {
    handshakes: async count => {
      const from = now()
      for (let i = 0; i < count; i++) {
        const [left, right] = multiaddrConnectionPair()
        await Promise.all([
          alice.encrypter.secureOutbound(left, { remotePeer: bob.peerId, skipStreamMuxerNegotiation: true }),
          bob.encrypter.secureInbound(right, { skipStreamMuxerNegotiation: true })
        ])
        left.abort(new Error('done'))
        right.abort(new Error('done'))
      }
      return now() - from
    }
  }
}
