import { RESET_CODES, resetError } from '../nova/index.js'
import { abortable, asError, codeOf, deadline, deferred } from '../stream/index.js'
import type { Destination, Place, Transfer } from './destination.js'
import { filesError, isFilesError } from './errors.js'
import { Incoming, isFull, refusal, type Known } from './incoming.js'
import { isInterruption } from './interruption.js'
import { NO_ENTRY } from './records.js'
import type { Received, ReceiverOptions } from './received.js'
import type { FileFailure } from './sending.js'
import type { Wire } from './wire.js'

/** A transfer, from its first stream on. */
export interface Remembered {
  readonly transfer: Transfer
  /** Aborts when nobody waits for the decision any more. */
  readonly asking: AbortController
  readonly decision: Promise<boolean>
  /** Until when it is waited for, by the clock of `performance.now`. */
  readonly until: number
  /** True when there is a yes or no. */
  decided: boolean
  /** True when there was none in time. */
  late: boolean
  /** What the last stream has left. */
  known: Known | undefined
  /** The stream that it is on, and when that has been let go of. */
  current: { readonly wire: Wire, readonly over: Promise<void> } | undefined
}

/** Why a transfer is refused, with the entry that is the cause. */
class Refusal extends Error {
  readonly reason: Error
  readonly index: number

  constructor (reason: Error, index = NO_ENTRY) {
    super(reason.message)
    this.reason = reason
    this.index = index
  }
}

/** One stream of a transfer, at its receiver, behind the offer. */
export class Reception {
  readonly #wire: Wire
  readonly #remembered: Remembered
  readonly #destination: Destination
  readonly #options: ReceiverOptions

  constructor (wire: Wire, remembered: Remembered, destination: Destination, options: ReceiverOptions) {
    this.#wire = wire
    this.#remembered = remembered
    this.#destination = destination
    this.#options = options
  }

  /** Never rejects. */
  async run (): Promise<Received> {
    const remembered = this.#remembered
    const { transfer } = remembered
    const before = remembered.current
    const over = deferred()
    const current = remembered.current = { wire: this.#wire, over: over.promise }
    try {
      // the sender has come again before we have noticed that it had gone
      before?.wire.fail(filesError('ERR_FILES_SUPERSEDED'), resetError(RESET_CODES.gone))
      await before?.over
      return await this.#run()
    } catch (thrown) {
      const { reason, index } = thrown instanceof Refusal ? thrown : { reason: asError(thrown), index: NO_ENTRY }
      const interrupted = isInterruption(reason) || codeOf(reason) === 'ERR_FILES_SUPERSEDED'
      // a question that nobody has answered in time ends a stream that stands
      if (interrupted) this.#wire.fail(reason)
      else await this.#wire.refuse(refusal(reason, index))
      return { type: interrupted ? 'interrupted' : 'failed', transfer, error: reason }
    } finally {
      if (remembered.current === current) remembered.current = undefined
      this.#wire.fail(filesError('ERR_FILES_SUPERSEDED'), resetError(RESET_CODES.cancelled))
      over.resolve()
    }
  }

  async #run (): Promise<Received> {
    const { transfer } = this.#remembered
    if (!await this.#decided()) throw filesError('ERR_FILES_DECLINED')
    this.#options.onBegin?.(transfer)
    const place = await this.#open()
    let confirmed = false
    try {
      const failures = await this.#receive(place)
      confirmed = await this.#finish()
      return { type: 'done', transfer, failures, confirmed }
    } finally {
      await this.#close(place, confirmed)
    }
  }

  /** The yes or no. @throws what the stream failed with, ERR_RESET_STALLED when there was none in time */
  async #decided (): Promise<boolean> {
    const remembered = this.#remembered
    const limit = deadline(undefined, Math.max(0, remembered.until - performance.now()), () => {
      remembered.late = true
      return resetError(RESET_CODES.stalled)
    })
    try {
      return await this.#wire.meanwhile(abortable(remembered.decision, limit.signal))
    } finally {
      limit.done()
    }
  }

  async #open (): Promise<Place> {
    try {
      return await this.#destination.open(this.#remembered.transfer, this.#wire.failed)
    } catch (error) {
      this.#wire.failed.throwIfAborted()
      if (isFull(error)) throw filesError('ERR_FILES_SPACE', undefined, error)
      throw isFilesError(error) ? error : filesError('ERR_FILES_WRITE', undefined, error)
    }
  }

  async #receive (place: Place): Promise<readonly FileFailure[]> {
    const { transfer, known } = this.#remembered
    const { entries, bytes } = transfer.manifest
    const [conflict] = place.conflicts
    if (conflict !== undefined) throw new Refusal(filesError('ERR_FILES_EXISTS', entries[conflict]?.path), conflict)
    if (place.space !== undefined && bytes - bytesOf(place, transfer) > place.space) throw filesError('ERR_FILES_SPACE')
    const incoming = new Incoming(this.#wire, transfer, place, { known, onProgress: progress => { this.#options.onProgress?.(transfer, progress) } })
    try {
      return await incoming.run()
    } finally {
      this.#remembered.known = incoming.known
    }
  }

  /** Whether the sender has heard that all is over. */
  async #finish (): Promise<boolean> {
    try {
      await this.#wire.say({ type: 'finished' })
      await this.#wire.end()
      for (let record = await this.#wire.next(); record !== undefined;) record = await this.#wire.next()
      await this.#wire.close()
      return true
    } catch {
      return false
    }
  }

  /** Files are where they are by now: what is wrong with the rest changes nothing of that. */
  async #close (place: Place, over: boolean): Promise<void> {
    try {
      await place.close(over)
    } catch {
      // nothing depends on it
    }
  }
}

/** Bytes that are there. */
function bytesOf ({ done, parts }: Place, { manifest }: Transfer): number {
  let bytes = 0
  for (const index of done) bytes += manifest.entries[index]?.size ?? 0
  for (const each of parts.values()) bytes += each
  return bytes
}
