import { crypto, type HashState } from '../crypto/index.js'
import { asError } from '../stream/index.js'
import type { Place, Transfer } from './destination.js'
import { filesError, isFilesError, wireCodeOf } from './errors.js'
import type { FilesProgress } from './progress.js'
import { NO_ENTRY, type FilesRecord, type Part } from './records.js'
import { Receiving, type Heard } from './receiving.js'
import type { FileFailure } from './sending.js'
import type { Wire } from './wire.js'

/** The hash of a file as far as it has come, kept from one stream to the next. */
export interface Known {
  readonly index: number
  readonly bytes: number
  readonly state: HashState
}

/** The file that is on its way. */
interface Current {
  readonly index: number
  readonly path: string
  readonly size: number
  readonly state: HashState
  at: number
  /** It was given up, and what comes of it is dropped. */
  failed: boolean
}

/** One stream of a transfer that was accepted, at its receiver. */
export class Incoming {
  readonly #wire: Wire
  readonly #transfer: Transfer
  readonly #place: Place
  readonly #known: Known | undefined
  readonly #onProgress: (progress: FilesProgress) => void
  readonly #receiving: Receiving
  readonly #hashes = new Map<number, HashState>()
  #current: Current | undefined
  #bytes = 0
  #resumed = 0
  #files = 0

  /** @param known - from an earlier stream */
  constructor (wire: Wire, transfer: Transfer, place: Place, { known, onProgress }: { known: Known | undefined, onProgress: (progress: FilesProgress) => void }) {
    this.#wire = wire
    this.#transfer = transfer
    this.#place = place
    this.#known = known
    this.#onProgress = onProgress
    this.#receiving = new Receiving(transfer.manifest, place.done, place.parts)
  }

  /** What the next stream need not read again. */
  get known (): Known | undefined {
    const current = this.#current
    return current === undefined || current.failed || current.at === 0 ? undefined : { index: current.index, bytes: current.at, state: current.state }
  }

  /**
   * Takes what is missing.
   *
   * @returns the files that did not arrive
   * @throws what the stream failed with, ERR_FILES_PROTOCOL, ERR_FILES_SPACE
   */
  async run (): Promise<FileFailure[]> {
    await this.#accept()
    while (!this.#receiving.over) {
      const record = await this.#wire.next()
      if (record === undefined) throw filesError('ERR_FILES_PROTOCOL', 'the stream ends before the files do')
      const heard = this.#receiving.take(record)
      if (heard !== undefined) await this.#take(heard)
    }
    return this.#receiving.failures
  }

