/**
 * zlib streams (RFC 1950) over node:zlib or pako: one-shot helpers and transforms, with limits on what comes out
 * of a stream that someone else made, and storing instead of compressing where data does not shrink.
 *
 * @module zlib
 */
export { zlib } from '#zlib'
export type { RawDeflater, RawInflater, Zlib } from './interface.js'
export { deflate, type DeflateOptions, Packer, SEGMENT } from './packer.js'
export { inflate, type InflateOptions, MAX_INFLATED, MAX_RATIO, Unpacker } from './unpacker.js'
export { deflating, FLUSH, type FlushableSource, inflating } from './transforms.js'
export { ZLIB_ERRORS } from './errors.js'
