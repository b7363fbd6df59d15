import { deferred, type Deferred, HushwireError, ignore, type Layer, limitsOf, type LimitsOf, type MaybePromise, stepwise, streamError, type Transform } from '../stream/index.js'
import { CipherState } from './cipher-state.js'
import { endsInRekey } from './control.js'
import { novaError } from './errors.js'
import type { Frame } from './frame.js'
import type { HeaderMasks } from './frames.js'
import { ReplayWindow } from './replay-window.js'

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
  /** Width of the window of packet nonces. */
  replayWindow: 1024
} as const

/** Limits of one hop's cipher; {@link CIPHER_LIMITS} has the defaults. */
export type CipherLimits = LimitsOf<typeof CIPHER_LIMITS>

/** A frame that was lost to its packet: it did not open, or came a second time. */
export interface LostFrame {
  /** Of the packet it claimed; nothing authenticates the claim. */
  readonly packetNonce: number
  readonly error: HushwireError
}

/** A frame that the link cannot go on after; it is not passed up. */
interface FatalFrame extends LostFrame {
  readonly fatal: true
}

/** What the cipher passes up. */
export type OpenedFrame = Frame | LostFrame

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
  readonly inbound: Transform<Frame[], OpenedFrame[]> = source => this.#opener === undefined ? this.#openAll(source) : this.#openKeyed(source)
  readonly outbound: Transform<Frame[], Frame[]> = source => this.#sealer === undefined ? this.#sealAll(source) : stepwise(source, batch => this.#sealBatch(batch))
  readonly obfuscation: HeaderMasks | undefined
  readonly #options: Pick<CipherOptions, 'plaintext' | 'handshakeFrames' | 'onExhausting'>
  readonly #limits: Record<keyof typeof CIPHER_LIMITS, number>
  readonly #sequenced: boolean
  /** Of links that are not sequenced. */
  readonly #window: ReplayWindow | undefined
  /** Until there is a key. */
  readonly #keyed: Deferred<void> | undefined
  #sealer: CipherState | undefined
  #opener: CipherState | undefined
  #failures = 0
  #fatal: HushwireError | undefined
  /** True once there is a fatal frame, so that frames are not looked through for one before. */
  #doomed = false
  #warned = false
  #destroyed = false

  constructor (options: CipherOptions) {
    // without the key, which stays its owner's
    this.#options = { plaintext: options.plaintext, handshakeFrames: options.handshakeFrames, onExhausting: options.onExhausting }
    this.#keyed = options.key === undefined ? deferred({ handled: true }) : undefined
    this.#limits = limitsOf(CIPHER_LIMITS, options.limits)
    if (this.#limits.maxBytes > CIPHER_LIMITS.maxBytes) throw streamError('ERR_LIMIT_OPTION', 'maxBytes')
    this.#sequenced = options.sequenced === true
    const window = new ReplayWindow(this.#limits.replayWindow)
    this.#window = this.#sequenced ? undefined : window
    const handshakeFrames = options.key === undefined ? this.#handshakeFrames : 0
    if (options.obfuscate === true) {
      this.obfuscation = {
        handshakeFrames,
        keyed: () => this.#opener === undefined ? this.#keyed?.promise : undefined,
        inbound: content => (this.#opener as CipherState).mask(content),
        outbound: frame => frame.encrypted ? (this.#sealer as CipherState).mask(firstBytes(frame)) : undefined
      }
    }
    if (options.key !== undefined) this.setKey(options.key)
  }

  open (): Transform<Frame[], OpenedFrame[]> { return this.inbound }
  seal (): Transform<Frame[], Frame[]> { return this.outbound }

  get rekeyDue (): boolean {
    return this.#sealer !== undefined && (this.#sealer.frames >= this.#limits.rekeyFrames || this.#sealer.bytes >= this.#limits.rekeyBytes)
  }

  setKey (key: HopKey): void {
    if (this.#sealer !== undefined) throw novaError('ERR_CIPHER_KEY', 'there is one already')
    if (this.#destroyed) throw novaError('ERR_CIPHER_KEY', 'the cipher is gone')
    const keys = key instanceof Uint8Array ? { seal: key, open: key } : key
    const sealer = this.#state(keys.seal)
    this.#opener = this.#state(keys.open)
    this.#sealer = sealer
    this.#keyed?.resolve()
  }

  abort (reason: Error): void {
    this.#keyed?.reject(reason)
    this.destroy()
  }

  destroy (): void {
    this.#destroyed = true
    this.#sealer?.destroy()
    this.#opener?.destroy()
  }

  get #handshakeFrames (): number { return this.#options.handshakeFrames ?? 1 }

  #state (key: Uint8Array): CipherState {
    return new CipherState(key, this.#sequenced, this.#limits.maxBytes)
  }

  /** With the key there is nothing to wait for between frames. */
  #sealBatch (batch: readonly Frame[]): MaybePromise<Frame[]> {
    return all(batch.map(frame => held(this.#sealOne(frame))))
  }

  async * #sealAll (source: AsyncIterable<Frame[]>): AsyncGenerator<Frame[]> {
    let plain = 0
    for await (const batch of source) {
      const sealed: Array<MaybePromise<Frame>> = []
      for (const frame of batch) {
        if (this.#sealer === undefined && plain < this.#handshakeFrames) {
          plain++
          sealed.push(frame)
          continue
        }
        if (this.#sealer === undefined) {
          // the handshake frames must be out for the key to come
          if (sealed.length > 0) yield await Promise.all(sealed.splice(0))
          await this.#keyed?.promise
        }
        sealed.push(held(this.#sealOne(frame)))
      }
      yield await all(sealed)
    }
  }

  #sealOne (frame: Frame): MaybePromise<Frame> {
    const state = this.#sealer as CipherState
    const sealed = state.seal(frame)
    if (this.#sequenced && frame.packetNonce === 0 && endsInRekey(frame)) state.rekey()
    if (!this.#warned && state.bytes >= this.#limits.maxBytes / 64 * 63) {
      this.#warned = true
      this.#options.onExhausting?.()
    }
    return sealed
  }

  #openKeyed (source: AsyncIterable<Frame[]>): AsyncIterable<OpenedFrame[]> {
    const before = (): void => { if (this.#fatal !== undefined) throw this.#fatal }
    return stepwise(source, batch => this.#openBatch(batch), { before })
  }

  #openBatch (batch: readonly Frame[], opened: Array<MaybePromise<OpenedFrame>> = []): MaybePromise<OpenedFrame[] | undefined> {
    for (const frame of batch.slice(opened.length)) {
      const one = frame.encrypted ? held(this.#openOne(frame)) : this.#unsealed(frame)
      opened.push(one)
      // a control frame may change the key of all that follow
      if (one instanceof Promise && this.#sequenced && frame.packetNonce === 0) return one.then(() => this.#openBatch(batch, opened))
    }
    const settled = all(opened)
    return settled instanceof Promise ? settled.then(frames => this.#passed(frames)) : this.#passed(settled)
  }

  /** What is passed on of a batch, if anything. */
  #passed (opened: OpenedFrame[]): OpenedFrame[] | undefined {
    const given = this.#given(opened)
    if (given.length > 0) return given
    if (this.#fatal !== undefined) throw this.#fatal
    return undefined
  }

  #unsealed (frame: Frame): OpenedFrame {
    return this.#opener === undefined || this.#options.plaintext === 'allow' ? frame : this.#deadly(frame, novaError('ERR_CIPHER_PLAINTEXT'))
  }

  async * #openAll (source: AsyncIterable<Frame[]>): AsyncGenerator<OpenedFrame[]> {
    let plain = 0
    for await (const batch of source) {
      let opened: Array<MaybePromise<OpenedFrame>> = []
      for (const frame of batch) {
        if (this.#opener === undefined && plain >= this.#handshakeFrames && this.#options.plaintext !== 'allow') {
          // after the peer's last handshake frame: this one is for the key that the handshake brings about
          const given = this.#given(opened as OpenedFrame[])
          if (given.length > 0) yield given
          if (this.#fatal !== undefined) throw this.#fatal
          opened = []
          await this.#keyed?.promise
        }
        if (!frame.encrypted) {
          plain++
          opened.push(this.#unsealed(frame))
          continue
        }
        const one = held(this.#openOne(frame))
        // a control frame may change the key of all that follow
        if (one instanceof Promise && this.#sequenced && frame.packetNonce === 0) opened.push(await one)
        else opened.push(one)
      }
      const given = this.#given(await all(opened))
      if (given.length > 0) yield given
      if (this.#fatal !== undefined) throw this.#fatal
    }
  }

  /** Frames by the rules, up to the first that is fatal: what came before it is given out, however the stream was cut into chunks. */
  #given (opened: OpenedFrame[]): OpenedFrame[] {
    const frames = this.#sequenced ? opened : opened.map(frame => this.#judge(frame))
    if (!this.#doomed) return frames
    const at = frames.findIndex(frame => 'fatal' in frame)
    this.#fatal = (frames[at] as FatalFrame).error
    return frames.slice(0, at)
  }

  #deadly ({ packetNonce }: Pick<Frame, 'packetNonce'>, error: HushwireError): FatalFrame {
    this.#doomed = true
    return { packetNonce, error, fatal: true }
  }

  #openOne (frame: Frame): MaybePromise<OpenedFrame> {
    if (this.#opener === undefined) return lost(frame, novaError('ERR_CIPHER_NO_KEY'))
    try {
      const opened = this.#opener.open(frame)
      if (opened instanceof Promise) return opened.then(frame => this.#opened(frame), (error: unknown) => this.#unopened(frame, error))
      return this.#opened(opened)
    } catch (error) {
      return this.#unopened(frame, error)
    }
  }

  #opened (frame: Frame): Frame {
    if (this.#sequenced && frame.packetNonce === 0 && endsInRekey(frame)) (this.#opener as CipherState).rekey()
    return frame
  }

  #unopened (frame: Frame, error: unknown): LostFrame {
    if (!(error instanceof HushwireError) || error.code !== 'ERR_CRYPTO_AUTH') throw error
    if (this.#sequenced) return this.#deadly(frame, novaError('ERR_CIPHER_FAILED', undefined, novaError('ERR_CIPHER_OPEN')))
    return lost(frame, novaError('ERR_CIPHER_OPEN'))
  }

  /** The seed's rules for what has or has not opened, in the order it came: the window, and failures in a row. */
  #judge (frame: OpenedFrame): OpenedFrame {
    if (!('error' in frame)) {
      this.#failures = 0
      if (frame.frameNonce !== 1 || !frame.encrypted || frame.packetNonce === 0) return frame
      if (this.#window?.accepts(frame.packetNonce) === false) return lost(frame, novaError('ERR_CIPHER_REPLAY'))
      this.#window?.mark(frame.packetNonce)
      return frame
    }
    if ('fatal' in frame || ++this.#failures < this.#limits.maxFailures) return frame
    return this.#deadly(frame, novaError('ERR_CIPHER_FAILED', `${this.#failures} in a row`, frame.error))
  }
}

/** What is awaited later, with all others: until then its rejection is nobody's, also when another one comes first. */
function held<T> (result: MaybePromise<T>): MaybePromise<T> {
  if (result instanceof Promise) result.catch(ignore)
  return result
}

/** All of them; where the backend is synchronous there is nothing to wait for. */
function all<T> (results: Array<MaybePromise<T>>): MaybePromise<T[]> {
  return results.some(result => result instanceof Promise) ? Promise.all(results) : results as T[]
}

function lost (frame: Frame, error: HushwireError): LostFrame {
  return { packetNonce: frame.packetNonce, error }
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
