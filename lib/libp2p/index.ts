/**
 * Modules for libp2p 3 nodes: a connection encrypter over our Noise, and our duplexes as libp2p's streams.
 *
 * @module libp2p
 */
export { hushNoise, type Libp2pNoiseComponents, type Libp2pNoiseOptions } from './noise-encrypter.js'
export type { NoiseExtensions } from './noise-payload.js'
export { DuplexStream } from './duplex-stream.js'
export { LIBP2P_ERRORS } from './errors.js'
export { MUXER_LIMITS, MUXER_PROTOCOL, novaMuxer, type MuxerLimits, type NovaMuxerOptions } from './muxer.js'
export { RESET_CODES } from './muxer-records.js'
export { MUXER_ERRORS } from './muxer-errors.js'
