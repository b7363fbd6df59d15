import { isUint8ArrayList } from 'uint8arraylist'
import { wipe } from '../crypto/index.js'
import { letGo, limitsOf, owning, type Bytes, type Layer, type LimitsOf, type Transform } from '../stream/index.js'
import { ROTATE_EVERY, type DirectionOptions } from './direction.js'
import { ctrError } from './errors.js'
import { checkCode, type CtrFrame } from './frame.js'
import { FrameOpener, MAX_PAYLOAD } from './opener.js'
import { FrameSealer } from './sealer.js'
import { checkRole, type CtrRole } from './secrets.js'
import { SharedBlock } from './shared-block.js'
import { Turns, type CtrState } from './turns.js'

/** The limits of a layer of frames and their defaults. */
export const CTR_FRAMES_LIMITS = {
  /** Bytes of the longest payload, sent or taken. */
  maxPayload: MAX_PAYLOAD,
  /** Milliseconds without a byte of a frame that is being received, while we wait for its end to send; 0 = for ever. */
  stallTimeout: 30_000
} as const

/** Limits of {@link ctrFrames}; {@link CTR_FRAMES_LIMITS} has the defaults. */
export type CtrFramesLimits = LimitsOf<typeof CTR_FRAMES_LIMITS>

/** What both sides of a connection must set alike, and the behaviour of this one. */
export interface CtrOptions extends Omit<DirectionOptions, 'firstSequence'> {
  /** One side is top, the other bottom. */
  role: CtrRole
  /**
   * Names the code whose frame, without payload, ends a direction. With it an end that somebody else has made is an error,
   * without it nobody can tell (see {@link CtrLayer.end}). Both sides set the same, or none.
   */
  endCode?: number | undefined
  /** `full` lifts the rule that no frame is begun in the middle of one that is being received. Default `half`. */
  duplex?: 'half' | 'full' | undefined
}

/** Options of {@link ctrFrames}. */
export interface CtrFramesOptions extends CtrOptions {
  /** A fresh one for each connection: of `exchangeNonces`, or brought. */
  block: SharedBlock
  limits?: CtrFramesLimits | undefined
}

/** How the receiving direction has ended; `open` while it has not. */
export type CtrEnd = 'open' | 'authenticated' | 'unauthenticated'

/** Bytes to frames and back, of one connection. */
export interface CtrLayer extends Layer<Uint8Array, CtrFrame, CtrFrame, Bytes> {
  readonly state: CtrState
  /**
   * `authenticated` after the frame of `endCode`. `unauthenticated` when the stream has ended between two frames and no `endCode` is set:
   * whoever controls the network can have made that end, so what came may not be all that was sent.
   */
  readonly end: CtrEnd
  /** Wipes the keys of both directions. A link does it by itself. */
  destroy(): void
}

/**
 * AES-256-CTR frames with a chained mac (ctr.md): a duplex of bytes becomes one of `{ code, payload }`. A frame comes out
 * when its mac has been checked. After anything wrong the direction is dead and throws one error.
 *
 * @throws ERR_CTR_BLOCK_USED, ERR_CTR_OPTION, ERR_CTR_CODE, ERR_LIMIT_OPTION
 * @example
 * ```ts runnable
 * import { link } from 'hushwire'
 * import { ctrFrames, exchangeNonces } from 'hushwire/ctr'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32)) // agreed beforehand
 * const [left, right] = memoryPair()
 * const [one, two] = await Promise.all([
 *   exchangeNonces(left, { role: 'top', secret }),
 *   exchangeNonces(right, { role: 'bottom', secret })
 * ])
 * const top = link(one.duplex, ctrFrames({ role: 'top', block: one.block, endCode: 0 }))
 * const bottom = link(two.duplex, ctrFrames({ role: 'bottom', block: two.block, endCode: 0 }))
 * async function * frames () { yield { code: 7, payload: new TextEncoder().encode('hello') } }
 * const sent = top.sink(frames())
 * for await (const { code, payload } of bottom.source) console.log(code, new TextDecoder().decode(payload.subarray()))
 * await sent
 * await Promise.all([top.close(), bottom.close()])
 * ```
 */
export function ctrFrames (options: CtrFramesOptions): CtrLayer {
  return new FramesLayer(options)
}

class FramesLayer implements CtrLayer {
  readonly inbound: Transform<Uint8Array, CtrFrame> = source => this.#openAll(source)
  readonly outbound: Transform<CtrFrame, Bytes> = source => this.#sealAll(source)
  readonly #sealer: FrameSealer
  readonly #opener: FrameOpener
  readonly #turns: Turns
  readonly #endCode: number | undefined
  readonly #maxPayload: number
  #end: CtrEnd = 'open'

