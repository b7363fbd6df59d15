import { Uint8ArrayList } from 'uint8arraylist'
import { stepwise, type Bytes, type Layer, type Step, type Transform } from '../stream/index.js'
import { novaError } from './errors.js'
import { frameBuffers } from './frame-buffers.js'
import { decodeHeader, encodeHeader, HEADER_LENGTH, MAX_FRAME, TAG_LENGTH, type Frame, type FrameHeader } from './frame.js'

/**
 * The masks of obfuscated headers, as {@link CipherLayer.obfuscation} gives them: each from the first 16 bytes of
 * the sealed content.
 */
export interface HeaderMasks {
  /** Frames that still come unmasked, before the key. */
  readonly handshakeFrames: number
  /** Settles when the opening key is there. */
  keyed(): Promise<void> | undefined
  /** The mask of a header that comes in, from the frame's first content bytes. */
  inbound(content: Uint8Array): Uint8Array
  /** Undefined while frames are sent unmasked. */
  outbound(frame: Frame): Uint8Array | undefined
}

/** Options of {@link frames}. */
export interface FramesOptions {
  /** Masked headers; the cipher's `obfuscation`. Both ends set it or none. */
  obfuscation?: HeaderMasks | undefined
}

/** Bytes to frames and back; `decode` and `encode` are its halves. */
export interface FramesLayer extends Layer<Uint8Array, Frame[], Frame[], Bytes> {
  /** The inbound half alone. */
  decode(): Transform<Uint8Array, Frame[]>
  /** The outbound half alone. */
  encode(): Transform<Frame[], Bytes>
}

/**
 * Cuts bytes into frames; sans I/O. A frame that lies in one chunk is a view of it; what a chunk leaves over is
 * copied into a buffer that grows with what has come and is used anew from the next `push` on, so frames are valid
 * until then.
 */
export class FrameDecoder {
  readonly #masks: HeaderMasks | undefined
  #unmasked: number
  #chunk: Uint8Array = EMPTY
  #at = 0
  #kept: Uint8Array = EMPTY
  #keptLength = 0
  /** Holds a frame that was put together and may still be in use. */
  #used: Uint8Array = EMPTY
  #header: FrameHeader | undefined

  constructor (masks?: HeaderMasks) {
    this.#masks = masks
    this.#unmasked = masks === undefined ? Infinity : masks.handshakeFrames
  }

