/**
 * Modules for libp2p 3 nodes.
 *
 * @module libp2p
 */
export { DuplexStream } from './duplex-stream.js'
