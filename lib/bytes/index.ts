/**
 * Bytes and what is written in them: hex, UUIDs, and a serializer whose schemas give both the codec and the
 * TypeScript type.
 *
 * Who owns which bytes, here and in every layer of hushwire:
 *
 * - What a function returns new (`encode`, `fromHex`, `parseUuid`, `randomUuid`) is the caller's, and shares nothing
 *   with what it was made from.
 * - What is decoded may share memory with its input: `bytes` and `fixedBytes` come out as views. They are good as
 *   long as the input is; who keeps them longer copies them (`slice()`).
 * - No function writes into its input, nor keeps it after it has returned.
 * - What a layer yields, a batch and every buffer in it, belongs to the consumer until its next `next()`.
 * - A length that came over the wire is compared with what is there before anything is allocated for it.
 *
 * @module bytes
 */
export { decode, encode } from './codec.js'
export type { Infer, Schema } from './schema.js'
export { bool, float32, float64, int, int16, int32, int64, int8, uint, uint16, uint32, uint64, uint8 } from './numbers.js'
export { bytes, fixedBytes, string } from './blobs.js'
export { array, pointer, slice, struct, type Fields } from './containers.js'
export { Input, Output, type CodecOptions } from './cursor.js'
export { checkUuid, compareUuid, equalUuid, formatUuid, isNilUuid, NIL_UUID, parseUuid, randomUuid, stampUuid, UUID_BYTES, uuidKey, type Uuid } from './uuid.js'
export { fromHex, toHex } from './hex.js'
export { BYTES_ERRORS } from './errors.js'
