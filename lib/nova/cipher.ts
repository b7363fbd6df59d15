import { limitsOf, streamError, stepwise, type Layer, type LimitsOf, type Transform } from '../stream/index.js'
import { checkHopKey } from './cipher-state.js'
import { novaError } from './errors.js'
import type { Frame } from './frame.js'
import type { HeaderMasks } from './frames.js'
import { LateKey, openLate, sealLate } from './late-key.js'
import { Opening, type OpenedFrame } from './opening.js'
import { Sealing } from './sealing.js'

/** The limits of one hop's cipher and their defaults. */
export const CIPHER_LIMITS = {
  /** Frames in a row that may fail to open before the link does; sequenced links fail at the first. */
  maxFailures: 16,
  /** Content bytes a key and direction. */
  maxBytes: 2 ** 40,
  /** Part 2: frames of a direction after which it is time for the next key. */
  rekeyFrames: 2 ** 24,
  /** Part 2: bytes of a direction after which it is time for the next key. */
  rekeyBytes: 2 ** 38,
  /** On the seed's wire: width of the window of packet nonces. */
  replayWindow: 1024
} as const

/** Limits of one hop's cipher; {@link CIPHER_LIMITS} has the defaults. */
export type CipherLimits = LimitsOf<typeof CIPHER_LIMITS>

/** Options of {@link cipher}. */
export interface CipherOptions {
  /** The key or keys, where they are known already; else {@link CipherLayer.setKey} gives them later. */
  key?: HopKey | undefined
  /** Frames that each side sends in the clear before there is a key. Default 1, the seed's hello. */
  handshakeFrames?: number | undefined
  /** Masks headers once there is a key; give {@link CipherLayer.obfuscation} to `frames()`. Both ends or none. */
  obfuscate?: boolean | undefined
  /** `allow` passes plain frames on even under a key (the seed's mixing). Default `refuse`: such a frame is fatal. */
  plaintext?: 'refuse' | 'allow' | undefined
  /** Part 2: the count of frames is authenticated, so that any replay, loss or reorder is fatal. Default false. */
  sequenced?: boolean | undefined
  limits?: CipherLimits | undefined
  /** Called once when 63/64 of `maxBytes` have gone through one key: time to reconnect. */
  onExhausting?: (() => void) | undefined
}

/**
 * A key for each direction, or one for both. One key for both directions repeats nonces, which breaks AES-GCM:
 * it exists for peers that speak the seed's wire only (docs/security.md).
 */
export type HopKey = Uint8Array | { readonly seal: Uint8Array, readonly open: Uint8Array }

/** Seals and opens frames; `open` and `seal` are its halves. */
export interface CipherLayer extends Layer<Frame[], OpenedFrame[], Frame[], Frame[]> {
  /** The inbound half alone. */
  open(): Transform<Frame[], OpenedFrame[]>
  /** The outbound half alone. */
  seal(): Transform<Frame[], Frame[]>
  /**
   * Installs the key or keys, 32 bytes each (copied), once.
   *
   * With one key for both directions both ends repeat each other's nonces, and who sees both directions can then
   * forge frames and learn the XOR of contents. Use two keys unless the peer speaks only the seed's wire.
   *
   * @throws ERR_CIPHER_KEY
   */
  setKey(key: HopKey): void
  /** For `frames()` where headers are masked. */
  readonly obfuscation: HeaderMasks | undefined
  /** Part 2: true when the sending direction should go on to its next key. */
  readonly rekeyDue: boolean
  /** Wipes the keys. */
  destroy(): void
}

/**
 * The cipher of one hop, AES-256-GCM a frame (nova.md, Cipher and Link).
 *
 * Before a key is there, `handshakeFrames` plain frames pass each way, then both halves wait for it.
 *
 * @throws ERR_LIMIT_OPTION when a limit is out of its range
 * @throws ERR_CIPHER_OPTION when `obfuscate` is asked for together with `plaintext: 'allow'` or `sequenced`
 * @example
 * ```ts
 * import { pipe } from 'hushwire'
 * import { cipher, frames } from 'hushwire/nova'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const [socket] = memoryPair()
 * const hop = cipher({ key: { seal: new Uint8Array(32).fill(1), open: new Uint8Array(32).fill(2) } })
 * const opened = pipe(socket.source, frames().decode(), hop.open())
 * socket.abort(new Error('done'))
 * hop.destroy()
 * ```
 */
export function cipher (options: CipherOptions = {}): CipherLayer {
  if (options.obfuscate === true && options.plaintext === 'allow') throw novaError('ERR_CIPHER_OPTION', 'obfuscate with plaintext: allow')
  // a mask is made of the key, which goes on at a rekey before the batch around it is masked
  if (options.obfuscate === true && options.sequenced === true) throw novaError('ERR_CIPHER_OPTION', 'obfuscate with sequenced')
  return new HopCipher(options)
}

class HopCipher implements CipherLayer {
  readonly obfuscation: HeaderMasks | undefined
  readonly #sealing: Sealing
  readonly #opening: Opening
  /** Where the key comes late. */
  readonly #late: LateKey | undefined
  #destroyed = false

  constructor (options: CipherOptions) {
    const limits = limitsOf(CIPHER_LIMITS, options.limits)
    if (limits.maxBytes > CIPHER_LIMITS.maxBytes) throw streamError('ERR_LIMIT_OPTION', 'maxBytes')
    const sequenced = options.sequenced === true
    this.#sealing = new Sealing(sequenced, limits, options.onExhausting)
    this.#opening = new Opening(sequenced, limits, options.plaintext === 'allow')
    this.#late = options.key === undefined ? new LateKey(options.handshakeFrames ?? 1) : undefined
    if (options.obfuscate === true) this.obfuscation = this.#masks()
    if (options.key !== undefined) this.setKey(options.key)
  }

  get inbound (): Transform<Frame[], OpenedFrame[]> {
    const late = this.#late
    return source => late === undefined || this.#opening.keyed ? stepwise(source, this.#opening) : openLate(source, this.#opening, late)
  }

  get outbound (): Transform<Frame[], Frame[]> {
    const late = this.#late
    return source => late === undefined || this.#sealing.keyed ? stepwise(source, this.#sealing) : sealLate(source, this.#sealing, late)
  }

  get rekeyDue (): boolean { return this.#sealing.rekeyDue }

  open (): Transform<Frame[], OpenedFrame[]> { return this.inbound }
  seal (): Transform<Frame[], Frame[]> { return this.outbound }

  setKey (key: HopKey): void {
    if (this.#sealing.keyed) throw novaError('ERR_CIPHER_KEY', 'there is one already')
    if (this.#destroyed) throw novaError('ERR_CIPHER_KEY', 'the cipher is gone')
    const { seal, open } = key instanceof Uint8Array ? { seal: key, open: key } : key
    checkHopKey(seal)
    this.#opening.setKey(open)
    this.#sealing.setKey(seal)
    this.#late?.come()
  }

  abort (reason: Error): void {
    this.#late?.fail(reason)
    this.destroy()
  }

  destroy (): void {
    this.#destroyed = true
    this.#sealing.destroy()
    this.#opening.destroy()
  }

  #masks (): HeaderMasks {
    return {
      handshakeFrames: this.#late?.handshakeFrames ?? 0,
      keyed: () => this.#opening.keyed ? undefined : this.#late?.promise,
      inbound: content => this.#opening.mask(content),
      outbound: frame => frame.encrypted ? this.#sealing.mask(frame) : undefined
    }
  }
}
