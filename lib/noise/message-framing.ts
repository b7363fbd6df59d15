import { TAG_BYTES } from '../crypto/index.js'
import { join, streamError, type HandshakeFraming } from '../stream/index.js'
import { MAX_MESSAGE } from './cipher-state.js'
import { noiseError } from './errors.js'

/** Bytes of the length before each message, big-endian: four unless the other side wants two, as libp2p does. */
export type LengthBytes = 2 | 4

/** Where nobody says otherwise. */
export const LENGTH_BYTES: LengthBytes = 4

/** Bytes that are kept for the beginning of a message at first. */
const FIRST_ROOM = 1024
const EMPTY: Uint8Array = new Uint8Array(0)

/**
 * Noise messages in a stream of bytes, each with its length before it, for `performHandshake`.
 *
 * @throws (reading) ERR_NOISE_MESSAGE_SIZE as soon as a length above 65,535 has come, ERR_TRUNCATED
 * @example
 * ```ts
 * import { NoiseHandshake, NoiseKeypair, noiseFraming, noiseProtocol } from 'hushwire/noise'
 * import { performHandshake } from 'hushwire/stream'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const [left] = memoryPair()
 * const protocol = noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256')
 * const handshake = new NoiseHandshake({ protocol, role: 'initiator', staticKey: new NoiseKeypair() })
 * const { result, duplex } = await performHandshake(left, handshake, noiseFraming(2))
 * ```
 */
export function noiseFraming (lengthBytes: LengthBytes = LENGTH_BYTES): HandshakeFraming {
  return {
    encode: message => {
      const prefix = new Uint8Array(lengthBytes)
      writeLength(prefix, 0, lengthBytes, message.byteLength)
      return join([prefix, message])
    },
    read: async (reader, signal) => reader.read(readLength(await reader.read(lengthBytes, { signal })), { signal })
  }
}

/** Writes the length of a message. */
export function writeLength (bytes: Uint8Array, at: number, lengthBytes: LengthBytes, length: number): void {
  for (let index = 0; index < lengthBytes; index++) bytes[at + index] = length >>> 8 * (lengthBytes - 1 - index)
}

/** @throws ERR_NOISE_MESSAGE_SIZE */
function readLength (prefix: Uint8Array): number {
  let length = 0
  for (const byte of prefix) length = length * 256 + byte
  if (length > MAX_MESSAGE) throw noiseError('ERR_NOISE_MESSAGE_SIZE', `${length} bytes announced`)
  return length
}

/**
 * Cuts bytes into sealed messages; sans I/O. A message that lies in one chunk is a view of it; one that does not is
 * put together in a buffer that grows with what has come. Either is valid until the next call.
 */
export class MessageDecoder {
  readonly #lengthBytes: LengthBytes
  #chunk = EMPTY
  #at = 0
  #kept = EMPTY
  #keptLength = 0

  constructor (lengthBytes: LengthBytes) {
    this.#lengthBytes = lengthBytes
  }

  /** Takes the next chunk; the last one must have been used up by {@link MessageDecoder.next}. */
  push (chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /**
   * The next whole message, or undefined when more bytes are needed.
   *
   * @throws ERR_NOISE_MESSAGE_SIZE, ERR_NOISE_TRUNCATED, as soon as the length has come
   */
  next (): Uint8Array | undefined {
    const prefix = this.#need(this.#lengthBytes)
    if (prefix === undefined) return undefined
    const length = readLength(prefix)
    if (length < TAG_BYTES) throw noiseError('ERR_NOISE_TRUNCATED', `${length} bytes`)
    const message = this.#need(this.#lengthBytes + length)?.subarray(this.#lengthBytes)
    if (message !== undefined) this.#consume(this.#lengthBytes + length)
    return message
  }

  /** @throws ERR_TRUNCATED when the stream has ended inside a message */
  end (): void {
    if (this.#keptLength > 0) throw streamError('ERR_TRUNCATED', `${this.#keptLength} bytes of a Noise message`)
  }

  /** The next `length` bytes in one piece, without consuming them; keeps what there is when there are fewer. */
  #need (length: number): Uint8Array | undefined {
    const here = this.#chunk.byteLength - this.#at
    if (this.#keptLength === 0 && here >= length) return this.#chunk.subarray(this.#at, this.#at + length)
    const more = Math.min(length - this.#keptLength, here)
    if (more > 0) {
      this.#reserve(this.#keptLength + more, length)
      this.#kept.set(this.#chunk.subarray(this.#at, this.#at + more), this.#keptLength)
      this.#keptLength += more
      this.#at += more
    }
    return this.#keptLength >= length ? this.#kept.subarray(0, length) : undefined
  }

  /** Room follows the bytes that have come (at most four times of them), not what a length claims. */
  #reserve (length: number, claimed: number): void {
    if (length <= this.#kept.byteLength) return
    const grown = new Uint8Array(Math.max(length, FIRST_ROOM, Math.min(claimed, length * 4)))
    grown.set(this.#kept.subarray(0, this.#keptLength))
    this.#kept = grown
  }

  #consume (length: number): void {
    if (this.#keptLength === 0) this.#at += length
    this.#keptLength = 0
  }
}
