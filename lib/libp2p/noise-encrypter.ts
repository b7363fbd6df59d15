import { type ConnectionEncrypter, InvalidCryptoExchangeError, type MessageStream, type PrivateKey, type SecureConnectionOptions, type SecuredConnection, serviceCapabilities, type StreamMuxerFactory, TimeoutError, UnexpectedPeerError, type Upgrader } from '@libp2p/interface'
import { NoiseHandshake, NoiseKeypair, noiseProtocol, type Role } from '../noise/index.js'
import { asError, HushwireError, limitsOf, type LimitsOf } from '../stream/index.js'
import { libp2pError } from './errors.js'
import { runHandshake } from './noise-driver.js'
import { proveStatic, verifyStatic, type NoiseProof, type RemoteIdentity } from './noise-identity.js'
import { decodePayload, encodePayload, type NoiseExtensions } from './noise-payload.js'
import { NoiseStream } from './noise-stream.js'

/** The limits of the encrypter and their defaults. */
export const ENCRYPTER_LIMITS = {
  /** Milliseconds for a handshake, beside libp2p's own limits of an upgrade. */
  handshakeTimeout: 10_000
} as const

/** Options of {@link hushNoise}. */
export interface HushNoiseOptions {
  /** {@link ENCRYPTER_LIMITS} has the defaults. */
  limits?: LimitsOf<typeof ENCRYPTER_LIMITS> | undefined
}

/** What the encrypter needs of a libp2p node. */
export interface HushNoiseComponents {
  /** The key of the node's peer id, of any kind that libp2p has. */
  privateKey: PrivateKey
  /** Knows the stream muxers of the node, the best first. */
  upgrader: Pick<Upgrader, 'getStreamMuxers'>
}

const PROTOCOL_NAME = 'Noise_XX_25519_ChaChaPoly_SHA256'
const NOTHING = new Uint8Array(0)

/**
 * A connection encrypter for libp2p 3 over our Noise: `/noise`, which speaks with every implementation of libp2p's Noise
 * specification. The other side's peer id is checked before anything is released, and the stream muxer negotiated
 * along with the handshake where both sides offer that.
 *
 * Securing throws what libp2p knows: `UnexpectedPeerError` when the other side is not who it should be or does not
 * prove who it is, `TimeoutError`, and `InvalidCryptoExchangeError` for the rest, each with the error of ours as its
 * cause; the connection is aborted then. A connection that is tampered with is aborted with ERR_NOISE_AUTH.
 *
 * On Node 20, libp2p itself needs `Promise.withResolvers` (docs/libp2p.md).
 *
 * @throws ERR_LIMIT_OPTION when a limit is out of its range
 * @example
 * ```ts
 * import { yamux } from '@chainsafe/libp2p-yamux'
 * import { tcp } from '@libp2p/tcp'
 * import { hushNoise } from 'hushwire/libp2p'
 * import { createLibp2p } from 'libp2p'
 *
 * const node = await createLibp2p({ transports: [tcp()], connectionEncrypters: [hushNoise()], streamMuxers: [yamux()] })
 * await node.stop()
 * ```
 */
export function hushNoise (options: HushNoiseOptions = {}): (components: HushNoiseComponents) => ConnectionEncrypter<NoiseExtensions> {
  const { handshakeTimeout } = limitsOf(ENCRYPTER_LIMITS, options.limits)
  return components => new NoiseEncrypter(components, handshakeTimeout)
}

class NoiseEncrypter implements ConnectionEncrypter<NoiseExtensions> {
  readonly protocol = '/noise'
  readonly [serviceCapabilities] = ['@libp2p/connection-encryption']
  readonly #components: HushNoiseComponents
  readonly #timeout: number
  readonly #staticKey = new NoiseKeypair()
  /** The same for every connection of the node. */
  #proof: Promise<NoiseProof> | undefined

