import { checkBytes, owning } from '../stream/index.js'
import { type DeflateOptions, Packer, SEGMENT } from './packer.js'
import { type InflateOptions, Unpacker } from './unpacker.js'

/**
 * An item among the bytes of a source: everything before it is to reach the other side now, without waiting for
 * what comes after. For streams that live long, such as a chat.
 */
export const FLUSH: unique symbol = Symbol('hushwire.flush')

/** Bytes, with {@link FLUSH} wherever what came before is wanted at once. */
export type FlushableSource = AsyncIterable<Uint8Array | typeof FLUSH>

/**
 * Deflates a source into one zlib stream, with a bounded memory (zlib's 256 KiB and at most 256 KiB gathered). A
 * FLUSH in the source comes out again after everything that was before it. Pieces that come out are the caller's.
 *
 * @throws ERR_ZLIB_LEVEL at once; while it is read, what the source throws, ERR_ARGUMENT when an item is no bytes, ERR_ZLIB_BACKEND
 * @example
 * ```ts
 * import { deflating, FLUSH } from 'hushwire/zlib'
 *
 * async function * lines () { yield new TextEncoder().encode('hello\n'); yield FLUSH }
 * for await (const item of deflating(lines())) if (item !== FLUSH) console.log(item.byteLength)
 * ```
 */
export function deflating (source: FlushableSource, options: DeflateOptions = {}): AsyncIterableIterator<Uint8Array | typeof FLUSH> {
  const packer = new Packer(options)
  const iterator = source[Symbol.asyncIterator]()
  return owning(pack(iterator, packer), iterator, () => { packer.destroy() })
}

async function * pack (source: AsyncIterator<Uint8Array | typeof FLUSH>, packer: Packer): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
  for (let item = await source.next(); item.done !== true; item = await source.next()) {
    if (item.value === FLUSH) {
      yield * await packer.flush()
      yield FLUSH
      continue
    }
    const bytes = checkBytes(item.value)
    for (let at = 0; at < bytes.byteLength; at += SEGMENT) yield * await packer.write(bytes.subarray(at, at + SEGMENT))
  }
  yield * await packer.finish()
}

/**
 * Inflates a source that holds exactly one zlib stream, expanding no more than is read. Pieces that come out (at
 * most 256 KiB each) are the caller's.
 *
 * @throws ERR_LIMIT_OPTION at once; while it is read, what the source throws, ERR_ZLIB_DATA, ERR_ZLIB_TRUNCATED, ERR_ZLIB_TRAILING, ERR_ZLIB_DICTIONARY, ERR_ZLIB_OUTPUT_LIMIT, ERR_ZLIB_RATIO, ERR_ZLIB_BACKEND
 * @example
 * ```ts
 * import { deflate, inflating } from 'hushwire/zlib'
 *
 * async function * packed () { yield await deflate(new Uint8Array(100_000)) }
 * for await (const bytes of inflating(packed(), { maxInflated: 1_000_000 })) console.log(bytes.byteLength)
 * ```
 */
export function inflating (source: AsyncIterable<Uint8Array>, options: InflateOptions = {}): AsyncIterableIterator<Uint8Array> {
  const unpacker = new Unpacker(options)
  const iterator = source[Symbol.asyncIterator]()
  return owning(unpack(iterator, unpacker), iterator, () => { unpacker.destroy() })
}

async function * unpack (source: AsyncIterator<Uint8Array>, unpacker: Unpacker): AsyncGenerator<Uint8Array, void> {
  for (let item = await source.next(); item.done !== true; item = await source.next()) {
    if (item.value.byteLength === 0) continue
    unpacker.write(item.value)
    for (let out = await unpacker.read(); out !== undefined; out = await unpacker.read()) yield out
  }
  unpacker.end()
}
