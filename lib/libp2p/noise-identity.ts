import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey, PublicKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { libp2pError } from './errors.js'
import { signedBytes, type NoiseExtensions, type NoisePayload } from './noise-payload.js'

/** What proves that a peer owns the static key of Noise that it uses: all of the payload but the extensions. */
export type NoiseProof = Omit<NoisePayload, 'extensions'>

/** Signs our static key, 32 bytes, with the key of our peer id. */
export async function proveStatic (privateKey: PrivateKey, staticKey: Uint8Array): Promise<NoiseProof> {
  const identitySignature = await privateKey.sign(signedBytes(staticKey))
  return { identityKey: publicKeyToProtobuf(privateKey.publicKey), identitySignature }
}

/** The other side, proven. */
export interface RemoteIdentity {
  readonly remotePeer: PeerId
  readonly extensions: NoiseExtensions
}

/**
 * Checks what the other side sent: its key, of any kind that libp2p gives peer ids to (Ed25519, secp256k1, RSA), and that the key has signed the static key.
 *
 * @param expected - the peer that was dialled, if it is known
 * @throws ERR_LIBP2P_IDENTITY, ERR_LIBP2P_PEER, ERR_LIBP2P_SIGNATURE
 */
export async function verifyStatic (payload: NoisePayload, staticKey: Uint8Array, expected: PeerId | undefined): Promise<RemoteIdentity> {
  const { publicKey, remotePeer } = readKey(payload.identityKey)
  if (expected !== undefined && !expected.equals(remotePeer)) throw libp2pError('ERR_LIBP2P_PEER', `${remotePeer.toString()} for ${expected.toString()}`)
  if (!await signed(publicKey, staticKey, payload.identitySignature)) throw libp2pError('ERR_LIBP2P_SIGNATURE')
  return { remotePeer, extensions: payload.extensions }
}

function readKey (bytes: Uint8Array): { publicKey: PublicKey, remotePeer: PeerId } {
  try {
    // a copy: libp2p keeps views of it, and the payload is larger
    const publicKey = publicKeyFromProtobuf(new Uint8Array(bytes))
    return { publicKey, remotePeer: peerIdFromPublicKey(publicKey) }
  } catch (error) {
    throw libp2pError('ERR_LIBP2P_IDENTITY', undefined, error)
  }
}

/** A signature that some kind of key throws at is as wrong as one that it refuses. */
async function signed (publicKey: PublicKey, staticKey: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    return await publicKey.verify(signedBytes(staticKey), signature)
  } catch (error) {
    throw libp2pError('ERR_LIBP2P_SIGNATURE', undefined, error)
  }
}
