import { Uint8ArrayList } from 'uint8arraylist'
import { TAG_BYTES } from '../crypto/index.js'
import { checkBytes, lengthOf, type Bytes } from '../stream/index.js'
import { MAX_MESSAGE, type CipherState } from './cipher-state.js'
import { BATCH } from './layer-options.js'
import { writeLength, type LengthBytes } from './message-framing.js'

/** Bytes of plaintext in a message at most. */
export const MAX_PLAINTEXT = MAX_MESSAGE - TAG_BYTES
/** Pieces shorter than this are copied together: a message or a write of its own costs more than copying it. */
const SMALL = 4096
const NO_DATA = new Uint8Array(0)

/**
 * Cuts and gathers bytes into sealed messages with their lengths; sans I/O. Small pieces are copied together, large
 * ones are sealed where they lie, so nothing of an item is needed once {@link MessageWriter.full} is false.
 */
export class MessageWriter {
  readonly #cipher: CipherState
  readonly #lengthBytes: LengthBytes
  readonly #rekeyAfter: bigint | undefined
  /** What is left of the item that was added last. */
  #item: Uint8Array[] = []
  /** The plaintext of the next message: views of `#gather` and, while an item is cut, of its own pieces. */
  #plaintext: Uint8Array[] = []
  #size = 0
  #borrowed = false
  #gather = new Uint8Array(1024)
  #gathered = 0
  /** Sealed messages that wait to be taken, and their bytes. */
  #sealed: Uint8Array[][] = []
  #sealedBytes = 0
  #buffer = new Uint8Array(1024)
  /** Manual rekeys that wait until what came before them is sealed. */
  #rekeys = 0

  /** @param options - `rekeyAfter`: messages under one key */
  constructor (cipher: CipherState, lengthBytes: LengthBytes, options: { rekeyAfter?: number | undefined } = {}) {
    this.#cipher = cipher
    this.#lengthBytes = lengthBytes
    this.#rekeyAfter = options.rekeyAfter === undefined ? undefined : BigInt(options.rekeyAfter)
  }

  /** True when what there is must be taken before more is added. */
  get full (): boolean { return this.#sealedBytes >= BATCH }

  /**
   * Takes an item, as far as a batch has room; the rest of it follows as batches are taken.
   *
   * @throws ERR_ARGUMENT when it is no bytes, ERR_NOISE_NONCES, ERR_NOISE_DESTROYED
   */
  add (item: Bytes): void {
    checkBytes(item)
    this.#item = item instanceof Uint8Array ? [item] : [...item]
    this.#fill()
  }

  /** The next message, and all after what has been added, is sealed under the next key. */
  rekey (): void {
    this.#rekeys++
    if (this.#item.length === 0) this.#applyRekeys()
  }

  /** Seals an empty message, after what there is. */
  end (): void {
    if (this.#size > 0) this.#seal()
    this.#seal()
  }

  /**
   * All that is ready, as one write, and undefined when nothing is. It is valid until the next call.
   *
   * @throws ERR_NOISE_NONCES, ERR_NOISE_DESTROYED
   */
  take (): Uint8ArrayList | undefined {
    if (this.#size > 0) this.#seal()
    if (this.#sealed.length === 0) return undefined
    const list = this.#layOut(this.#sealed)
    this.#sealed = []
    this.#sealedBytes = 0
    this.#fill()
    return list
  }

  #fill (): void {
    while (this.#item.length > 0 && !this.full) {
      const piece = this.#item[0] as Uint8Array
      const part = piece.subarray(0, MAX_PLAINTEXT - this.#size)
      if (piece.byteLength < SMALL) this.#copy(part)
      else this.#borrow(part)
      if (part.byteLength === piece.byteLength) this.#item.shift()
      else this.#item[0] = piece.subarray(part.byteLength)
      if (this.#size === MAX_PLAINTEXT) this.#seal()
    }
    if (this.#item.length > 0) return
    if (this.#borrowed) this.#seal()
    this.#applyRekeys()
  }

  #copy (part: Uint8Array): void {
    const end = this.#gathered + part.byteLength
    if (end > this.#gather.byteLength) {
      // views of the old one stay what they are
      this.#gather = new Uint8Array(Math.min(Math.max(end, this.#gather.byteLength * 2), MAX_PLAINTEXT))
      this.#gathered = 0
    }
    const start = this.#gathered
    this.#gather.set(part, start)
    this.#gathered += part.byteLength
    this.#size += part.byteLength
    const last = this.#plaintext.at(-1)
    if (last !== undefined && last.buffer === this.#gather.buffer && last.byteOffset + last.byteLength === start) {
      this.#plaintext[this.#plaintext.length - 1] = this.#gather.subarray(last.byteOffset, this.#gathered)
    } else {
      this.#plaintext.push(this.#gather.subarray(start, this.#gathered))
    }
  }

  #borrow (part: Uint8Array): void {
    this.#borrowed = true
    this.#plaintext.push(part)
    this.#size += part.byteLength
  }

  #seal (): void {
    const sealed = this.#cipher.seal(NO_DATA, this.#plaintext)
    this.#plaintext = []
    this.#size = 0
    this.#borrowed = false
    this.#gathered = 0
    this.#sealed.push(sealed)
    this.#sealedBytes += this.#lengthBytes + lengthOf(sealed)
    if (this.#rekeyAfter !== undefined && this.#cipher.nonce % this.#rekeyAfter === 0n) this.#cipher.rekey()
  }

  #applyRekeys (): void {
    if (this.#rekeys === 0) return
    if (this.#size > 0) this.#seal()
    for (; this.#rekeys > 0; this.#rekeys--) this.#cipher.rekey()
  }

  /** Small pieces and lengths are copied together, large ones stay where they are. */
  #layOut (messages: readonly Uint8Array[][]): Uint8ArrayList {
    let small = 0
    for (const message of messages) {
      small += this.#lengthBytes
      for (const piece of message) if (piece.byteLength < SMALL) small += piece.byteLength
    }
    if (small > this.#buffer.byteLength) this.#buffer = new Uint8Array(small * 2)
    const buffer = this.#buffer
    const list = new Uint8ArrayList()
    let [start, at] = [0, 0]
    for (const message of messages) {
      writeLength(buffer, at, this.#lengthBytes, lengthOf(message))
      at += this.#lengthBytes
      for (const piece of message) {
        if (piece.byteLength < SMALL) {
          buffer.set(piece, at)
          at += piece.byteLength
        } else {
          list.append(buffer.subarray(start, at), piece)
          start = at
        }
      }
    }
    if (at > start) list.append(buffer.subarray(start, at))
    return list
  }
}