  constructor (options: CtrFramesOptions) {
    checkOptions(options)
    const { role, block, endCode, duplex, rotateEvery, insecureStandardState, limits } = options
    const { maxPayload, stallTimeout } = limitsOf(CTR_FRAMES_LIMITS, limits, ['stallTimeout'])
    this.#endCode = endCode
    this.#maxPayload = Math.min(maxPayload, 0xFFFF_FFFF)
    this.#turns = new Turns(duplex === 'full', stallTimeout)
    if (!(block instanceof SharedBlock)) throw ctrError('ERR_CTR_OPTION', 'block is a SharedBlock; new SharedBlock(bytes) makes one')
    // last of all that can fail: a block is used up by it
    const { send, receive, sameRole } = block.take(role)
    this.#sealer = new FrameSealer(send, { rotateEvery, insecureStandardState })
    this.#opener = new FrameOpener(receive, { rotateEvery, insecureStandardState, maxPayload, sameRole })
    wipe(send, receive, sameRole)
  }

  get state (): CtrState { return this.#turns.state }
  get end (): CtrEnd { return this.#end }

  abort (reason: Error): void {
    this.#turns.abort(reason)
    this.destroy()
  }

  destroy (): void {
    this.#sealer.destroy()
    this.#opener.destroy()
  }

  #openAll (source: AsyncIterable<Uint8Array>): AsyncIterable<CtrFrame> {
    return {
      // asked for when it is read: what has no reader below may drop what comes when it is closed
      [Symbol.asyncIterator]: () => {
        const chunks = source[Symbol.asyncIterator]()
        return owning(this.#open(chunks), chunks, () => {
          this.#turns.received(false)
          this.#opener.destroy()
        })
      }
    }
  }

  async * #open (chunks: AsyncIterator<Uint8Array>): AsyncGenerator<CtrFrame, void> {
    const opener = this.#opener
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      opener.push(next.value)
      for (let frame = opener.next(); frame !== undefined; frame = opener.next()) {
        this.#turns.received(false)
        if (frame.code === this.#endCode) {
          if (frame.payload.byteLength > 0) throw ctrError('ERR_CTR_END')
          this.#end = 'authenticated'
          // what a stranger adds after the end is not read
          letGo(chunks)
          return
        }
        yield frame
      }
      this.#turns.received(opener.inFrame)
    }
    opener.end()
    if (this.#endCode !== undefined) throw ctrError('ERR_CTR_END')
    this.#end = 'unauthenticated'
  }

  #sealAll (source: AsyncIterable<CtrFrame>): AsyncIterable<Bytes> {
    const frames = source[Symbol.asyncIterator]()
    return owning(this.#seal(frames), frames, () => {
      this.#turns.abort(ctrError('ERR_CTR_DESTROYED'))
      this.#sealer.destroy()
    })
  }

  async * #seal (frames: AsyncIterator<CtrFrame>): AsyncGenerator<Bytes, void> {
    for (;;) {
      const next = await frames.next()
      const last = next.done === true
      const frame = last ? this.#endFrame() : this.#checked(next.value)
      if (frame === undefined) return
      const turn = this.#turns.begin()
      if (turn !== undefined) await turn
      // from here until it is asked for the next one, the transport needs its bytes
      yield this.#sealer.seal(frame)
      this.#turns.sent()
      if (last) return
    }
  }

  #endFrame (): CtrFrame | undefined {
    return this.#endCode === undefined ? undefined : { code: this.#endCode, payload: NOTHING }
  }

  #checked (frame: CtrFrame): CtrFrame {
    if (typeof (frame as CtrFrame | null | undefined) !== 'object' || (frame as CtrFrame | null) === null) throw ctrError('ERR_CTR_CODE', 'a frame is { code, payload }')
    checkCode(frame.code, this.#endCode)
    checkPayload(frame.payload, this.#maxPayload)
    return frame
  }
}

const NOTHING = new Uint8Array(0)

/** What can be said of options before a block is used up or a nonce sent. @throws ERR_CTR_OPTION, ERR_CTR_CODE, ERR_LIMIT_OPTION */
export function checkOptions (options: CtrOptions): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) throw ctrError('ERR_CTR_OPTION', 'options are an object')
  const { role, endCode, duplex, rotateEvery } = options
  checkRole(role)
  if (duplex !== undefined && duplex !== 'half' && duplex !== 'full') throw ctrError('ERR_CTR_OPTION', 'duplex is half or full')
  if (endCode !== undefined) checkCode(endCode)
  limitsOf({ rotateEvery: ROTATE_EVERY }, { rotateEvery })
}

/** Arrays of other numbers have all that bytes have, and would be sent as something else. */
export function isBytes (payload: unknown): payload is Bytes {
  return payload instanceof Uint8Array || isUint8ArrayList(payload)
}

/** @throws ERR_CTR_PAYLOAD when it is no bytes, or too many of them */
export function checkPayload (payload: Bytes, maxPayload: number): void {
  if (!isBytes(payload)) throw ctrError('ERR_CTR_PAYLOAD')
  if (!(payload.byteLength <= maxPayload)) throw ctrError('ERR_CTR_PAYLOAD', `${payload.byteLength} of at most ${maxPayload}`)
}
