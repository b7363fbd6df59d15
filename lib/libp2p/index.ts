/**
 * Modules for libp2p 3 nodes: a connection encrypter over our Noise, a stream muxer made of Nova's packets, and any duplex as a stream of libp2p.
 *
 * @module libp2p
 */
export { ENCRYPTER_LIMITS, hushNoise, type HushNoiseComponents, type HushNoiseOptions } from './noise-encrypter.js'
export type { NoiseExtensions } from './noise-payload.js'
export { DuplexStream } from './duplex-stream.js'
export { LIBP2P_ERRORS } from './errors.js'
export { MUXER_LIMITS, MUXER_PROTOCOL, novaMuxer, type MuxerLimits, type NovaMuxerOptions } from './muxer.js'
export { RESET_CODES } from './muxer-records.js'
export { MUXER_ERRORS } from './muxer-errors.js'
