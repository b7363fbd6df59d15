import { crypto, type HashState } from '../crypto/index.js'

/** Bytes between two checkpoints, at the start. */
const DISTANCE = 16_777_216
/** Checkpoints that are kept; when there are more, every second one goes. */
const MOST = 64

interface Checkpoint { readonly bytes: number, readonly state: HashState }

/** The hash of a file as it is read, with states of it along the way, so that going on in the middle reads little again. */
export class Checkpoints {
  #kept: Checkpoint[] = []
  #distance = DISTANCE

  /** The last state at or before an offset. */
  before (offset: number): { bytes: number, state: HashState } {
    const found = this.#kept.findLast(({ bytes }) => bytes <= offset)
    return { bytes: found?.bytes ?? 0, state: found?.state.clone() ?? crypto.sha256.create() }
  }

  /** The hash has come to an offset. */
  reached (bytes: number, state: HashState): void {
    const last = this.#kept.at(-1)?.bytes ?? 0
    if (bytes - last < this.#distance) return
    this.#kept.push({ bytes, state: state.clone() })
    if (this.#kept.length <= MOST) return
    this.#kept = this.#kept.filter((_, index) => index % 2 === 1)
    this.#distance *= 2
  }
}
