import { _SHA256 as Sha256 } from '@noble/hashes/sha2.js'
import { wipe } from '../crypto/index.js'

/** Bytes of a frame's mac: the first of the digest. */
export const MAC_BYTES = 8
/** Bytes of a chain's state: the eight words of SHA-256, big-endian. */
export const STATE_BYTES = 32

/** noble's SHA-256 with its words in reach; no platform's own hash gives them. */
class Engine extends Sha256 {
  readonly #digest = new Uint8Array(STATE_BYTES)

  start (state: Uint8Array): void {
    const view = new DataView(state.buffer, state.byteOffset, STATE_BYTES)
    const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, (_, at) => view.getUint32(4 * at)) as [number, number, number, number, number, number, number, number]
    this.set(a, b, c, d, e, f, g, h)
  }

  /** The digest, which is the words after the final padding; they stay, everything else begins anew. Good until the next call. */
  close (): Uint8Array {
    this.digestInto(this.#digest)
    this.finished = false
    this.length = 0
    this.pos = 0
    return this.#digest
  }

  override destroy (): void {
    super.destroy()
    wipe(this.#digest)
  }
}

/**
 * The macs of one direction (ctr.md, Frame): SHA-256 over each frame, the length counted from zero, starting from the
 * state that the frame before it has ended with. SHA-256 is noble's on every backend: a given initial state is
 * what node:crypto and WebCrypto do not take.
 */
export class MacChain {
  readonly #engine = new Engine()

  /** @param state - 32 bytes, the first state as eight big-endian words; without it SHA-256's own constants */
  constructor (state?: Uint8Array) {
    if (state !== undefined) this.#engine.start(state)
  }

  /** The next bytes of the frame, of any length; they are not kept. */
  update (bytes: Uint8Array): void {
    this.#engine.update(bytes)
  }

  /**
   * Ends the frame: what comes next belongs to the one after it.
   *
   * @returns 32 bytes, the state that the next frame starts from; the first 8 are this one's mac. Good until the next call
   */
  close (): Uint8Array {
    return this.#engine.close()
  }

  /** Wipes the state; the chain is not to be used any more. */
  destroy (): void {
    this.#engine.destroy()
  }
}
