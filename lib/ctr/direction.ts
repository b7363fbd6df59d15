import { aesCtr, COUNTER_BYTES, wipe, type StreamCipher } from '../crypto/index.js'
import { limitsOf } from '../stream/index.js'
import { ctrError } from './errors.js'
import { MacChain } from './mac-chain.js'
import { partsOf, rotatedHalf } from './secrets.js'

/** What both ends of a direction must have alike. */
export interface DirectionOptions {
  /** Frames of a direction after which its half is replaced by the next one. Default 2^20; `Infinity` never. */
  rotateEvery?: number | undefined
  /**
   * Starts the chain of macs from SHA-256's own constants, which is how the seed can be read too. **Whoever knows a plaintext can then
   * forge**: the mac depends on nothing secret. Only for peers that speak nothing else. Default false.
   */
  insecureStandardState?: boolean | undefined
  /** Sequence number of the first frame, for test vectors alone. Default 1, as the protocol has it. */
  firstSequence?: number | undefined
}

/** Frames of a direction to one half. */
export const ROTATE_EVERY = 2 ** 20

/** What sealing and opening a direction share: its half, the places in key stream and chain, and the sequence number. */
export class Direction {
  readonly #rotateEvery: number
  readonly #standardState: boolean
  #half: Uint8Array
  #cipher: StreamCipher
  #mac: MacChain
  /** Bytes used of the present counter block. */
  #used = 0
  #frames = 0
  #epoch = 0
  #sequence: number
  #destroyed = false

  /**
   * @param half - 80 bytes, copied
   * @throws ERR_CTR_BLOCK, ERR_LIMIT_OPTION
   */
  constructor (half: Uint8Array, options: DirectionOptions = {}) {
    this.#rotateEvery = limitsOf({ rotateEvery: ROTATE_EVERY }, { rotateEvery: options.rotateEvery }).rotateEvery
    this.#standardState = options.insecureStandardState === true
    this.#sequence = (options.firstSequence ?? 1) >>> 0
    const { key, counterBlock, macState } = partsOf(half)
    this.#half = new Uint8Array(half)
    this.#cipher = aesCtr(key, counterBlock)
    this.#mac = new MacChain(this.#standardState ? undefined : macState)
  }

  /** The number of the frame that is under way, or the next one. */
  get sequence (): number { return this.#sequence }

  /** The first bytes of a frame through the cipher: they start on a fresh counter block. */
  begin (bytes: Uint8Array): Uint8Array {
    const rest = (COUNTER_BYTES - this.#used) % COUNTER_BYTES
    if (rest === 0) return this.crypt(bytes)
    // the rest of the last block's pad is dropped in the same call
    const padded = new Uint8Array(rest + bytes.byteLength)
    padded.set(bytes, rest)
    return this.crypt(padded).subarray(rest)
  }

  /** More bytes of the frame through the cipher: new memory. */
  crypt (bytes: Uint8Array): Uint8Array {
    if (this.#destroyed) throw ctrError('ERR_CTR_DESTROYED')
    this.#used = (this.#used + bytes.byteLength) % COUNTER_BYTES
    return this.#cipher.update(bytes)
  }

  /** Takes plain header and payload into the mac. */
  authenticate (bytes: Uint8Array): void {
    if (this.#destroyed) throw ctrError('ERR_CTR_DESTROYED')
    this.#mac.update(bytes)
  }

  /** Ends the frame's mac: 32 bytes of which the first 8 are it, good until the next frame's. */
  mac (): Uint8Array {
    return this.#mac.close()
  }

  /** Goes on to the next frame, and to the next half when it is time. */
  next (): void {
    this.#sequence = (this.#sequence + 1) >>> 0
    this.#frames++
    if (this.#frames === this.#rotateEvery) this.#rotate()
  }

  /** Wipes everything; later calls throw ERR_CTR_DESTROYED. */
  destroy (): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#forget()
  }

  #rotate (): void {
    const half = rotatedHalf(this.#half, ++this.#epoch)
    this.#forget()
    const { key, counterBlock, macState } = partsOf(half)
    this.#half = half
    this.#cipher = aesCtr(key, counterBlock)
    this.#mac = new MacChain(this.#standardState ? undefined : macState)
    this.#used = 0
    this.#frames = 0
  }

  #forget (): void {
    wipe(this.#half)
    this.#cipher.destroy()
    this.#mac.destroy()
  }
}