  /** Says what is there. */
  async #accept (): Promise<void> {
    const { manifest } = this.#transfer
    const { done } = this.#place
    const bits = new Uint8Array(Math.ceil(manifest.entries.length / 8))
    for (const index of done) {
      bits[index >> 3] = (bits[index >> 3] as number) | 0x80 >> (index & 7)
      this.#bytes += manifest.entries[index]?.size ?? 0
      if (manifest.entries[index]?.type === 'file') this.#files++
    }
    const parts = await this.#parts()
    this.#resumed = this.#bytes
    this.#tell()
    await this.#wire.say({ type: 'accept', done: bits, parts })
  }

  async #parts (): Promise<Part[]> {
    const parts: Part[] = []
    for (const [index, bytes] of [...this.#place.parts].sort(([one], [other]) => one - other)) {
      const state = await this.#hashOf(index, bytes)
      if (state === undefined) continue
      this.#hashes.set(index, state)
      this.#bytes += bytes
      parts.push({ index, bytes, hash: state.clone().digest() })
    }
    return parts
  }

  async #hashOf (index: number, bytes: number): Promise<HashState | undefined> {
    if (this.#known?.index === index && this.#known.bytes === bytes) return this.#known.state.clone()
    const state = crypto.sha256.create()
    let read = 0
    for await (const piece of this.#place.read(index, bytes)) {
      this.#wire.failed.throwIfAborted()
      state.update(piece)
      read += piece.byteLength
    }
    return read === bytes ? state : undefined
  }

  async #take (heard: Heard): Promise<void> {
    switch (heard.type) {
      case 'file': return this.#begin(heard.index, heard.from)
      case 'data': return this.#write(this.#current as Current, heard.bytes)
      case 'sum': return this.#finish(this.#current as Current, heard.hash)
      case 'skip': return this.#skipped(heard.index)
      case 'end':
    }
  }

  async #begin (index: number, from: number): Promise<void> {
    const { path, size } = this.#entryOf(index)
    const had = this.#place.parts.get(index) ?? 0
    const state = this.#hashes.get(index)
    const current = this.#current = { index, path, size, at: from, state: from > 0 && state !== undefined ? state : crypto.sha256.create(), failed: false }
    this.#hashes.delete(index)
    if (from === 0 && had > 0) {
      if (state !== undefined) this.#bytes -= had
      await this.#attempt(current, () => this.#place.discard(index))
    }
    this.#tell()
  }

  async #write (current: Current, bytes: Uint8Array): Promise<void> {
    if (current.failed) return
    await this.#attempt(current, () => this.#place.write(current.index, current.at, bytes))
    if (current.failed) return
    current.state.update(bytes)
    current.at += bytes.byteLength
    this.#bytes += bytes.byteLength
    this.#tell()
  }

  async #finish (current: Current, hash: Uint8Array): Promise<void> {
    this.#current = undefined
    this.#files++
    if (current.failed) return
    if (!crypto.equal(current.state.digest(), hash)) {
      await this.#giveUp(current, filesError('ERR_FILES_HASH', current.path))
      return
    }
    await this.#attempt(current, () => this.#place.finish(current.index))
    if (!current.failed) await this.#wire.say({ type: 'done', index: current.index })
    this.#tell()
  }

  async #skipped (index: number): Promise<void> {
    const current = this.#current
    this.#current = undefined
    this.#files++
    const { size } = this.#entryOf(index)
    this.#bytes += size - (current?.at ?? this.#place.parts.get(index) ?? 0)
    if (current?.failed !== true) await this.#drop(index)
    this.#tell()
  }

  /** Does something to a file. A full disk ends the transfer; anything else gives up the file. */
  async #attempt (current: Current, work: () => unknown): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (isFull(error)) throw filesError('ERR_FILES_SPACE', current.path, error)
      await this.#giveUp(current, isFilesError(error) ? asError(error) : filesError('ERR_FILES_WRITE', current.path, error))
    }
  }

  async #giveUp (current: Current, error: Error): Promise<void> {
    current.failed = true
    this.#receiving.failed(current.index, error)
    await this.#drop(current.index)
    await this.#wire.say({ type: 'failed', index: current.index, code: wireCodeOf(error, 'ERR_FILES_WRITE') })
  }

  /** What cannot be dropped is overwritten the next time. */
  async #drop (index: number): Promise<void> {
    try {
      await this.#place.discard(index)
    } catch (error) {
      if (!this.#receiving.failureOf(index)) this.#receiving.failed(index, asError(error))
    }
  }

  #entryOf (index: number): { path: string, size: number } {
    return this.#transfer.manifest.entries[index] as { path: string, size: number }
  }

  #tell (): void {
    const { manifest } = this.#transfer
    const { path = '', at = 0, size = 0 } = this.#current ?? {}
    this.#onProgress({
      path, fileBytes: at, fileSize: size, bytes: this.#bytes, size: manifest.bytes, resumed: this.#resumed, files: this.#files, fileCount: manifest.files
    })
  }
}

/** A refusal of a whole transfer. */
export function refusal (error: Error, index = NO_ENTRY): FilesRecord {
  return { type: 'refuse', code: wireCodeOf(error, 'ERR_FILES_WRITE'), index }
}

/** Whether an error of a platform says that there is no room. */
export function isFull (error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: unknown, name?: unknown }
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'ERR_FILES_SPACE' || name === 'QuotaExceededError'
}
