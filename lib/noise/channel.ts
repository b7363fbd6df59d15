import { abortOn, asError, checkDuplex, checkSignal, limitsOf, link, performHandshake, type Bytes, type Duplex, type Handshake, type LimitsOf, type LinkedDuplex } from '../stream/index.js'
import { channelPrologue } from './channel-prologue.js'
import { noiseError } from './errors.js'
import { NoiseHandshake, type NoiseHandshakeOptions, type NoiseResult } from './handshake.js'
import { checkHandshakeOptions } from './handshake-options.js'
import { noiseLayer, type NoiseDirection } from './layer.js'
import { checkLayerOptions, type NoiseLayerOptions } from './layer-options.js'
import { noiseFraming } from './message-framing.js'
import { PostQuantumHandshake, type PostQuantumMode } from './post-quantum.js'
import type { NoiseProtocol } from './protocol.js'
import { verified } from './verified.js'
import type { VerifyStatic } from './verify-static.js'

/** The limits of a channel and their defaults. */
export const NOISE_CHANNEL_LIMITS = {
  /** Milliseconds for the whole handshake, the decision about the other side included. */
  handshakeTimeout: 10_000
} as const

/** Limits of a channel; {@link NOISE_CHANNEL_LIMITS} has the defaults. */
export type NoiseChannelLimits = LimitsOf<typeof NOISE_CHANNEL_LIMITS>

/** Options of {@link noiseChannel}: those of the handshake, those of the layer, and these. */
export interface NoiseChannelOptions extends NoiseHandshakeOptions, NoiseLayerOptions {
  /**
   * Decides who the other side may be, before any payload of the handshake is given out. Needed exactly where the
   * pattern brings the other side's static key; `pinned` and `trustOnFirstUse` make one, and `() => true` accepts everybody.
   */
  verify?: VerifyStatic | undefined
  /**
   * The hybrid pattern beside `protocol`, and whether it is used: see {@link PostQuantumHandshake}. Unless given, plain
   * Noise, as with other implementations: an offer is then not answered but fails, which `off` does not.
   */
  postQuantum?: { mode: PostQuantumMode, protocol: NoiseProtocol } | undefined
  limits?: NoiseChannelLimits | undefined
  /** Aborts the handshake, and the channel once it stands. */
  signal?: AbortSignal | undefined
}

/** A duplex of bytes that nobody but the other side can read or change. */
export interface NoiseChannel extends LinkedDuplex<Uint8Array, Bytes> {
  /** Name of the protocol that was spoken. */
  readonly protocol: string
  /** The other side's static key, 32 bytes, or undefined where the pattern has none. */
  readonly remoteStatic: Uint8Array | undefined
  /** Names this very handshake; the same at both ends, no secret. */
  readonly handshakeHash: Uint8Array
  /** Replaces the key of a direction: see {@link NoiseLayer.rekey}. */
  rekey(direction: NoiseDirection): void
}

/**
 * Runs a Noise handshake over a duplex of bytes and gives the duplex that it secures. Any failure is final: the duplex
 * below is aborted, and the other side sees a reset.
 *
 * @throws ERR_ARGUMENT, ERR_NOISE_OPTIONS, ERR_LIMIT_OPTION; ERR_NOISE_REFUSED when `verify` does not accept the other side;
 *   ERR_HANDSHAKE_TIMEOUT, ERR_TRUNCATED, ERR_NOISE_NEGOTIATION, the signal's reason, and what {@link NoiseHandshake},
 *   the hooks and the duplex raise. What the channel raises later, {@link noiseLayer} says.
 * @example
 * ```ts runnable
 * import type { Bytes } from 'hushwire'
 * import { noiseChannel, NoiseKeypair, noiseProtocol, pinned } from 'hushwire/noise'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const [alice, server] = [new NoiseKeypair(), new NoiseKeypair()]
 * const common = { protocol: noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256'), end: 'authenticated' } as const
 * const [left, right] = memoryPair()
 * const [near, far] = await Promise.all([
 *   noiseChannel(left, { ...common, role: 'initiator', staticKey: alice, verify: pinned(server.publicKey) }),
 *   noiseChannel(right, { ...common, role: 'responder', staticKey: server, verify: () => true })
 * ])
 * async function * greeting (): AsyncGenerator<Bytes> { yield new TextEncoder().encode('hello') }
 * void near.sink(greeting())
 * for await (const bytes of far.source) console.log(new TextDecoder().decode(bytes))
 * await Promise.all([near.close(), far.close()])
 * ```
 */
