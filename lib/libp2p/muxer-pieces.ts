import type { Uint8ArrayList } from 'uint8arraylist'

/** Pieces that a list holds before they are joined, and one more for so many bytes. */
const LOOSE_PIECES = 64

/** A list of bytes that wait for a reader, which cost what they are in however small pieces they come. */
export class WaitingPieces {
  readonly #list: Uint8ArrayList
  #loose = 0

  constructor (list: Uint8ArrayList) {
    this.#list = list
  }

  /** A piece was appended to the list. */
  appended (): void {
    const held = this.#list.byteLength
    if (held === 0) this.#loose = 0
    if (held === 0 || ++this.#loose < LOOSE_PIECES + held / LOOSE_PIECES) return
    const joined = this.#list.slice()
    this.#list.consume(held)
    this.#list.append(joined)
    this.#loose = 0
  }

  /** The first piece, which leaves the list; undefined when there is none. */
  take (): Uint8Array | undefined {
    const [piece] = this.#list
    if (piece !== undefined) this.#list.consume(piece.byteLength)
    return piece
  }
}
