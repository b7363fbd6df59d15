import { Uint8ArrayList } from 'uint8arraylist'
import { COUNTER_BYTES } from '../crypto/index.js'
import type { Bytes } from '../stream/index.js'
import { Direction, type DirectionOptions } from './direction.js'
import { ctrError } from './errors.js'
import { checkCode, encodeHeader, HEADER_BYTES, type CtrFrame } from './frame.js'
import { MAC_BYTES } from './mac-chain.js'

/** Frames up to this many bytes are laid out in one piece: a call of the cipher costs more than the copy. */
const SMALL = 8192

/**
 * Seals the frames of one direction; sans I/O.
 *
 * @example
 * ```ts runnable
 * import { FrameOpener, FrameSealer } from 'hushwire/ctr'
 *
 * const half = crypto.getRandomValues(new Uint8Array(80)) // key | counter block | MAC state
 * const sealer = new FrameSealer(half)
 * const opener = new FrameOpener(half)
 * opener.push(sealer.seal({ code: 7, payload: Uint8Array.of(1, 2, 3) }).subarray())
 * console.log(opener.next()?.payload.subarray()) // Uint8Array [1, 2, 3]
 * ```
 */
export class FrameSealer {
  readonly #direction: Direction
  readonly #header = new Uint8Array(HEADER_BYTES)

  /**
   * @param half - 80 bytes, copied; never the same one for two sealers
   * @throws ERR_CTR_BLOCK, ERR_LIMIT_OPTION
   */
  constructor (half: Uint8Array, options: DirectionOptions = {}) {
    this.#direction = new Direction(half, options)
  }

  /**
   * The frame as it goes on the wire: new memory, the caller's. Its payload is not needed any more afterwards.
   *
   * @throws ERR_CTR_CODE, ERR_CTR_PAYLOAD when it has 2^32 bytes or more, ERR_CTR_DESTROYED
   */
  seal ({ code, payload }: CtrFrame): Bytes {
    const direction = this.#direction
    const length = payload.byteLength
    if (!(length <= 0xFFFF_FFFF)) throw ctrError('ERR_CTR_PAYLOAD', `${length} bytes`)
    const header = encodeHeader({ length, code: checkCode(code), sequence: direction.sequence }, this.#header)
    const sealed = HEADER_BYTES + length + MAC_BYTES <= SMALL ? this.#inOnePiece(header, payload) : this.#inPieces(header, payload)
    direction.next()
    return sealed
  }

  /** Wipes the keys. */
  destroy (): void {
    this.#direction.destroy()
  }

  #inOnePiece (header: Uint8Array, payload: Bytes): Uint8Array {
    const body = HEADER_BYTES + payload.byteLength
    // through the end of the last counter block, the rest of which is not sent
    const plain = new Uint8Array(Math.ceil((body + MAC_BYTES) / COUNTER_BYTES) * COUNTER_BYTES)
    plain.set(header)
    let at = HEADER_BYTES
    for (const piece of piecesOf(payload)) {
      plain.set(piece, at)
      at += piece.byteLength
    }
    this.#direction.authenticate(plain.subarray(0, body))
    plain.set(this.#direction.mac().subarray(0, MAC_BYTES), body)
    return this.#direction.begin(plain).subarray(0, body + MAC_BYTES)
  }

  #inPieces (header: Uint8Array, payload: Bytes): Uint8ArrayList {
    const direction = this.#direction
    direction.authenticate(header)
    const list = new Uint8ArrayList(direction.begin(header))
    for (const piece of piecesOf(payload)) {
      direction.authenticate(piece)
      list.append(direction.crypt(piece))
    }
    list.append(direction.crypt(direction.mac().subarray(0, MAC_BYTES)))
    return list
  }
}

function piecesOf (bytes: Bytes): Iterable<Uint8Array> {
  return bytes instanceof Uint8Array ? [bytes] : bytes
}
