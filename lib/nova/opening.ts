import { HushwireError, type MaybePromise, type Step } from '../stream/index.js'
import { CipherState } from './cipher-state.js'
import { endsInRekey } from './control.js'
import { novaError } from './errors.js'
import type { Frame } from './frame.js'
import { all, held } from './held.js'
import { ReplayWindow } from './replay-window.js'

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

/** Limits of what is opened. */
interface OpeningLimits {
  readonly maxBytes: number
  readonly maxFailures: number
  readonly replayWindow: number
}

/** Opens the frames of a link, batch by batch. */
export class Opening implements Step<Frame[], OpenedFrame[]> {
  /** Part 2: the count of frames is authenticated. */
  readonly sequenced: boolean
  /** Plain frames are passed on even under a key. */
  readonly mixed: boolean
  readonly #limits: OpeningLimits
  /** Of links that are not sequenced. */
  readonly #window: ReplayWindow | undefined
  #state: CipherState | undefined
  #failures = 0
  #fatal: HushwireError | undefined
  /** True once there is a fatal frame, so that frames are not looked through for one before. */
  #doomed = false

  constructor (sequenced: boolean, limits: OpeningLimits, mixed: boolean) {
    this.sequenced = sequenced
    this.mixed = mixed
    this.#limits = limits
    this.#window = sequenced ? undefined : new ReplayWindow(limits.replayWindow)
  }

  get keyed (): boolean { return this.#state !== undefined }

  setKey (key: Uint8Array): void {
    this.#state = new CipherState(key, this.sequenced, this.#limits.maxBytes)
  }

  /** The mask of a header, from the first content bytes; once there is a key. */
  mask (content: Uint8Array): Uint8Array { return (this.#state as CipherState).mask(content) }

  destroy (): void { this.#state?.destroy() }

  /** With the key there is nothing to wait for between frames. */
  step (batch: readonly Frame[], opened: Array<MaybePromise<OpenedFrame>> = []): MaybePromise<OpenedFrame[] | undefined> {
    for (let at = opened.length; at < batch.length; at++) {
      const frame = batch[at] as Frame
      const one = this.one(frame)
      opened.push(one)
      if (this.#mayRekey(one, frame)) return one.then(() => this.step(batch, opened))
    }
    const settled = all(opened)
    return settled instanceof Promise ? settled.then(frames => this.#passed(frames)) : this.#passed(settled)
  }

  /** @throws what a frame that was fatal has failed with, once those before it have been passed on */
  before (): void {
    if (this.#fatal !== undefined) throw this.#fatal
  }

  /** Opens one frame, or judges a plain one. */
  one (frame: Frame): MaybePromise<OpenedFrame> {
    if (frame.encrypted) return held(this.#open(frame))
    return this.#state === undefined || this.mixed ? frame : this.#deadly(frame, novaError('ERR_CIPHER_PLAINTEXT'))
  }

  /** Frames by the rules, up to the first that is fatal: what came before it is given out, however the stream was cut into chunks. */
  given (opened: OpenedFrame[]): OpenedFrame[] {
    const frames = this.sequenced ? opened : opened.map(frame => this.#judge(frame))
    if (!this.#doomed) return frames
    const at = frames.findIndex(frame => 'fatal' in frame)
    this.#fatal = (frames[at] as FatalFrame).error
    return frames.slice(0, at)
  }

  /** What is passed on of a batch, if anything. */
  #passed (opened: OpenedFrame[]): OpenedFrame[] | undefined {
    const given = this.given(opened)
    if (given.length > 0) return given
    this.before()
    return undefined
  }

  /** A control frame may change the key of all that follow. */
  #mayRekey (opened: MaybePromise<OpenedFrame>, { packetNonce }: Frame): opened is Promise<OpenedFrame> {
    return opened instanceof Promise && this.sequenced && packetNonce === 0
  }

  #deadly ({ packetNonce }: Pick<Frame, 'packetNonce'>, error: HushwireError): FatalFrame {
    this.#doomed = true
    return { packetNonce, error, fatal: true }
  }

  #open (frame: Frame): MaybePromise<OpenedFrame> {
    if (this.#state === undefined) return lost(frame, novaError('ERR_CIPHER_NO_KEY'))
    try {
      const opened = this.#state.open(frame)
      if (opened instanceof Promise) return opened.then(frame => this.#opened(frame), (error: unknown) => this.#unopened(frame, error))
      return this.#opened(opened)
    } catch (error) {
      return this.#unopened(frame, error)
    }
  }

  #opened (frame: Frame): Frame {
    if (this.sequenced && frame.packetNonce === 0 && endsInRekey(frame)) this.#state?.rekey()
    return frame
  }

  #unopened (frame: Frame, error: unknown): LostFrame {
    if (!(error instanceof HushwireError) || error.code !== 'ERR_CRYPTO_AUTH') throw error
    if (this.sequenced) return this.#deadly(frame, novaError('ERR_CIPHER_FAILED', undefined, novaError('ERR_CIPHER_OPEN')))
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

function lost (frame: Frame, error: HushwireError): LostFrame {
  return { packetNonce: frame.packetNonce, error }
}