  /** True when the next frame is masked, so that the opening key must be there. */
  get masked (): boolean { return this.#unmasked <= 0 }

  /** Takes the next chunk; the last one must have been used up by {@link FrameDecoder.next}. */
  push (chunk: Uint8Array): void {
    this.release()
    this.#chunk = chunk
    this.#at = 0
  }

  /** The frames so far are needed no more: their memory is let go of. */
  release (): void {
    this.#chunk = EMPTY
    this.#at = 0
    frameBuffers.give(this.#used)
    this.#used = EMPTY
  }

  /**
   * The next whole frame, or undefined when more bytes are needed.
   *
   * @throws ERR_FRAME_MAGIC, ERR_FRAME_SIZE, ERR_FRAME_FLAG, as soon as the header has come
   */
  next (): Frame | undefined {
    const header = this.#header ?? this.#readHeader()
    if (header === undefined) return undefined
    const content = this.#need(HEADER_LENGTH + header.size, HEADER_LENGTH)
    if (content === undefined) return undefined
    this.#header = undefined
    this.#unmasked--
    this.#consume(HEADER_LENGTH + header.size)
    const { packetNonce, frameNonce, terminating, encrypted, size } = header
    return { packetNonce, frameNonce, terminating, encrypted, size, content: size === 0 ? [] : [content] }
  }

  /** @throws ERR_FRAME_TRUNCATED when the stream has ended inside a frame */
  end (): void {
    if (this.#keptLength > 0) throw novaError('ERR_FRAME_TRUNCATED', `${this.#keptLength} bytes of it had come`)
  }

  #readHeader (): FrameHeader | undefined {
    // a masked header can be read when the first 16 bytes of content are there
    const bytes = this.#need(this.masked ? HEADER_LENGTH + TAG_LENGTH : HEADER_LENGTH)
    if (bytes === undefined) return undefined
    const header = decodeHeader(this.masked ? unmask(bytes, this.#masks as HeaderMasks) : bytes)
    // its mask came from bytes that would not be its own
    if (this.masked && header.size < TAG_LENGTH) throw novaError('ERR_FRAME_SIZE', `${header.size} bytes, sealed`)
    this.#header = header
    return header
  }

  /** The next `length` bytes in one piece, from the byte `from` on, without consuming them; keeps what there is when there are fewer. */
  #need (length: number, from = 0): Uint8Array | undefined {
    const here = this.#chunk.byteLength - this.#at
    if (this.#keptLength === 0 && here >= length) return this.#chunk.subarray(this.#at + from, this.#at + length)
    const more = Math.min(length - this.#keptLength, here)
    if (more > 0) {
      this.#reserve(this.#keptLength + more, length)
      this.#kept.set(this.#chunk.subarray(this.#at, this.#at + more), this.#keptLength)
      this.#keptLength += more
      this.#at += more
    }
    return this.#keptLength >= length ? this.#kept.subarray(from, length) : undefined
  }

  /** Room follows the bytes that have come (at most four times of them), not what a header claims. */
  #reserve (length: number, claimed: number): void {
    if (length <= this.#kept.byteLength) return
    const grown = frameBuffers.take(Math.max(length, Math.min(claimed, length * 4)))
    grown.set(this.#kept.subarray(0, this.#keptLength))
    frameBuffers.give(this.#kept)
    this.#kept = grown
  }

  #consume (length: number): void {
    if (this.#keptLength === 0) {
      this.#at += length
      return
    }
    // one chunk can complete one frame that was begun before it, and what it leaves over begins another
    this.#used = this.#kept
    this.#kept = EMPTY
    this.#keptLength = 0
  }
}

const EMPTY: Uint8Array = new Uint8Array(0)

function unmask (bytes: Uint8Array, masks: HeaderMasks): Uint8Array {
  const mask = masks.inbound(bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + TAG_LENGTH))
  return mask.map((byte, index) => byte ^ (bytes[index] as number))
}

/** The batch that each chunk completes; without masks, there is nothing to wait for in between. */
class PlainDecoding implements Step<Uint8Array, Frame[]> {
  readonly #decoder = new FrameDecoder()
  #failure: Error | undefined

  step (chunk: Uint8Array): Frame[] | undefined {
    const batch: Frame[] = []
    this.#decoder.push(chunk)
    try {
      for (let frame = this.#decoder.next(); frame !== undefined; frame = this.#decoder.next()) batch.push(frame)
    } catch (error) {
      // the frames before it are whole, however the stream was cut into chunks
      if (batch.length === 0) throw error
      this.#failure = error as Error
    }
    return batch.length > 0 ? batch : undefined
  }

  before (): void {
    this.#decoder.release()
    if (this.#failure !== undefined) throw this.#failure
  }

  end (): void { this.#decoder.end() }
}

async function * decodeMasked (source: AsyncIterable<Uint8Array>, masks: HeaderMasks): AsyncGenerator<Frame[]> {
  const decoder = new FrameDecoder(masks)
  for await (const chunk of source) {
    decoder.push(chunk)
    let batch: Frame[] = []
    for (;;) {
      if (decoder.masked && masks.keyed() !== undefined) {
        // what was read before must be out for the handshake to go on and bring the key
        if (batch.length > 0) yield batch
        batch = []
        await masks.keyed()
      }
      try {
        const frame = decoder.next()
        if (frame === undefined) break
        batch.push(frame)
      } catch (error) {
        // the frames before it are whole, however the stream was cut into chunks
        if (batch.length > 0) yield batch
        throw error
      }
    }
    if (batch.length > 0) yield batch
  }
  decoder.end()
}

/** Pieces shorter than this are copied into the batch's own buffer: writing a piece costs more than copying it. */
const SMALL = 2048

/** Lays a batch of frames out as a list of pieces: small ones copied together, large ones as they are. */
class Encoding implements Step<Frame[], Bytes> {
  readonly #masks: HeaderMasks | undefined
  #buffer: Uint8Array = EMPTY

  constructor (masks: HeaderMasks | undefined) {
    this.#masks = masks
  }

  /** The batch has been written. */
  before (): void {
    frameBuffers.give(this.#buffer)
    this.#buffer = EMPTY
  }

  step (batch: readonly Frame[]): Bytes {
    let small = 0
    for (const frame of batch) {
      small += HEADER_LENGTH
      for (const piece of frame.content) if (piece.byteLength < SMALL) small += piece.byteLength
    }
    this.#buffer = frameBuffers.take(small)
    const list = new Uint8ArrayList()
    const buffer = this.#buffer
    let start = 0
    let at = 0
    for (const frame of batch) {
      if (frame.size > MAX_FRAME - HEADER_LENGTH) throw novaError('ERR_FRAME_SIZE', `${frame.size} bytes`)
      encodeHeader(frame, buffer, at)
      const mask = this.#masks?.outbound(frame)
      if (mask !== undefined) for (let i = 0; i < HEADER_LENGTH; i++) buffer[at + i] = (buffer[at + i] as number) ^ (mask[i] as number)
      at += HEADER_LENGTH
      for (const piece of frame.content) {
        if (piece.byteLength < SMALL) {
          buffer.set(piece, at)
          at += piece.byteLength
        } else {
          list.append(buffer.subarray(start, at))
          list.append(piece)
          start = at
        }
      }
    }
    if (at > start) list.append(buffer.subarray(start, at))
    return list
  }
}

/**
 * The lowest layer of Nova: 18 bytes of header, then content (nova.md, Frame). Units are batches, all frames that
 * one chunk completes; a batch and its bytes are valid until the next one is asked for.
 *
 * @example
 * ```ts
 * import { pipe } from 'hushwire'
 * import { frames, type Frame } from 'hushwire/nova'
 *
 * const one: Frame = { packetNonce: 1, frameNonce: 1, terminating: true, encrypted: false, size: 0, content: [] }
 * async function * source () { yield [one] }
 * const layer = frames()
 * for await (const bytes of pipe(source(), layer.encode())) console.log(bytes.byteLength) // 18
 * ```
 */
export function frames (options: FramesOptions = {}): FramesLayer {
  return new Framing(options.obfuscation)
}

class Framing implements FramesLayer {
  readonly #masks: HeaderMasks | undefined

  constructor (masks: HeaderMasks | undefined) {
    this.#masks = masks
  }

  get inbound (): Transform<Uint8Array, Frame[]> {
    const masks = this.#masks
    return source => masks === undefined ? stepwise(source, new PlainDecoding()) : decodeMasked(source, masks)
  }

  get outbound (): Transform<Frame[], Bytes> { return source => stepwise(source, new Encoding(this.#masks)) }

  decode (): Transform<Uint8Array, Frame[]> { return this.inbound }
  encode (): Transform<Frame[], Bytes> { return this.outbound }
}
