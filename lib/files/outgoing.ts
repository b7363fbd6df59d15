import { crypto } from '../crypto/index.js'
import type { HashState } from '../crypto/index.js'
import { RESET_CODES, resetError } from '../nova/index.js'
import type { PeerStream } from '../relay/index.js'
import { abortReason, asError, codeOf, deferred, ignore, letGo } from '../stream/index.js'
import { Checkpoints } from './checkpoints.js'
import { filesError, wireCodeOf } from './errors.js'
import type { CheckedFilesLimits } from './limits.js'
import type { Manifest } from './manifest.js'
import type { FilesProgress } from './progress.js'
import { encodeData, encodeRecord, FILES_VERSION, RECEIVERS, RecordReader, type Part } from './records.js'
import { Sending, type FileFailure } from './sending.js'
import type { SourceFile } from './source-file.js'
import { Wire } from './wire.js'

/** The most content that we put into one record. */
const PIECE_BYTES = 262_144
/** The most that the receiver says of an entry, and besides. */
const ANSWER_BYTES_PER_ENTRY = 44
const ANSWER_BYTES = 64

/** What is sent, whatever streams it takes. */
export interface Outgoing {
  readonly files: readonly SourceFile[]
  readonly manifest: Manifest
  /** The manifest as bytes. */
  readonly encoded: Uint8Array
  readonly limits: CheckedFilesLimits
  /** Of the file that was on its way last. */
  readonly checkpoints: Map<number, Checkpoints>
  /** The other side has said yes. */
  onAccepted(): void
  onProgress(progress: FilesProgress): void
}

/**
 * Sends over one stream what the other side does not have yet.
 *
 * @returns the files that did not arrive
 * @throws the signal's reason, and what the stream or the transfer failed with
 */
