import { Uint8ArrayList } from 'uint8arraylist'
import { ByteQueue, type Bytes, checkBytes, isSource, type MaybePromise, owning, streamError } from '../../stream/index.js'
import { type DeflateOptions, FLUSH, type InflateOptions, Packer, SEGMENT, Unpacker } from '../../zlib/index.js'
import { type ChunkCipher, ChunkOpener, ChunkSealer } from './chunks.js'
import { sessionError } from './errors.js'

/** Plaintext of chunks that is inflated at once, as long as it is there. */
const BATCH_BYTES = 262_144
/** A message up to this many bytes of zlib stream is inflated without a stream: to a few MiB at the very most. */
const SHORT_BYTES = 2048

/** What a message is made of: bytes, with FLUSH wherever what came before is wanted at once. */
export type MessageSource = AsyncIterable<Uint8Array | typeof FLUSH> | Iterable<Uint8Array | typeof FLUSH>

/** How a body is sealed. */
export interface SealOptions extends DeflateOptions {
  /**
   * `marked` (the default): what is sent waits for more, until there is a FLUSH in the source or a chunk is full.
   * `each`: every item of the source is sent at once, for live streams of small messages.
   */
  flush?: 'marked' | 'each' | undefined
}

/** Limits of a body that is opened; see {@link InflateOptions}. A stream is unlimited unless its reader says so. */
export type OpenOptions = InflateOptions

/** One body to be sealed: what precedes its chunks, and what they are sealed with. */
export interface SealingBody {
  readonly header: Uint8Array
  readonly cipher: ChunkCipher
  /** Called once, when the body is over or given up. */
  release(): void
}

/** One body to be opened. */
export interface OpeningBody {
  readonly cipher: ChunkCipher
  /** Called when the first chunk has opened, before anything of it is given out. */
  opened?(): MaybePromise<void>
  /** Called once, when the body is over or given up. */
  release(): void
}

/**
 * Turns a message into the bytes of its body; `begin` is called at the first read.
 *
 * @throws ERR_ARGUMENT, ERR_ZLIB_LEVEL at once; then ERR_ARGUMENT when an item is no bytes, and what `begin`, the cipher and the source throw
 */
export function sealBody (source: MessageSource, begin: () => SealingBody, options: SealOptions = {}): AsyncIterableIterator<Uint8ArrayList> {
  if (!isPieces(source)) throw streamError('ERR_ARGUMENT', 'a message is an iterable of bytes, such as an array of them')
  const packer = new Packer(options)
  const held: { body?: SealingBody } = {}
  const iterator = iteratorOf(source)
  const start = (): SealingBody => {
    held.body = begin()
    return held.body
  }
  return owning(seal(iterator, packer, start, options.flush === 'each'), iterator, () => {
    packer.destroy()
    held.body?.release()
  })
}

async function * seal (source: AsyncIterator<Uint8Array | typeof FLUSH>, packer: Packer, start: () => SealingBody, flushEach: boolean): AsyncGenerator<Uint8ArrayList, void> {
  const { header, cipher } = start()
  const sealer = new ChunkSealer(cipher)
  // the header rides with the first chunk
  let first: Uint8Array | undefined = header
  // all that is full now as one item, so that a packet that flows alone sends it in one frame
  const wire = async (packed: readonly Uint8Array[], end?: () => MaybePromise<Uint8Array[] | undefined>): Promise<Uint8ArrayList | undefined> => {
    for (const piece of packed) sealer.push(piece)
    const pieces: Uint8Array[] = []
    for (let chunk = await sealer.read(); chunk !== undefined; chunk = await sealer.read()) pieces.push(...chunk)
    pieces.push(...await end?.() ?? [])
    if (pieces.length === 0) return undefined
    if (first !== undefined) pieces.unshift(first)
    first = undefined
    return new Uint8ArrayList(...pieces)
  }
  for (let item = await source.next(); item.done !== true; item = await source.next()) {
    const bytes = item.value === FLUSH ? NONE : checkBytes(item.value)
    for (let at = 0; at < bytes.byteLength; at += SEGMENT) {
      const sealed = await wire(await packer.write(bytes.subarray(at, at + SEGMENT)))
      if (sealed !== undefined) yield sealed
    }
    if (item.value !== FLUSH && !flushEach) continue
    const flushed = await wire(await packer.flush(), () => sealer.flush())
    if (flushed !== undefined) yield flushed
  }
  const last = await wire(await packer.finish(), () => sealer.finish())
  if (last !== undefined) yield last
}

/**
 * Turns the bytes of a body into its message.
 *
 * @param headerBytes - what precedes the chunks
 * @param begin - given the header; refuses it or says what opens the chunks
 */
