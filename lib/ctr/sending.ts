import { abortable, abortReason, deferred, type Bytes, type Deferred, letGo } from '../stream/index.js'
import { ctrError } from './errors.js'
import { checkCode, type CtrFrame } from './frame.js'
import { checkPayload, isBytes } from './layer.js'

/** What `send` takes: bytes, or a source of them, whose chunks are taken one after another and are its own again at its next `next()`. */
export type SendBody = Bytes | Iterable<Uint8Array> | AsyncIterable<Bytes>

/** Cuts what is sent into frames and hands them on one at a time, each when the one before has left. */
export class Sending implements AsyncIterableIterator<CtrFrame> {
  readonly #frameBytes: number
  readonly #endCode: number | undefined
  readonly #gone = new AbortController()
  readonly #over = deferred()
  #asked: Deferred<IteratorResult<CtrFrame>> | undefined
  #offered: CtrFrame | undefined
  #left: Deferred<void> | undefined
  #ended = false
  #current: Promise<void> | undefined

  /** @param frameBytes - bytes of the longest payload of a frame */
  constructor (frameBytes: number, endCode: number | undefined) {
    this.#frameBytes = frameBytes
    this.#endCode = endCode
  }

  /** Settles when the own direction has ended, in order or not; never rejects. */
  get over (): Promise<void> { return this.#over.promise }

  /** See `CtrPeer.send`. */
  async send (code: number, body: SendBody): Promise<void> {
    checkCode(code, this.#endCode)
    if (this.#gone.signal.aborted) throw abortReason(this.#gone.signal)
    if (this.#ended) throw ctrError('ERR_CTR_ENDED')
    if (this.#current !== undefined) throw ctrError('ERR_CTR_BUSY', 'send')
    this.#current = this.#send(code, body)
    try {
      await this.#current
    } finally {
      this.#current = undefined
    }
  }

  /** Ends the own direction after the send that is under way. */
  async end (): Promise<void> {
    this.#ended = true
    if (this.#current !== undefined) await this.#current.then(nothing, nothing)
    this.#asked?.resolve({ value: undefined, done: true })
    if (this.#asked !== undefined) this.#over.resolve()
    this.#asked = undefined
    await this.over
  }

  /** The link is gone: whoever sends, or wants to, gets the cause. */
  fail (cause: Error): void {
    if (this.#gone.signal.aborted) return
    this.#ended = true
    this.#gone.abort(cause)
    this.#left?.reject(cause)
    this.#asked?.reject(cause)
    this.#over.resolve()
  }

  /** For the layer: the next frame. Asking for it says that the one before has left. */
  next (): Promise<IteratorResult<CtrFrame>> {
    if (this.#gone.signal.aborted) return Promise.reject(abortReason(this.#gone.signal))
    if (this.#offered === undefined) this.#left?.resolve()
    const value = this.#offered
    this.#offered = undefined
    if (value !== undefined) return Promise.resolve({ value, done: false })
    if (this.#ended && this.#current === undefined) {
      this.#over.resolve()
      return Promise.resolve({ value: undefined, done: true })
    }
    this.#asked = deferred()
    return this.#asked.promise
  }

  /** The transport wants no more; why, the link will say by {@link Sending.fail}. */
  return (): Promise<IteratorResult<CtrFrame>> {
    this.#over.resolve()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator] (): this { return this }

  async #send (code: number, body: SendBody): Promise<void> {
    let frames = 0
    for await (const chunk of this.#chunks(body)) {
      checkPayload(chunk, Infinity)
      for (let at = 0; at < chunk.byteLength; at += this.#frameBytes) {
        await this.#put({ code, payload: chunk.subarray(at, Math.min(at + this.#frameBytes, chunk.byteLength)) })
        frames++
      }
    }
    if (frames === 0) await this.#put({ code, payload: new Uint8Array(0) })
  }

  /** The chunks of a body. A source that waits does not outlive the link. */
  async * #chunks (body: SendBody): AsyncGenerator<Bytes, void> {
    if (isBytes(body)) {
      yield body
      return
    }
    const iterator: AsyncIterator<Bytes> | Iterator<Bytes> = Symbol.asyncIterator in Object(body)
      ? (body as AsyncIterable<Bytes>)[Symbol.asyncIterator]()
      : iteratorOf(body)
    try {
      for (;;) {
        const next = await abortable(Promise.resolve(iterator.next()), this.#gone.signal)
        if (next.done === true) return
        yield next.value
      }
    } finally {
      letGo(iterator)
    }
  }

  /** Resolves when the transport needs the frame's bytes no more. */
  async #put (frame: CtrFrame): Promise<void> {
    if (this.#gone.signal.aborted) throw abortReason(this.#gone.signal)
    this.#left = deferred()
    const asked = this.#asked
    this.#asked = undefined
    if (asked !== undefined) asked.resolve({ value: frame, done: false })
    else this.#offered = frame
    await this.#left.promise
  }
}

function iteratorOf (body: SendBody): Iterator<Bytes> {
  if (typeof body === 'string' || !(Symbol.iterator in Object(body))) throw ctrError('ERR_CTR_PAYLOAD')
  return (body as Iterable<Uint8Array>)[Symbol.iterator]()
}

function nothing (): void {}