export async function sendOver (stream: PeerStream, outgoing: Outgoing, signal: AbortSignal | undefined): Promise<FileFailure[]> {
  const { manifest, limits } = outgoing
  const reader = new RecordReader(RECEIVERS, ANSWER_BYTES + ANSWER_BYTES_PER_ENTRY * manifest.entries.length)
  const wire = new Wire(stream, { reader, idleTimeout: limits.idleTimeout })
  const stop = (): void => { wire.fail(abortReason(signal as AbortSignal), resetError(RESET_CODES.cancelled)) }
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await new OutgoingRun(wire, outgoing).run()
  } catch (error) {
    wire.fail(asError(error), resetError(RESET_CODES.cancelled))
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** One stream of a transfer, at its sender. */
class OutgoingRun {
  readonly #wire: Wire
  readonly #outgoing: Outgoing
  readonly #sending: Sending
  readonly #accepted = deferred({ handled: true })
  readonly #heard = deferred({ handled: true })
  #bytes = 0
  #resumed = 0
  #files = 0
  #fileCount = 0

  constructor (wire: Wire, outgoing: Outgoing) {
    this.#wire = wire
    this.#outgoing = outgoing
    this.#sending = new Sending(outgoing.manifest)
  }

  async run (): Promise<FileFailure[]> {
    this.#hear().then(this.#heard.resolve, (error: unknown) => {
      this.#wire.fail(asError(error), resetError(RESET_CODES.cancelled))
      this.#heard.reject(error)
    })
    await this.#ask()
    for (const index of this.#sending.pending()) {
      if (this.#outgoing.manifest.entries[index]?.type === 'file') await this.#file(index)
    }
    this.#sending.sentEnd()
    await this.#wire.say({ type: 'end' })
    await this.#wire.until(this.#heard.promise)
    await this.#wire.close()
    return this.#sending.failures
  }

  async #ask (): Promise<void> {
    const { manifest, encoded, limits } = this.#outgoing
    await this.#wire.say({ type: 'offer', version: FILES_VERSION, manifest: encoded })
    const timer = setTimeout(() => { this.#wire.fail(filesError('ERR_FILES_NO_ANSWER'), resetError(RESET_CODES.cancelled)) }, limits.answerTimeout)
    try {
      await this.#wire.until(this.#accepted.promise)
    } finally {
      clearTimeout(timer)
    }
    this.#outgoing.onAccepted()
    const pending = [...this.#sending.pending()].length
    this.#files = manifest.files - pending
    this.#fileCount = manifest.files
    this.#bytes = this.#resumed = this.#sending.had
    this.#tell('', 0, 0)
  }

  /** Reads what the receiver says until it has finished; what it ends with then is our half-close. */
  async #hear (): Promise<void> {
    for (let record = await this.#wire.next(); record !== undefined; record = await this.#wire.next()) {
      this.#sending.take(record)
      if (record.type === 'accept') this.#accepted.resolve()
      if (record.type === 'finished') this.#wire.end().catch(ignore)
    }
    this.#sending.end()
  }

  async #file (index: number): Promise<void> {
    const file = this.#outgoing.files[index] as SourceFile
    const before = this.#sending.partOf(index)?.bytes ?? 0
    try {
      await this.#content(index, file)
      // what comes next is another one
      this.#outgoing.checkpoints.delete(index)
    } catch (error) {
      if (this.#wire.failed.aborted) throw abortReason(this.#wire.failed)
      await this.#skip(index, asError(error))
    }
    this.#bytes += file.size - before
    this.#files++
    this.#tell(file.path, file.size, file.size)
  }

  async #skip (index: number, error: Error): Promise<void> {
    const told = this.#sending.failureOf(index)
    const failure = told ?? (error instanceof SourceError ? filesError(error.code, this.#outgoing.files[index]?.path, error.cause) : error)
    this.#sending.sentSkip(index, failure)
    await this.#wire.write(encodeRecord({ type: 'skip', index, code: wireCodeOf(failure, 'ERR_FILES_READ') }))
  }

  async #content (index: number, file: SourceFile): Promise<void> {
    const { from, state, reading } = await this.#begin(index, file)
    this.#sending.sentFile(index)
    await this.#wire.write(encodeRecord({ type: 'file', index, from }))
    const checkpoints = this.#checkpointsOf(index)
    let at = from
    const resumed = this.#sending.partOf(index)?.bytes ?? 0
    try {
      for (let piece = await reading.next(PIECE_BYTES); piece !== undefined; piece = await reading.next(PIECE_BYTES)) {
        const told = this.#sending.failureOf(index)
        if (told !== undefined) throw told
        at += piece.byteLength
        if (at > file.size) throw new SourceError('ERR_FILES_CHANGED')
        state.update(piece)
        checkpoints.reached(at, state)
        await this.#wire.write(encodeData(piece))
        this.#tell(file.path, at, file.size, at - resumed)
      }
    } finally {
      reading.end()
    }
    if (at < file.size || await changed(file)) throw new SourceError('ERR_FILES_CHANGED')
    this.#sending.sentSum(index)
    await this.#wire.write(encodeRecord({ type: 'sum', hash: state.digest() }))
  }

  /** Goes on behind what the receiver has, if that is what the file begins with; else it begins anew. */
  async #begin (index: number, file: SourceFile): Promise<{ from: number, state: HashState, reading: Reading }> {
    const part = this.#sending.partOf(index)
    if (part !== undefined) {
      await this.#wire.flush()
      const found = await this.#resume(index, file, part)
      if (found !== undefined) return { from: part.bytes, ...found }
    }
    this.#outgoing.checkpoints.delete(index)
    return { from: 0, state: crypto.sha256.create(), reading: new Reading(file, 0) }
  }

  /** The hash of what the receiver has, and the reading behind it; undefined when the file begins otherwise. */
  async #resume (index: number, file: SourceFile, { bytes, hash }: Part): Promise<{ state: HashState, reading: Reading } | undefined> {
    const checkpoints = this.#checkpointsOf(index)
    const { bytes: start, state } = checkpoints.before(bytes)
    const reading = new Reading(file, start)
    let at = start
    while (at < bytes) {
      const piece = await reading.next(Math.min(PIECE_BYTES, bytes - at))
      if (piece === undefined) break
      at += piece.byteLength
      state.update(piece)
      checkpoints.reached(at, state)
      if (this.#wire.failed.aborted) break
    }
    if (at === bytes && crypto.equal(state.clone().digest(), hash)) return { state, reading }
    reading.end()
    if (this.#wire.failed.aborted) throw abortReason(this.#wire.failed)
    return undefined
  }

  #checkpointsOf (index: number): Checkpoints {
    const { checkpoints } = this.#outgoing
    const kept = checkpoints.get(index) ?? new Checkpoints()
    checkpoints.set(index, kept)
    return kept
  }

  /** @param more - of the file, bytes that `#bytes` has not */
  #tell (path: string, fileBytes: number, fileSize: number, more = 0): void {
    this.#outgoing.onProgress({
      path, fileBytes, fileSize, bytes: this.#bytes + more, size: this.#outgoing.manifest.bytes, resumed: this.#resumed, files: this.#files, fileCount: this.#fileCount
    })
  }
}

/** A file that cannot be sent as it is. */
class SourceError extends Error {
  readonly code: 'ERR_FILES_READ' | 'ERR_FILES_CHANGED'

  constructor (code: 'ERR_FILES_READ' | 'ERR_FILES_CHANGED', cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

async function changed (file: SourceFile): Promise<boolean> {
  try {
    return await file.changed?.() ?? false
  } catch (error) {
    throw new SourceError('ERR_FILES_READ', error)
  }
}

/** Reads a file in pieces of no more than is asked for. */
class Reading {
  readonly #iterator: AsyncIterator<Uint8Array>
  #piece: Uint8Array = new Uint8Array(0)

  constructor (file: SourceFile, from: number) {
    try {
      this.#iterator = file.open(from)[Symbol.asyncIterator]()
    } catch (error) {
      throw new SourceError('ERR_FILES_READ', error)
    }
  }

  /** Undefined at the end. */
  async next (most: number): Promise<Uint8Array | undefined> {
    while (this.#piece.byteLength === 0) {
      let result: IteratorResult<Uint8Array>
      try {
        result = await this.#iterator.next()
      } catch (error) {
        // a source may know by itself that it is another one by now
        throw new SourceError(codeOf(error) === 'ERR_FILES_CHANGED' ? 'ERR_FILES_CHANGED' : 'ERR_FILES_READ', error)
      }
      if (result.done === true) return undefined
      this.#piece = result.value
    }
    const piece = this.#piece.subarray(0, most)
    this.#piece = this.#piece.subarray(piece.byteLength)
    return piece
  }

  /** The file is not read any more. */
  end (): void { letGo(this.#iterator) }
}
