import { filesError, toldError } from './errors.js'
import type { Manifest } from './manifest.js'
import { FILES_VERSION, type FilesRecord } from './records.js'
import type { FileFailure } from './sending.js'

/** What a sender has said that the receiver has to do something about. */
export type Heard = Extract<FilesRecord, { type: 'file' | 'data' | 'sum' | 'skip' | 'end' }>

/**
 * The receiver's end of one stream behind its offer, without any input or output: the files that are missing come one after
 * another in their order, each with as many bytes as were announced, or are skipped.
 */
export class Receiving {
  readonly #manifest: Manifest
  readonly #parts: ReadonlyMap<number, number>
  readonly #pending: Iterator<number>
  readonly #failures = new Map<number, Error>()
  #expected: number | undefined
  /** Bytes of the file that is being sent which have not come; undefined between files. */
  #left: number | undefined
  #over = false

  /**
   * @param done - what is in its place already
   * @param parts - bytes that are there of files
   */
  constructor (manifest: Manifest, done: ReadonlySet<number>, parts: ReadonlyMap<number, number>) {
    this.#manifest = manifest
    this.#parts = parts
    this.#pending = pendingOf(manifest, done)
    this.#next()
  }

  /** True when the sender has said everything. */
  get over (): boolean { return this.#over }

  /** Files that did not arrive. */
  get failures (): FileFailure[] {
    return [...this.#failures].map(([index, error]) => ({ path: this.#manifest.entries[index]?.path ?? '', error }))
  }

  /** A file cannot be had. */
  failed (index: number, error: Error): void { this.#failures.set(index, error) }
  failureOf (index: number): Error | undefined { return this.#failures.get(index) }

  /**
   * Takes what the sender says; undefined when there is nothing to do about it.
   *
   * @throws ERR_FILES_PROTOCOL
   */
  take (record: FilesRecord): Heard | undefined {
    if (record.type === 'alive') return undefined
    if (this.#over) throw wrong('something behind the end')
    switch (record.type) {
      case 'file': return this.#file(record)
      case 'data':
        if (this.#left === undefined || record.bytes.byteLength > this.#left) throw wrong('more content than was announced')
        this.#left -= record.bytes.byteLength
        return record
      case 'sum':
        if (this.#left !== 0) throw wrong('a file that ends too early')
        this.#next()
        return record
      case 'skip':
        if (record.index !== this.#expected) throw wrong('a file out of its turn')
        if (!this.#failures.has(record.index)) this.#failures.set(record.index, toldError(record.code, this.#manifest.entries[record.index]?.path))
        this.#next()
        return record
      case 'end':
        if (this.#expected !== undefined) throw wrong('an end before all files')
        this.#over = true
        return record
      default: throw wrong(`${record.type} from who sends`)
    }
  }

  #file (record: Extract<FilesRecord, { type: 'file' }>): Heard {
    const { index, from } = record
    if (index !== this.#expected || this.#left !== undefined) throw wrong('a file out of its turn')
    if (from !== 0 && from !== this.#parts.get(index)) throw wrong('a file from a place that was not said')
    this.#left = (this.#manifest.entries[index]?.size ?? 0) - from
    return record
  }

  #next (): void {
    this.#left = undefined
    this.#expected = this.#pending.next().value as number | undefined
  }
}

/**
 * The manifest of an offer, still as bytes.
 *
 * @throws ERR_FILES_PROTOCOL, ERR_FILES_VERSION
 */
export function offeredManifest (record: FilesRecord | undefined): Uint8Array {
  if (record === undefined) throw filesError('ERR_FILES_PROTOCOL', 'a stream without an offer')
  if (record.type !== 'offer') throw wrong(`${record.type} before an offer`)
  if (record.version !== FILES_VERSION) throw filesError('ERR_FILES_VERSION', `${record.version} instead of ${FILES_VERSION}`)
  return record.manifest
}

/** What is not in its place, in the order of the manifest. */
function * pendingOf ({ entries }: Manifest, done: ReadonlySet<number>): Generator<number, void> {
  for (const index of entries.keys()) if (!done.has(index)) yield index
}

function wrong (what: string): Error { return filesError('ERR_FILES_PROTOCOL', what) }
