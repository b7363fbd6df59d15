/**
 * Noise handshakes (Noise Protocol Framework, revision 34) over a table of patterns, and the ciphers that they give.
 * Without streams: messages in, messages out.
 *
 * @module noise
 */
export { AESGCM, CHACHAPOLY, noiseProtocol, type NoiseCipher, type NoiseProtocol, type NoiseProtocolOptions } from './protocol.js'
export { PATTERNS, type Pattern, type PatternName, type Token } from './patterns.js'
export { withHfs } from './modifiers.js'
export type { Kem, KemKey } from './kem.js'
export { NoiseKeypair } from './keypair.js'
export { NoiseHandshake, type HandshakeMoment, type NoiseHandshakeOptions, type NoiseResult } from './handshake.js'
export type { HandshakeKeys, Role } from './handshake-state.js'
export { CipherState, MAX_MESSAGE } from './cipher-state.js'
export { NOISE_ERRORS } from './errors.js'