  constructor (components: HushNoiseComponents, timeout: number) {
    this.#components = components
    this.#timeout = timeout
  }

  secureOutbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection<NoiseExtensions>> {
    return this.#secure(connection, 'initiator', options)
  }

  secureInbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection<NoiseExtensions>> {
    return this.#secure(connection, 'responder', options)
  }

  async #secure (stream: MessageStream, role: Role, options: SecureConnectionOptions = {}): Promise<SecuredConnection<NoiseExtensions>> {
    try {
      const muxers = options.skipStreamMuxerNegotiation === true ? new Map<string, StreamMuxerFactory>() : this.#components.upgrader.getStreamMuxers()
      const own: NoiseExtensions = { streamMuxers: [...muxers.keys()] }
      const seen: { remote?: RemoteIdentity } = {}
      const handshake = this.#handshake(role, encodePayload({ ...await this.#prove(), extensions: own }), async (payload, remoteStatic) => {
        seen.remote = await verifyStatic(decodePayload(payload), remoteStatic, options.remotePeer)
      })
      const keys = await runHandshake(stream, handshake, { timeout: this.#timeout, signal: options.signal })
      const { remotePeer, extensions } = present(seen.remote)
      const muxer = chooseMuxer(role === 'initiator' ? [own, extensions] : [extensions, own])
      const streamMuxer = muxer === undefined ? undefined : muxers.get(muxer)
      return { connection: new NoiseStream(stream, keys), remotePeer, remoteExtensions: extensions, ...streamMuxer === undefined ? {} : { streamMuxer } }
    } catch (thrown) {
      const error = forLibp2p(asError(thrown))
      stream.abort(error)
      throw error
    }
  }

  #prove (): Promise<NoiseProof> {
    this.#proof ??= proveStatic(this.#components.privateKey, this.#staticKey.publicKey)
    return this.#proof
  }

  #handshake (role: Role, payload: Uint8Array, check: (payload: Uint8Array, remoteStatic: Uint8Array) => Promise<void>): NoiseHandshake {
    return new NoiseHandshake({
      protocol: noiseProtocol(PROTOCOL_NAME),
      role,
      staticKey: this.#staticKey,
      // the first message is not encrypted, and its payload nobody's
      payload: ({ message }) => message === 0 ? NOTHING : payload,
      received: async (payload, { message, remoteStatic }) => {
        if (message > 0) await check(payload, present(remoteStatic))
      }
    })
  }
}

/** What the pattern guarantees: both sides send a static key, and a payload with it. */
function present<T> (value: T | undefined): T {
  if (value === undefined) throw libp2pError('ERR_LIBP2P_IDENTITY')
  return value
}

/**
 * The first muxer of the initiator that the responder has too; none is chosen here where one of them names none.
 *
 * @throws ERR_LIBP2P_MUXERS when they have none in common
 */
function chooseMuxer ([{ streamMuxers: first }, { streamMuxers: second }]: readonly [initiator: NoiseExtensions, responder: NoiseExtensions]): string | undefined {
  if (first.length === 0 || second.length === 0) return undefined
  const common = first.find(name => second.includes(name))
  if (common === undefined) throw libp2pError('ERR_LIBP2P_MUXERS')
  return common
}

const UNEXPECTED: ReadonlySet<string> = new Set(['ERR_LIBP2P_PEER', 'ERR_LIBP2P_IDENTITY', 'ERR_LIBP2P_SIGNATURE', 'ERR_LIBP2P_PAYLOAD'])

/** The error of libp2p that callers of an encrypter look for; what is not ours is passed on. */
function forLibp2p (error: Error): Error {
  if (!(error instanceof HushwireError)) return error
  const Kind = UNEXPECTED.has(error.code) ? UnexpectedPeerError : error.code === 'ERR_HANDSHAKE_TIMEOUT' ? TimeoutError : InvalidCryptoExchangeError
  return Object.assign(new Kind(error.message), { cause: error })
}
