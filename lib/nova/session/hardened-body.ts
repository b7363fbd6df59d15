import type { Uint8ArrayList } from 'uint8arraylist'
import type { BulkAead } from '../../crypto/index.js'
import type { Bytes } from '../../stream/index.js'
import { type MessageSource, openBody, type OpenOptions, sealBody, type SealOptions } from './body.js'
import type { ChunkCipher } from './chunks.js'
import { sessionError } from './errors.js'
import { BODY_HEADER_BYTES, type ReceivingKey, readBodyHeader, type SendingKey } from './hardened-keys.js'

/** What the routing header of a message's packet says; every chunk is bound to it. */
export interface MessageRoute {
  /** 16 bytes. */
  readonly target: Uint8Array
  /** 16 bytes. */
  readonly source: Uint8Array
  readonly kind: bigint
}

/**
 * Seals a message as the body of a packet of the hardened wire (header | chunks), as it is read. What comes out is
 * the reader's.
 *
 * @param key - a function is asked at the first read: a key may have been replaced since a packet was put in line
 * @param route - of the packet that will carry the body
 * @throws ERR_ARGUMENT, ERR_ZLIB_LEVEL at once; then ERR_ARGUMENT when an item is no bytes, ERR_SESSION_KEY_EXHAUSTED, ERR_SESSION_DESTROYED, ERR_SESSION_TOO_LONG,
 *   and what the source throws
 * @example
 * ```ts
 * import { openHardenedBody, ReceivingKey, sealHardenedBody, SendingKey } from 'hushwire/nova'
 *
 * const secret = globalThis.crypto.getRandomValues(new Uint8Array(32))
 * const route = { target: new Uint8Array(16), source: new Uint8Array(16), kind: 1n }
 * const receiving = new ReceivingKey(secret)
 * const body = sealHardenedBody([new TextEncoder().encode('hello')], new SendingKey(secret), route)
 * for await (const bytes of openHardenedBody(body, () => receiving, route)) console.log(new TextDecoder().decode(bytes))
 * ```
 */
export function sealHardenedBody (source: MessageSource, key: SendingKey | (() => SendingKey), route: MessageRoute, options: SealOptions = {}): AsyncIterableIterator<Uint8ArrayList> {
  return sealBody(source, () => {
    const sending = typeof key === 'function' ? key() : key
    const header = sending.nextHeader()
    const aead = sending.message(header)
    return { header, cipher: cipherOf(aead, route, header), release: () => { aead.destroy() } }
  }, options)
}

/**
 * Opens the body of a packet of the hardened wire, as it comes. A replayed counter is refused at the header, and
 * used up when the first chunk has opened. The end of the iteration says that the message was whole.
 *
 * @param keys - gives the key of that name (8 bytes, valid during the call), if it is held
 * @param route - of the packet that carried the body
 * @throws each of SESSION_ERRORS and ZLIB_ERRORS whose origin is remote
 */
export function openHardenedBody (source: AsyncIterable<Bytes>, keys: (keyId: Uint8Array) => ReceivingKey | undefined, route: MessageRoute, options: OpenOptions = {}): AsyncIterableIterator<Uint8Array> {
  return openBody(source, BODY_HEADER_BYTES, header => {
    const { keyId, counter } = readBodyHeader(header)
    const key = keys(keyId)
    if (key === undefined || key.destroyed) throw sessionError('ERR_SESSION_UNKNOWN_KEY')
    key.check(counter)
    const aead = key.message(header)
    return { cipher: cipherOf(aead, route, header), opened: () => key.use(counter), release: () => { aead.destroy() } }
  }, options)
}

/** Additional data: final | target | source | kind | header. The nonce needs no prefix: the key is the message's own. */
function cipherOf (aead: BulkAead, { target, source, kind }: MessageRoute, header: Uint8Array): ChunkCipher {
  const last = new Uint8Array(1 + 16 + 16 + 8 + BODY_HEADER_BYTES)
  last[0] = 1
  last.set(target, 1)
  last.set(source, 17)
  new DataView(last.buffer).setBigUint64(33, kind)
  last.set(header, 41)
  const other = last.slice()
  other[0] = 0
  return { aead, noncePrefix: new Uint8Array(8), additionalData: final => final ? last : other }
}
