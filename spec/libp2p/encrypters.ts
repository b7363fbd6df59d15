import './connections.js'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ConnectionEncrypter, MessageStream, PeerId, PrivateKey, SecuredConnection, StreamMuxerFactory } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { hushNoise, type HushNoiseOptions, type NoiseExtensions } from '../../lib/libp2p/index.js'

/** What both encrypters tell of the other side. */
export type Extensions = Partial<NoiseExtensions>

/** A peer with an encrypter, without a node. */
export interface Peer {
  readonly privateKey: PrivateKey
  readonly id: PeerId
  readonly encrypter: ConnectionEncrypter<Extensions>
}

/** Options of a peer: its muxers are names alone. */
export interface PeerOptions extends HushNoiseOptions {
  readonly privateKey?: PrivateKey
  readonly muxers?: readonly string[]
}

/** A peer with our encrypter. */
export async function ours (options: PeerOptions = {}): Promise<Peer> {
  return peer(options, (privateKey, upgrader) => hushNoise(options)({ privateKey, upgrader }) as ConnectionEncrypter as Peer['encrypter'])
}

/** A peer with js-libp2p's. */
export async function theirs (options: PeerOptions = {}): Promise<Peer> {
  return peer(options, (privateKey, upgrader) => {
    const components = { privateKey, peerId: peerIdFromPrivateKey(privateKey), logger: defaultLogger(), upgrader }
    return noise()(components as object as Parameters<ReturnType<typeof noise>>[0]) as ConnectionEncrypter as Peer['encrypter']
  })
}

async function peer (options: PeerOptions, encrypterOf: (privateKey: PrivateKey, upgrader: { getStreamMuxers(): Map<string, StreamMuxerFactory> }) => Peer['encrypter']): Promise<Peer> {
  const privateKey = options.privateKey ?? await generateKeyPair('Ed25519')
  const muxers = new Map((options.muxers ?? []).map(protocol => [protocol, { protocol } as StreamMuxerFactory]))
  return { privateKey, id: peerIdFromPrivateKey(privateKey), encrypter: encrypterOf(privateKey, { getStreamMuxers: () => muxers }) }
}

/** Both sides of a handshake, as far as they come. */
export function secure ([dialled, accepted]: readonly MessageStream[], initiator: Peer, responder: Peer, expected: { initiator?: PeerId, responder?: PeerId } = {}): [Promise<SecuredConnection<Extensions>>, Promise<SecuredConnection<Extensions>>] {
  if (dialled === undefined || accepted === undefined) throw new Error('a connection has two ends')
  return [
    initiator.encrypter.secureOutbound(dialled, { remotePeer: expected.responder ?? responder.id }),
    responder.encrypter.secureInbound(accepted, expected.initiator === undefined ? {} : { remotePeer: expected.initiator })
  ]
}