export async function noiseChannel (duplex: Duplex, options: NoiseChannelOptions): Promise<NoiseChannel> {
  try {
    checkDuplex(duplex)
    checkHandshakeOptions(options)
    checkSignal(options.signal)
    if (options.postQuantum !== undefined) checkPostQuantum(options)
    const { handshakeTimeout } = limitsOf(NOISE_CHANNEL_LIMITS, options.limits)
    checkLayerOptions(options)
    const handshake = handshakeOf(options)
    const { result, duplex: after } = await performHandshake(duplex, handshake, noiseFraming(options.lengthBytes), { timeout: handshakeTimeout, signal: options.signal })
    const hybrid = handshake instanceof PostQuantumHandshake && handshake.hybrid === true
    const channel = standing(after, result, options, (hybrid ? options.postQuantum?.protocol : undefined)?.name ?? options.protocol.name)
    watch(duplex, channel)
    return channel
  } catch (thrown) {
    const error = asError(thrown)
    try {
      duplex.abort(error)
    } catch {
      // the first cause is the one to tell
    }
    throw error
  }
}

/** @throws ERR_NOISE_OPTIONS when what there is of the hybrid pattern is not what it may be */
function checkPostQuantum (options: NoiseChannelOptions): void {
  const given: { mode?: unknown, protocol: NoiseProtocol } | null | undefined = options.postQuantum
  if (typeof given !== 'object' || given === null) throw noiseError('ERR_NOISE_OPTIONS', 'postQuantum is an object of mode and protocol')
  checkHandshakeOptions({ ...options, protocol: given.protocol })
}

function handshakeOf (options: NoiseChannelOptions): Handshake<NoiseResult> {
  const { verify, postQuantum } = options
  const prologue = channelPrologue(options.prologue, options)
  const make = (protocol: NoiseProtocol, prologue: Uint8Array): NoiseHandshake => {
    const handshake = { ...options, protocol, prologue }
    return new NoiseHandshake({ ...handshake, received: verified(handshake, verify) })
  }
  if (postQuantum === undefined) return make(options.protocol, prologue)
  // what is wrong with the options is told before anything is sent
  if (postQuantum.mode !== 'required') make(options.protocol, prologue).destroy()
  if (postQuantum.mode !== 'off') make(postQuantum.protocol, prologue).destroy()
  return new PostQuantumHandshake({
    role: options.role,
    mode: postQuantum.mode,
    prologue,
    make: (hybrid, bound) => make(hybrid ? postQuantum.protocol : options.protocol, bound)
  })
}

function standing (duplex: Duplex, result: NoiseResult, options: NoiseChannelOptions, protocol: string): NoiseChannel {
  const layer = noiseLayer(result, options)
  const linked = link(duplex, layer)
  abortOn(options.signal, linked)
  const { handshakeHash, remoteStatic } = result
  return Object.assign(linked, {
    protocol, handshakeHash, remoteStatic,
    rekey: (direction: NoiseDirection) => { layer.rekey(direction) }
  })
}

/** A channel that nobody reads or writes would not notice that the connection below it has failed. */
function watch (duplex: Duplex & { readonly closed?: unknown }, channel: NoiseChannel): void {
  if (duplex.closed instanceof Promise) duplex.closed.catch((error: unknown) => { channel.abort(asError(error)) })
}
