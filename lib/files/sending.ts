import { filesError, toldError } from './errors.js'
import type { Manifest } from './manifest.js'
import { NO_ENTRY, type FilesRecord, type Part } from './records.js'

/** A file that did not arrive, and why. */
export interface FileFailure {
  readonly path: string
  readonly error: Error
}

type State = 'asking' | 'sending' | 'ending' | 'finished'

/**
 * The sender's end of one stream, without any input or output: what it has said, and whether what it hears fits that.
 * `sent…` is called for what is said, `take` with what is heard.
 */
export class Sending {
  readonly #manifest: Manifest
  #state: State = 'asking'
  #done: Uint8Array = new Uint8Array(0)
  readonly #parts = new Map<number, Part>()
  readonly #failures = new Map<number, Error>()
  /** Files that were begun and that the receiver has said nothing about; true when all of it was sent. */
  readonly #open = new Map<number, boolean>()

  constructor (manifest: Manifest) {
    this.#manifest = manifest
  }

  get state (): State { return this.#state }

  /** Files that the receiver does not have, in their order. Once it has accepted. */
  * pending (): Generator<number, void> {
    for (const index of this.#manifest.entries.keys()) if (!this.#isDone(index)) yield index
  }

  /** What the receiver has of a file. */
  partOf (index: number): Part | undefined { return this.#parts.get(index) }

  /** Bytes that the receiver had when it accepted. */
  get had (): number {
    let had = 0
    for (const [index, { size }] of this.#manifest.entries.entries()) if (this.#isDone(index)) had += size
    for (const { bytes } of this.#parts.values()) had += bytes
    return had
  }

  /** Why a file is not to be sent further, if so. */
  failureOf (index: number): Error | undefined { return this.#failures.get(index) }

  /** Files that did not arrive. */
  get failures (): FileFailure[] {
    return [...this.#failures].map(([index, error]) => ({ path: this.#pathOf(index), error }))
  }

  sentFile (index: number): void { this.#open.set(index, false) }
  sentSum (index: number): void { if (this.#open.has(index)) this.#open.set(index, true) }
  sentSkip (index: number, error: Error): void {
    this.#open.delete(index)
    this.#failures.set(index, error)
  }

  sentEnd (): void { this.#state = 'ending' }

  /**
   * Takes what the receiver says.
   *
   * @throws what the receiver refuses the transfer with, and ERR_FILES_PROTOCOL
   */
  take (record: FilesRecord): void {
    switch (record.type) {
      case 'alive': return
      case 'refuse': throw toldError(record.code, record.index === NO_ENTRY ? undefined : this.#pathOf(record.index))
      case 'accept': return this.#accepted(record.done, record.parts)
      case 'done': return this.#settled(record.index, true)
      case 'failed':
        this.#settled(record.index, false)
        this.#failures.set(record.index, toldError(record.code, this.#pathOf(record.index)))
        return
      case 'finished':
        if (this.#state !== 'ending' || this.#open.size > 0) throw wrong('it has finished what was not sent')
        this.#state = 'finished'
        return
      default: throw wrong(`${record.type} from who receives`)
    }
  }

  /** The receiver says no more. @throws ERR_FILES_PROTOCOL when it has not finished */
  end (): void {
    if (this.#state !== 'finished') throw wrong('the answers end too early')
  }

  #accepted (done: Uint8Array, parts: readonly Part[]): void {
    if (this.#state !== 'asking') throw wrong('a second yes')
    const { entries } = this.#manifest
    if (done.byteLength !== Math.ceil(entries.length / 8)) throw wrong('a list of another length')
    this.#done = done.slice()
    for (let index = entries.length; index < done.byteLength * 8; index++) if (this.#isDone(index)) throw wrong('more files than there are')
    let before = -1
    for (const { index, bytes, hash } of parts) {
      const entry = entries[index]
      if (entry?.type !== 'file' || index <= before || this.#isDone(index) || bytes < 1 || bytes > entry.size) throw wrong('a part of what is none')
      this.#parts.set(index, { index, bytes, hash: hash.slice() })
      before = index
    }
    if (entries.some(({ type }, index) => type === 'folder' && !this.#isDone(index))) throw wrong('a folder that is missing')
    this.#state = 'sending'
  }

  #settled (index: number, done: boolean): void {
    const all = this.#open.get(index)
    if (all === undefined || done && !all) throw wrong('an answer to what was not sent')
    this.#open.delete(index)
  }

  #isDone (index: number): boolean {
    return ((this.#done[index >> 3] ?? 0) & 0x80 >> (index & 7)) !== 0
  }

  #pathOf (index: number): string { return this.#manifest.entries[index]?.path ?? '' }
}

function wrong (what: string): Error { return filesError('ERR_FILES_PROTOCOL', what) }