export function openBody (source: AsyncIterable<Bytes>, headerBytes: number, begin: (header: Uint8Array) => OpeningBody, options: OpenOptions = {}): AsyncIterableIterator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const held: { unpacker?: Unpacker, body?: OpeningBody, released?: true } = {}
  const start = (header: Uint8Array): { body: OpeningBody, unpacker: Unpacker } => {
    // a header that comes after the reader has left begins nothing
    if (held.released === true) throw sessionError('ERR_SESSION_DESTROYED')
    const body = held.body = begin(header)
    const unpacker = held.unpacker = new Unpacker(options)
    return { body, unpacker }
  }
  return owning(open(iterator, headerBytes, start), iterator, () => {
    held.released = true
    held.unpacker?.destroy()
    held.body?.release()
  })
}

async function * open (source: AsyncIterator<Bytes>, headerBytes: number, start: (header: Uint8Array) => { body: OpeningBody, unpacker: Unpacker }): AsyncGenerator<Uint8Array, void> {
  const { header, rest } = await readHeader(source, headerBytes)
  const { body, unpacker } = start(header)
  const opener = new ChunkOpener(body.cipher)
  const batch = new Batch()
  let first = true
  for (let pieces: Iterable<Uint8Array> | undefined = rest; pieces !== undefined; pieces = await piecesOf(source)) {
    for (const piece of pieces) {
      opener.push(piece)
      for (let chunk = await opener.read(); chunk !== undefined; chunk = await opener.read()) {
        if (first) await body.opened?.()
        first = false
        batch.push(chunk)
        if (batch.length >= BATCH_BYTES) yield * inflated(batch, unpacker)
      }
    }
    if (batch.length === 0) continue
    if (opener.over && unpacker.fresh && batch.length <= SHORT_BYTES) {
      const out = unpacker.whole(batch.take())
      if (out.byteLength > 0) yield out
    } else {
      yield * inflated(batch, unpacker)
    }
  }
  opener.end()
  unpacker.end()
}

async function * inflated (batch: Batch, unpacker: Unpacker): AsyncGenerator<Uint8Array, void> {
  unpacker.write(batch.take())
  for (let out = await unpacker.read(); out !== undefined; out = await unpacker.read()) yield out
}

/**
 * Reads the first `length` bytes, which may be none. What is left of the last item is valid until the next read.
 *
 * @throws ERR_SESSION_EMPTY, ERR_SESSION_TRUNCATED, and what the source throws
 */
export async function readHeader (source: AsyncIterator<Bytes>, length: number): Promise<{ header: Uint8Array, rest: Uint8Array[] }> {
  const queue = new ByteQueue()
  let rest: Uint8Array[] = []
  while (queue.length < length) {
    const pieces = await piecesOf(source)
    if (pieces === undefined) throw sessionError(queue.length === 0 ? 'ERR_SESSION_EMPTY' : 'ERR_SESSION_TRUNCATED')
    rest = []
    for (const piece of pieces) {
      const missing = length - queue.length
      queue.push(new Uint8Array(piece.subarray(0, missing)))
      rest.push(piece.subarray(missing))
    }
  }
  return { header: queue.takeJoined(length), rest }
}

/** The pieces of the next item; undefined at the end. */
async function piecesOf (source: AsyncIterator<Bytes>): Promise<Iterable<Uint8Array> | undefined> {
  const item = await source.next()
  if (item.done === true) return undefined
  return item.value instanceof Uint8Array ? [item.value] : item.value
}

/**
 * Plaintext of the chunks that one item of the source held, joined for zlib: a call into it costs as much as
 * inflating tens of KiB that were stored. Nothing is waited for.
 */
class Batch {
  #pieces: Uint8Array[] = []
  #length = 0
  #room = NONE

  get length (): number { return this.#length }

  push (pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#pieces.push(piece)
      this.#length += piece.byteLength
    }
  }

  /** Everything, in one piece, which is good until the next call. */
  take (): Uint8Array {
    const [pieces, length] = [this.#pieces, this.#length]
    this.#pieces = []
    this.#length = 0
    if (pieces.length === 1) return pieces[0] as Uint8Array
    if (this.#room.byteLength < length) this.#room = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      this.#room.set(piece, at)
      at += piece.byteLength
    }
    return this.#room.subarray(0, length)
  }
}

/** Neither text nor bytes themselves, which can be iterated too. */
function isPieces (source: unknown): boolean {
  if (isSource(source)) return true
  return typeof source === 'object' && source !== null && !ArrayBuffer.isView(source) && Symbol.iterator in source
}

function iteratorOf<T> (source: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
  const iterator = source[Symbol.iterator]()
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { value: undefined, done: true }
  }
}

const NONE = new Uint8Array(0)
