/**
 * Bytes and what is written in them.
 *
 * @module bytes
 */
export { fromHex, toHex } from './hex.js'
export { checkUuid, compareUuid, equalUuid, formatUuid, isNilUuid, NIL_UUID, parseUuid, randomUuid, stampUuid, UUID_BYTES, uuidKey, type Uuid } from './uuid.js'
export { BYTES_ERRORS, bytesError } from './errors.js'
