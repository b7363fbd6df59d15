/**
 * Noise (Noise Protocol Framework, revision 34): handshakes over a table of patterns, without streams, messages in and
 * messages out; and channels, which run them over a duplex of bytes and give one back.
 *
 * @module noise
 */
export { AESGCM, CHACHAPOLY, noiseProtocol, type NoiseCipher, type NoiseProtocol, type NoiseProtocolOptions } from './protocol.js'
export { IK, PATTERNS, X, XX, type Pattern, type PatternName, type Token } from './patterns.js'
export { withHfs } from './modifiers.js'
export type { Kem, KemKey } from './kem.js'
export { NoiseKeypair } from './keypair.js'
export { NoiseHandshake, type HandshakeMoment, type NoiseHandshakeOptions, type NoiseResult } from './handshake.js'
export type { HandshakeKeys, Role } from './handshake-state.js'
export { CipherState, MAX_MESSAGE } from './cipher-state.js'
export { PostQuantumHandshake, type PostQuantumMode, type PostQuantumOptions } from './post-quantum.js'
export { pinned, trustOnFirstUse, type TrustStore, type VerifyStatic } from './verify-static.js'
export { MessageDecoder, noiseFraming, type LengthBytes } from './message-framing.js'
export { MessageWriter } from './message-writer.js'
export { noiseLayer, type NoiseDirection, type NoiseLayer } from './layer.js'
export { REKEY_AFTER, type NoiseEnd, type NoiseLayerOptions } from './layer-options.js'
export { NOISE_CHANNEL_LIMITS, noiseChannel, type NoiseChannel, type NoiseChannelLimits, type NoiseChannelOptions } from './channel.js'
export { NOISE_ERRORS } from './errors.js'
