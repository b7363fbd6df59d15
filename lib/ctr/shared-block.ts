import { aesCtr, crypto, wipe } from '../crypto/index.js'
import { ctrError } from './errors.js'
import { HEADER_BYTES } from './frame.js'
import { BLOCK_BYTES, checkRole, HALF_BYTES, partsOf, type CtrRole } from './secrets.js'

/** Bytes of a half that the key stream follows from: key and counter block. */
const PAD_BYTES = 48

/** What a party takes out of a block. The halves are the taker's to wipe. */
export interface TakenHalves {
  /** 80 bytes to send with. */
  readonly send: Uint8Array
  /** 80 bytes to receive with. */
  readonly receive: Uint8Array
  /** The key stream over the first header of a peer that has taken our role too, to tell that from any other nonsense. */
  readonly sameRole: Uint8Array
}

/**
 * The shared block of one connection, in this process's hands. It can be used once: with the same block a second connection would
 * be a two-time pad, and open to replay.
 *
 * @example
 * ```ts runnable
 * import { ctrFrames, sharedBlock, SharedBlock } from 'hushwire/ctr'
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32)) // both have it, and it has served no connection yet
 * const block = new SharedBlock(sharedBlock(secret))
 * ctrFrames({ role: 'top', block })
 * try {
 *   ctrFrames({ role: 'top', block })
 * } catch (error) {
 *   console.log((error as { code: string }).code) // ERR_CTR_BLOCK_USED
 * }
 * ```
 */
export class SharedBlock {
  #bytes: Uint8Array | undefined
  readonly #mirrored: Uint8Array

  /**
   * @param bytes - 160, copied
   * @param mirrored - the block as a peer would have it that has taken our role by mistake, where it would differ; copied
   * @throws ERR_CTR_BLOCK when there are not 160, or both halves have one key and counter block
   */
  constructor (bytes: Uint8Array, mirrored: Uint8Array = bytes) {
    for (const each of [bytes, mirrored]) if (!(each instanceof Uint8Array)) throw ctrError('ERR_CTR_BLOCK', 'not a Uint8Array')
    for (const each of [bytes, mirrored]) if (each.byteLength !== BLOCK_BYTES) throw ctrError('ERR_CTR_BLOCK', `${each.byteLength} bytes`)
    // key and counter block of both directions would be one two-time pad, and what we send would be taken from ourselves
    if (crypto.equal(bytes.subarray(0, PAD_BYTES), bytes.subarray(HALF_BYTES, HALF_BYTES + PAD_BYTES))) throw ctrError('ERR_CTR_BLOCK', 'and these two are the same')
    this.#bytes = new Uint8Array(bytes)
    this.#mirrored = new Uint8Array(mirrored)
  }

  /**
   * The halves of a party, once.
   *
   * @throws ERR_CTR_BLOCK_USED, ERR_CTR_OPTION when the role is neither
   */
  take (role: CtrRole): TakenHalves {
    checkRole(role)
    if (this.#bytes === undefined) throw ctrError('ERR_CTR_BLOCK_USED')
    const [send, receive] = role === 'top' ? [0, HALF_BYTES] : [HALF_BYTES, 0]
    const { key, counterBlock } = partsOf(this.#mirrored.subarray(send, send + HALF_BYTES))
    const cipher = aesCtr(key, counterBlock)
    const taken = {
      send: new Uint8Array(this.#bytes.subarray(send, send + HALF_BYTES)),
      receive: new Uint8Array(this.#bytes.subarray(receive, receive + HALF_BYTES)),
      sameRole: cipher.update(new Uint8Array(HEADER_BYTES))
    }
    cipher.destroy()
    this.destroy()
    return taken
  }

  /** Wipes the block; it counts as used. */
  destroy (): void {
    wipe(this.#bytes, this.#mirrored)
    this.#bytes = undefined
  }
}
