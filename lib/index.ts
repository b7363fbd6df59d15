/**
 * The vocabulary of hushwire: types, errors, `pipe` and `link`. Each folder is an entry point of its own,
 * such as `hushwire/nova`.
 *
 * @module hushwire
 */
export { pipe } from 'it-pipe'
export type { Bytes, Duplex, Endpoint, Layer, Transform } from './stream/layer.js'
export { link, type LinkControl, type LinkedDuplex } from './stream/link.js'
export { HushwireError, type ErrorOrigin } from './stream/errors.js'
