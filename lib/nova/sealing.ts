import type { MaybePromise, Step } from '../stream/index.js'
import { CipherState } from './cipher-state.js'
import { endsInRekey } from './control.js'
import type { Frame } from './frame.js'
import { all, held } from './held.js'

/** Limits of what is sealed. */
interface SealingLimits {
  readonly maxBytes: number
  readonly rekeyFrames: number
  readonly rekeyBytes: number
}

/** Seals the frames of a link, batch by batch. */
export class Sealing implements Step<Frame[], Frame[]> {
  readonly #sequenced: boolean
  readonly #limits: SealingLimits
  /** Told once when few bytes are left under the key. */
  #onExhausting: (() => void) | undefined
  #state: CipherState | undefined

  constructor (sequenced: boolean, limits: SealingLimits, onExhausting: (() => void) | undefined) {
    this.#sequenced = sequenced
    this.#limits = limits
    this.#onExhausting = onExhausting
  }

  get keyed (): boolean { return this.#state !== undefined }

  /** Part 2: true when it is time for the next key. */
  get rekeyDue (): boolean {
    return this.#state !== undefined && (this.#state.frames >= this.#limits.rekeyFrames || this.#state.bytes >= this.#limits.rekeyBytes)
  }

  setKey (key: Uint8Array): void {
    this.#state = new CipherState(key, this.#sequenced, this.#limits.maxBytes)
  }

  /** The mask of the header of a sealed frame. */
  mask (frame: Frame): Uint8Array { return (this.#state as CipherState).mask(firstBytes(frame)) }

  destroy (): void { this.#state?.destroy() }

  /** With the key there is nothing to wait for between frames. */
  step (batch: readonly Frame[]): MaybePromise<Frame[]> {
    return all(batch.map(frame => this.one(frame)))
  }

  /** Seals one frame. */
  one (frame: Frame): MaybePromise<Frame> {
    const state = this.#state as CipherState
    const sealed = held(state.seal(frame))
    if (this.#sequenced && frame.packetNonce === 0 && endsInRekey(frame)) state.rekey()
    if (state.bytes >= this.#limits.maxBytes / 64 * 63) this.#warn()
    return sealed
  }

  #warn (): void {
    const tell = this.#onExhausting
    this.#onExhausting = undefined
    tell?.()
  }
}

function firstBytes (frame: Frame): Uint8Array {
  const [first] = frame.content
  if (first !== undefined && first.byteLength >= 16) return first
  // a sealed content has 16 bytes at least, but they may lie in two pieces
  const bytes = new Uint8Array(16)
  let at = 0
  for (const piece of frame.content) {
    bytes.set(piece.subarray(0, 16 - at), at)
    at = Math.min(16, at + piece.byteLength)
  }
  return bytes
}
